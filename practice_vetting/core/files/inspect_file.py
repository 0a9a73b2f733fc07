"""What a file really is, and whether it may be kept. Runs only in the limited child of core.limited.

`inspect` takes {"path", "ending"} and answers {"pages"}. It raises Refused with the sentence that a person
reads; whatever a library raises beyond that means: damaged, or not what the name says.
"""

import json
import re
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from practice_vetting.core.errors import Refused
from practice_vetting.core.files.file_types import MAKE_PLAIN
from practice_vetting.core.files.inspect_office import NotThisType, refuse_active_office
from practice_vetting.core.files.inspect_pdf import one_file_only, pages_of_pdf
from practice_vetting.core.files.inspect_text import decoded, is_no_text, starts_a_command, writes_another_language

#: what core.limited reads once, before it forks a child for each call
WARM = {"inspect": ("pikepdf", "PIL.Image", "PIL.PngImagePlugin", "PIL.JpegImagePlugin", "filetype")}

MAX_PIXELS = 100_000_000

_SIGNATURES = {
    ".pdf": b"%PDF-",
    ".png": b"\x89PNG\r\n\x1a\n",
    ".jpg": b"\xff\xd8\xff",
    ".jpeg": b"\xff\xd8\xff",
}
_SIGNATURES |= dict.fromkeys([".docx", ".xlsx"], b"PK\x03\x04")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"  # what a Word or Excel file with a password is wrapped in


def inspect(payload: bytes) -> bytes:
    """The facts of one file as JSON. Raises Refused, or whatever the reading library raises."""
    asked = json.loads(payload)
    path, name_ends = Path(asked["path"]), asked["ending"]
    with path.open("rb") as file:
        head = file.read(4096)
    try:
        _begins_right(name_ends, head)
        return json.dumps({"pages": _CHECKS[name_ends](path)}).encode()
    except (Lying, NotThisType):
        raise Refused(_is_something_else(name_ends, head)) from None


class Lying(Exception):
    """The content is not what the name says."""


def _begins_right(name_ends: str, head: bytes) -> None:
    if name_ends in {".docx", ".xlsx"} and head.startswith(_OLD_OFFICE):
        raise Refused(f"This file is protected with a password. {MAKE_PLAIN}")
    if not head.startswith(_SIGNATURES.get(name_ends, b"")):
        raise Lying


def _is_something_else(name_ends: str, head: bytes) -> str:
    import filetype

    found = filetype.guess_extension(head)
    content = f"its content is of the type “{found}”" if found else "its content is something else"
    return f"The name ends in “{name_ends}”, but {content}. Ask the vendor for the original file."


# --- images -----------------------------------------------------------------------------------------

_MARKUP = re.compile(rb"<(script[\s>]|html[\s>]|iframe\s|\?php)", re.IGNORECASE)


_HIDES = "Something else hides in this image. Open it, save it again as PNG, and add that."


def _image(path: Path) -> int:
    """One page. The picture is decoded whole, so that a cut or lying one is found now and not in years."""
    from PIL import Image, ImageFile

    one_file_only(path)
    content = path.read_bytes()
    if _MARKUP.search(content) or b"%PDF-" in content[:1024]:
        raise Refused(_HIDES)
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # what lays out documents, in this process's parent, may have set it
    Image.MAX_IMAGE_PIXELS = None  # the next lines set our own limit, as a sentence
    with Image.open(path, formats=["PNG", "JPEG"]) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Refused(f"This image has more than {MAX_PIXELS // 1_000_000} million pixels. Make it smaller first.")
        image.load()
    if _goes_on(content):
        raise Refused(_HIDES)
    return 1


def _goes_on(content: bytes) -> bool:
    """Whether something stands behind the end of a PNG, or a JPEG begins as a comment of a script would."""
    if content.startswith(b"\xff\xd8"):
        return content[4:6] == b"/*"
    return bool(content.rpartition(b"IEND")[2][4:].strip(b"\0\r\n"))


# --- Word and Excel ---------------------------------------------------------------------------------


def _office(name_ends: str) -> Callable[[Path], None]:
    """No page count: only the program that lays it out knows."""
    return lambda path: refuse_active_office(path, name_ends)


# --- e-mail and plain text --------------------------------------------------------------------------

_HEADERS = {"from", "to", "subject", "date", "received", "message-id"}
_ATTACHED = (".txt", ".htm", ".html", ".png", ".jpg", ".jpeg", ".gif", ".ics", ".eml", ".asc", ".p7s")
_PROGRAMS = (b"MZ", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x7fELF", b"%PDF-", b"Rar!", b"#!")
_SIGNATURE_TYPES = {
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
}


def _text(path: Path) -> None:
    text = decoded(path.read_bytes())
    if is_no_text(text) or writes_another_language(text):
        raise Lying
    if starts_a_command(text):
        raise Refused(f"A cell of this table starts a command. {MAKE_PLAIN}")


def _prose(path: Path) -> None:
    """No program of tables opens it, and its lines may begin with the dash of a list."""
    text = decoded(path.read_bytes())
    if is_no_text(text) or writes_another_language(text):
        raise Lying


def _mail(path: Path) -> None:
    mail = message_from_bytes(path.read_bytes())
    if len(_HEADERS & {name.lower() for name in mail.keys()}) < 2:  # noqa: SIM118  a message iterates its names twice
        raise Lying
    if not all(map(_harmless, mail.walk())):
        raise Refused(
            "Files are attached to this e-mail. Save each and add it by itself, then print the e-mail to PDF."
        )


def _harmless(part: Message) -> bool:
    shown = part.get_content_maintype() in {"text", "image", "multipart", "message"}
    name = part.get_filename()
    if not (shown or part.get_content_type() in _SIGNATURE_TYPES) or (name and not name.lower().endswith(_ATTACHED)):
        return False
    content = part.get_payload(decode=True)
    return not (isinstance(content, bytes) and content.startswith(_PROGRAMS))


_CHECKS: dict[str, Callable[[Path], int | None]] = {
    ".pdf": pages_of_pdf,
    ".png": _image,
    ".jpg": _image,
    ".jpeg": _image,
    ".docx": _office(".docx"),
    ".xlsx": _office(".xlsx"),
    ".eml": _mail,
    ".txt": _text,
    ".csv": _text,
    ".tsv": _text,
    ".mdx": _prose,
    ".md": _prose,
}
