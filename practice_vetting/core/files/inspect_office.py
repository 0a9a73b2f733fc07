"""What a Word or Excel file would do by itself or carry along. Runs only in the limited child of core.limited.

It is never read as XML: an XML reader is what such files attack.
"""

import html
import io
import re
import zipfile
from pathlib import Path
from typing import IO

from practice_vetting.core.errors import Refused
from practice_vetting.core.files.file_types import MAKE_PLAIN

MAX_UNPACKED = 250 * 1024 * 1024
MAX_PARTS = 10_000
MAX_DEPTH = 2  # a document in a document
MAIN_PARTS = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml"}

_MACROS = re.compile(r"vbaproject|vbadata|/macrosheets/|/dialogsheets/|/activex/|oleobject", re.IGNORECASE)
_INSIDE = re.compile(r"/embeddings/", re.IGNORECASE)
_PROGRAMS = (b"MZ", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x7fELF", b"%PDF-", b"Rar!", b"#!")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>", re.IGNORECASE)
_LOADS = re.compile(r"/(attachedTemplate|oleObject|frame|subDocument)[\"']", re.IGNORECASE)
_ELSEWHERE = re.compile(r"Target\s*=\s*[\"']\s*(https?:|ftp:|mhtml:|\\\\|//|file:/*[^/]+\.[^/]+/)", re.IGNORECASE)
_FIELDS = re.compile(r"<(?:\w+:)?instrText[^>]*>([^<]*)<|\sinstr\s*=\s*[\"']([^\"']*)", re.IGNORECASE)
_COMMAND = re.compile(r"DDE(AUTO)?\s", re.IGNORECASE)
_GROWS = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)

_TOO_LARGE = f"This file unpacks to more than we can check. {MAKE_PLAIN}"
_EMBEDDED = f"Other files are embedded in this one. {MAKE_PLAIN}"


class NotThisType(Exception):
    """It is no document of the type that its name says."""


def refuse_active_office(path: Path, name_ends: str) -> None:
    """Raises Refused with what is wrong, NotThisType, or what the archive reader raises."""
    with path.open("rb") as file:
        _check(file, MAIN_PARTS[name_ends], depth=1)


def _check(file: IO[bytes], main_part: str, *, depth: int) -> None:
    with zipfile.ZipFile(file) as package:
        _small_enough(package.infolist())
        names = package.namelist()
        if not {"[Content_Types].xml", main_part} <= set(names) or len({name.lower() for name in names}) < len(names):
            raise NotThisType
        if package.testzip() is not None:
            raise Refused("This file is damaged. Ask the vendor for it again.")
        if any(map(_MACROS.search, names)) or "macroenabled" in _text(package, "[Content_Types].xml").lower():
            raise Refused(f"This file carries macros or controls. {MAKE_PLAIN}")
        for name in names:
            _check_part(package, name, depth)


def _small_enough(parts: list[zipfile.ZipInfo]) -> None:
    # A part never unpacks to more than it declares here: the reader stops there, and its sum then fails.
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise Refused(_TOO_LARGE)
    if any(part.flag_bits & 1 for part in parts):
        raise Refused(f"This file is protected with a password. {MAKE_PLAIN}")


def _check_part(package: zipfile.ZipFile, name: str, depth: int) -> None:
    ends = "." + name.lower().rpartition(".")[2]
    if _INSIDE.search(name):
        _check_embedded(package, name, ends, depth)
    elif ends in {".rels", ".xml", ".vml"}:
        _check_xml(_text(package, name))
    else:
        with package.open(name) as part:
            if part.read(8).startswith(_PROGRAMS):
                raise Refused(_EMBEDDED)


def _check_embedded(package: zipfile.ZipFile, name: str, ends: str, depth: int) -> None:
    """A table in a document is usual; it is looked into like the document itself."""
    if ends not in MAIN_PARTS or depth >= MAX_DEPTH:
        raise Refused(_EMBEDDED)
    try:
        _check(io.BytesIO(package.read(name)), MAIN_PARTS[ends], depth=depth + 1)
    except (NotThisType, zipfile.BadZipFile):
        raise Refused(_EMBEDDED) from None


def _check_xml(part: str) -> None:
    if _GROWS.search(part):
        raise Refused(f"This file can grow without end when it is opened. {MAKE_PLAIN}")
    links = [html.unescape(link) for link in _RELATION.findall(part)]
    fields = html.unescape("".join(a or b for a, b in _FIELDS.findall(part)))
    loads = any(_LOADS.search(link) and _ELSEWHERE.search(link) for link in links)
    if loads or _COMMAND.search(fields) or "<ddeLink" in part:
        raise Refused(f"This file loads content from elsewhere when it is opened. {MAKE_PLAIN}")


def _text(package: zipfile.ZipFile, name: str) -> str:
    content = package.read(name)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4]:
        return content.decode("utf-16", "replace")
    return content.decode("utf-8", "replace")
