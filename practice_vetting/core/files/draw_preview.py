"""What a person sees of a file without opening it: a picture drawn anew, or plain text. Runs only in the limited child.

`picture` takes {"content_type", "page"} as a line of JSON, then the bytes, and answers a PNG. `text` takes the same and
answers {"text", "cut"}. Nothing of the file's own code, links, fonts from elsewhere or metadata is in either.
"""

import email
import email.policy
import io
import json
import re
from email.message import EmailMessage
from typing import Any

from practice_vetting.core.files.inspect_text import decoded

#: what core.limited reads once, before it forks a child for each call
WARM = {"picture": ("pypdfium2", "PIL.Image", "PIL.ImageOps", "PIL.PngImagePlugin", "PIL.JpegImagePlugin")}

WIDEST, MOST_PIXELS = 1200, 3_000_000
MOST_LETTERS = 20_000

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def picture(payload: bytes) -> bytes:
    """The page as a PNG, at most 1200 pixels wide and 3 million in all."""
    asked, content = _asked(payload)
    image = _pdf_page(content, asked["page"]) if asked["content_type"] == "application/pdf" else _image(content)
    drawn = io.BytesIO()
    image.save(drawn, "PNG", pnginfo=None, exif=b"", icc_profile=None)
    return drawn.getvalue()


def text(payload: bytes) -> bytes:
    """The text without invisible letters, cut at 20,000."""
    asked, content = _asked(payload)
    whole = _mail(content) if asked["content_type"] == "message/rfc822" else decoded(content)
    shown = _UNSEEN.sub("", whole.replace("\r\n", "\n").replace("\r", "\n"))
    return json.dumps({"text": shown[:MOST_LETTERS], "cut": len(shown) > MOST_LETTERS}).encode()


def _asked(payload: bytes) -> tuple[dict[str, Any], bytes]:
    line, _, content = payload.partition(b"\n")
    return json.loads(line), content


def _scale(width: float, height: float) -> float:
    """What makes a page of this size fit, in pixels for its unit."""
    return min(WIDEST / max(width, 1), (MOST_PIXELS / max(width * height, 1)) ** 0.5)


def _pdf_page(content: bytes, number: int) -> Any:
    import pypdfium2

    with pypdfium2.PdfDocument(content) as document:  # without a form environment no script can run
        page = document[number - 1]
        bitmap = page.render(scale=_scale(*page.get_size()), may_draw_forms=False)
        return bitmap.to_pil().convert("RGB")


def _image(content: bytes) -> Any:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # bounded when it was accepted, and by the memory of this process
    with Image.open(io.BytesIO(content), formats=["PNG", "JPEG"]) as image:
        scale = min(1.0, _scale(image.width, image.height))
        size = max(1, int(image.width * scale)), max(1, int(image.height * scale))
        image.draft("RGB", size)
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((max(size), max(size)))
        plain = upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
        fresh = Image.new(plain.mode, plain.size)  # its pixels and nothing else that it carried
        fresh.paste(plain)
        return fresh


def _mail(content: bytes) -> str:
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    head = [f"{name}: {mail[name]}" for name in ("From", "To", "Cc", "Date", "Subject") if mail[name]]
    body = mail.get_body(("plain",))
    words = body.get_content() if body else "This e-mail has no plain text. Download it to read it."
    return "\n".join([*head, "", words])
