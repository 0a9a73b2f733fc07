"""What a PDF would do by itself or carry along. Runs only in the limited child of core.limited."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from practice_vetting.core.errors import Refused
from practice_vetting.core.files.file_types import MAKE_PLAIN
from practice_vetting.core.files.inspect_text import decoded, starts_a_command, writes_another_language

MAX_PAGES = 3_000
MAX_OBJECTS = 300_000
MAX_ATTACHED, MAX_ATTACHED_BYTES = 10, 4 * 1024 * 1024  # plain data, as PDF/A-3 carries it

TWO_FILES = f"Two files hide in this one. {MAKE_PLAIN}"
_ANOTHER_FILE = re.compile(rb"<(script|html|svg|iframe|\?php)|^(PK\x03|MZ|Rar!|7z|\x7fELF|#!|GIF8)", re.IGNORECASE)

_KEYS = {
    "/JS": "a script",
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


def pages_of_pdf(path: Path) -> int:
    """The number of pages of a whole, plain, passive PDF. Raises Refused."""
    import pikepdf

    _one_document(path)
    try:
        with pikepdf.open(path) as pdf:
            if pdf.is_encrypted:
                raise Refused(_LOCKED)
            if len(pdf.objects) > MAX_OBJECTS:
                raise Refused(f"This PDF has more parts than we can check. {MAKE_PLAIN}")
            for found in _active(pdf, _plain_data(pdf)):
                raise Refused(f"This PDF carries active content: {found}. {MAKE_PLAIN}")
            return _counted(len(pdf.pages))
    except pikepdf.PasswordError:
        raise Refused(_LOCKED) from None
    except pikepdf.PdfError:
        raise Refused(_CUT_OFF) from None


_LOCKED = f"This PDF is encrypted or needs a password. {MAKE_PLAIN}"


def _one_document(path: Path) -> None:
    """A PDF from its first byte to its last, and nothing before, behind or around it."""
    with path.open("rb") as file:
        head = file.read(1024)
        file.seek(max(0, path.stat().st_size - 4096))
        tail = file.read().rstrip(b"\0\r\n\t ")[-1024:]
    if b"%%EOF" not in tail:
        raise Refused(_CUT_OFF)
    behind = tail.rpartition(b"%%EOF")[2]
    if _ANOTHER_FILE.search(head) or _ANOTHER_FILE.search(behind) or len(behind) > 64:
        raise Refused(TWO_FILES)
    one_file_only(path)


def one_file_only(path: Path) -> None:
    """Raises Refused when the file is an archive as well."""
    if zipfile.is_zipfile(path):
        raise Refused(TWO_FILES)


def _counted(pages: int) -> int:
    if pages == 0:
        raise Refused(_CUT_OFF)
    if pages > MAX_PAGES:
        raise Refused(f"This PDF has {pages:,} pages; we keep up to {MAX_PAGES:,}. Add only the part that matters.")
    return pages


def _active(pdf: Any, harmless: set[Any]) -> Iterator[str]:
    """What the PDF would do by itself or carry along, in words; object streams are looked into as well.

    `harmless` are the numbers of attached files that were checked.
    """
    for found in _dictionaries(pdf):
        if "/EF" in found and not _carries_only(found, harmless):
            yield "attached files"
        for key, says in _KEYS.items():
            if key in found:
                yield says
        if (action := str(found.get("/S", ""))) in _ACTIONS:
            yield _ACTIONS[action]
        if str(found.get("/Type", "")) == "/EmbeddedFile" and found.objgen not in harmless:
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


# --- plain data, as PDF/A-3 attaches it ---------------------------------------------------------------


def _plain_data(pdf: Any) -> set[Any]:
    """The numbers of the attached files that are plain data by their name and their content.

    Our own documents carry their snapshot so. Anything else attached is refused: no page shows what a PDF carries.
    """
    carried = [found for found in _dictionaries(pdf) if "/EF" in found]
    if len(carried) > MAX_ATTACHED:
        return set()
    return {stream.objgen for found in carried for stream in _streams(found) if _is_plain_data(_name_of(found), stream)}


def _carries_only(found: Any, harmless: set[Any]) -> bool:
    streams = _streams(found)
    return bool(streams) and all(stream.objgen in harmless for stream in streams)


def _streams(found: Any) -> list[Any]:
    import pikepdf

    carried = found["/EF"]
    return [carried[key] for key in carried.keys()] if isinstance(carried, pikepdf.Dictionary) else []  # noqa: SIM118


def _name_of(found: Any) -> str:
    names = {str(found.get(key, "")) for key in ("/F", "/UF")} - {""}
    return names.pop().lower() if len(names) == 1 else ""  # two names: a reader may take the other


def _is_plain_data(name: str, stream: Any) -> bool:
    import pikepdf

    if not isinstance(stream, pikepdf.Stream) or not re.fullmatch(r"[^/\\:]{1,100}\.(json|xml|csv|txt)", name):
        return False
    content = stream.read_bytes()
    if len(content) > MAX_ATTACHED_BYTES or b"\0" in content:
        return False
    if name.endswith(".json"):
        return _is_json(content)
    text = decoded(content)
    return not (writes_another_language(text) or starts_a_command(text) or "<!DOCTYPE" in text or "<!ENTITY" in text)


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
