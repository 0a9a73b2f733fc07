"""What a file really is, and whether it may be kept. Runs only in the limited child of core.limited.

`inspect` takes {"path", "ending"} and answers {"pages"}. It raises Refused with the sentence that a person
reads; whatever a library raises beyond that means: damaged, or not what the name says.
"""

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from practice_vetting.core.errors import Refused
from practice_vetting.core.file_types import MAKE_PLAIN

#: what core.limited reads once, before it forks a child for each call
WARM = {"inspect": ("pikepdf", "PIL.Image", "PIL.PngImagePlugin", "PIL.JpegImagePlugin", "filetype")}

MAX_PAGES = 3_000
MAX_PIXELS = 100_000_000
MAX_UNPACKED = 250 * 1024 * 1024
MAX_PARTS = 10_000

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
    except Lying:
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


# --- PDF --------------------------------------------------------------------------------------------

_KEYS = {
    "/JS": "a script",
    "/EF": "attached files",
    "/XFA": "a form that runs by itself",
    "/RichMediaContent": "sound or video",
}
_ACTIONS = {
    "/JavaScript": "a script",
    "/Launch": "a command that starts a program",
    "/SubmitForm": "a form that sends data",
    "/ImportData": "a form that reads data",
    "/GoToE": "attached files",
    "/Rendition": "sound or video",
    "/Movie": "sound or video",
    "/Sound": "sound or video",
    "/RichMediaExecute": "sound or video",
}
_HARMLESS = {"/GoTo", "/Named"}  # turning to a page when the file is opened
_CUT_OFF = (
    "This PDF is damaged or was cut off. Ask the vendor for it again. If it opens, print it to a new PDF and add that."
)


def _pdf(path: Path) -> int:
    """The number of pages of a whole, plain, passive PDF."""
    import pikepdf

    if b"%%EOF" not in _tail(path):
        raise Refused(_CUT_OFF)
    _one_file_only(path)
    try:
        with pikepdf.open(path) as pdf:
            if pdf.is_encrypted:
                raise Refused(_LOCKED)
            for found in _active(pdf):
                raise Refused(f"This PDF carries active content: {found}. {MAKE_PLAIN}")
            return _counted(len(pdf.pages))
    except pikepdf.PasswordError:
        raise Refused(_LOCKED) from None
    except pikepdf.PdfError:
        raise Refused(_CUT_OFF) from None


_LOCKED = f"This PDF is encrypted or needs a password. {MAKE_PLAIN}"


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        return file.read().rstrip(b"\0\r\n\t ")[-1024:]


def _counted(pages: int) -> int:
    if pages == 0:
        raise Refused(_CUT_OFF)
    if pages > MAX_PAGES:
        raise Refused(f"This PDF has {pages:,} pages; we keep up to {MAX_PAGES:,}. Add only the part that matters.")
    return pages


def _active(pdf: Any) -> Iterator[str]:
    """What the PDF would do by itself or carry along, in words; object streams are looked into as well."""
    for found in _dictionaries(pdf):
        for key, says in _KEYS.items():
            if key in found:
                yield says
        if (action := str(found.get("/S", ""))) in _ACTIONS:
            yield _ACTIONS[action]
        if str(found.get("/Type", "")) == "/EmbeddedFile":
            yield "attached files"
        if any(str(act.get("/S", "/GoTo")) not in _HARMLESS for act in _automatic(found)):
            yield "an action that runs when it is opened"


def _dictionaries(pdf: Any) -> Iterator[Any]:
    """Every dictionary of the file once: those with a number, and those inside them."""
    import pikepdf

    for numbered in pdf.objects:
        waiting = [numbered]
        while waiting:
            thing = waiting.pop()
            if isinstance(thing, pikepdf.Array):
                parts = list(thing)
            elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
                yield thing
                parts = [thing[key] for key in thing.keys()]  # noqa: SIM118  a stream has keys but is not iterable
            else:
                continue
            waiting += [part for part in parts if isinstance(part, pikepdf.Object) and not part.is_indirect]


def _automatic(found: Any) -> list[Any]:
    import pikepdf

    acts = [found.get("/OpenAction")]
    if isinstance(more := found.get("/AA"), pikepdf.Dictionary):
        acts += [more[key] for key in more.keys()]  # noqa: SIM118
    return [act for act in acts if isinstance(act, pikepdf.Dictionary)]


def _one_file_only(path: Path) -> None:
    if zipfile.is_zipfile(path):
        raise Refused(f"Two files hide in this one. {MAKE_PLAIN}")


# --- images -----------------------------------------------------------------------------------------

_MARKUP = re.compile(rb"<(script|html|\?php)", re.IGNORECASE)


def _image(path: Path) -> int:
    """One page. The picture is decoded whole, so that a cut or lying one is found now and not in years."""
    from PIL import Image

    _one_file_only(path)
    content = path.read_bytes()
    if _MARKUP.search(content) or b"%PDF-" in content[:1024]:
        raise Refused("Something else hides in this image. Open it, save it again as PNG, and add that.")
    Image.MAX_IMAGE_PIXELS = None  # the next lines set our own limit, as a sentence
    with Image.open(path, formats=["PNG", "JPEG"]) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Refused(f"This image has more than {MAX_PIXELS // 1_000_000} million pixels. Make it smaller first.")
        image.load()
    return 1


# --- Word and Excel ---------------------------------------------------------------------------------

_MACROS = re.compile(r"vbaproject|vbadata|/macrosheets/|/dialogsheets/|/activex/|oleobject", re.IGNORECASE)
_EMBEDDED = re.compile(r"/embeddings/(?!.*\.(xlsx|docx)$)", re.IGNORECASE)
_RELATION = re.compile(rb"<Relationship\s[^>]*>", re.IGNORECASE)
_LOADS = re.compile(rb"/(attachedTemplate|oleObject|frame|subDocument)\"", re.IGNORECASE)
_ELSEWHERE = re.compile(rb"Target\s*=\s*\"(https?:|ftp:|\\\\|//|file:/*[^/]+\.[^/]+/)", re.IGNORECASE)
_COMMANDS = re.compile(rb"<w:instrText[^>]*>\s*DDE(AUTO)?\s|<ddeLink", re.IGNORECASE)


def _office(main_part: str) -> Callable[[Path], None]:
    def check(path: Path) -> None:
        """No page count: only the program that lays it out knows."""
        with zipfile.ZipFile(path) as package:
            _small_enough(package.infolist())
            names = package.namelist()
            if not {"[Content_Types].xml", main_part} <= set(names) or len(set(names)) < len(names):
                raise Lying
            if package.testzip() is not None:
                raise Refused("This file is damaged. Ask the vendor for it again.")
            _passive(package, names)

    return check


def _small_enough(parts: list[zipfile.ZipInfo]) -> None:
    # A part never unpacks to more than it declares here: the reader stops there, and its sum then fails.
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise Refused(f"This file unpacks to more than we can check. {MAKE_PLAIN}")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused(f"This file is protected with a password. {MAKE_PLAIN}")


def _passive(package: zipfile.ZipFile, names: list[str]) -> None:
    if any(map(_MACROS.search, names)) or b"macroenabled" in package.read("[Content_Types].xml").lower():
        raise Refused(f"This file carries macros or controls. {MAKE_PLAIN}")
    if any(map(_EMBEDDED.search, names)):
        raise Refused(f"Other files are embedded in this one. {MAKE_PLAIN}")
    for name in names:
        if name.lower().endswith((".rels", ".xml")) and _reaches_out(package.read(name)):
            raise Refused(f"This file loads content from elsewhere when it is opened. {MAKE_PLAIN}")


def _reaches_out(part: bytes) -> bool:
    links = [link for link in _RELATION.findall(part) if _LOADS.search(link) and _ELSEWHERE.search(link)]
    return bool(links or _COMMANDS.search(part))


# --- e-mail and plain text --------------------------------------------------------------------------

_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_OTHER_LANGUAGE = re.compile(r"\s*(<!doctype|<html|<script|<svg|<\?php|%PDF-|\{\\rtf)", re.IGNORECASE)
_CELL_COMMAND = re.compile(r"(?m)(?:^|[,;\t])\"?\s*[=+\-@][^,;\r\n]{0,200}\|[^,;\r\n]{0,200}!")
_HEADERS = {"from", "to", "subject", "date", "received", "message-id"}
_ATTACHED = (".txt", ".htm", ".html", ".png", ".jpg", ".jpeg", ".gif", ".ics", ".eml", ".asc", ".p7s")
_SIGNATURE_TYPES = {
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
}


def _text(path: Path) -> None:
    text = _decoded(path.read_bytes())
    if _NOT_TEXT.search(text) or _OTHER_LANGUAGE.match(text):
        raise Lying
    if _CELL_COMMAND.search(text):
        raise Refused(f"A cell of this table starts a command. {MAKE_PLAIN}")


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


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
    return (shown or part.get_content_type() in _SIGNATURE_TYPES) and (not name or name.lower().endswith(_ATTACHED))


_CHECKS: dict[str, Callable[[Path], int | None]] = {
    ".pdf": _pdf,
    ".png": _image,
    ".jpg": _image,
    ".jpeg": _image,
    ".docx": _office("word/document.xml"),
    ".xlsx": _office("xl/workbook.xml"),
    ".eml": _mail,
    ".txt": _text,
    ".csv": _text,
}
