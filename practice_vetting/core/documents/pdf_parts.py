"""The parts of a PDF that can be compared without showing any of it. Import this only in the limited child."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pikepdf

_NOTES = {
    "/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight", "/Underline",
    "/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink", "/FileAttachment", "/Redact",
}  # fmt: skip
_SAME_WHEREVER = {"/Length", "/Filter", "/DecodeParms", "/Parent", "/StructParents", "/StructParent", "/Metadata"}
_MOST_FIELDS = 10_000


@dataclass(frozen=True)
class Parts:
    """`notes` and `links` are told page by page; `files` maps the name of each attachment to its SHA-256; `about` is
    the SHA-256 of the data about the file; `acts` counts what acts by itself.
    """

    notes: list[int]
    links: list[list[str]]
    fields: int
    seals: int
    files: dict[str, str]
    about: str
    acts: int


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(pdf))


def parts_of(document: pikepdf.Pdf) -> Parts:
    marks = [list(_annotations(page)) for page in document.pages]
    fields = list(_fields(document))
    return Parts(
        notes=[sum(str(each.get("/Subtype")) in _NOTES for each in page) for page in marks],
        links=[sorted(digest_of(each) for each in page if each.get("/Subtype") == "/Link") for page in marks],
        fields=sum(each.get("/FT") != "/Sig" for each in fields),
        seals=sum(each.get("/FT") == "/Sig" and "/V" in each for each in fields),
        files={name: _file(spec) for name, spec in document.attachments.items()},
        about=_about(document),
        acts=sum(name in document.Root for name in ("/OpenAction", "/AA"))
        + ("/JavaScript" in document.Root.get("/Names", {})),
    )


def _annotations(page: Any) -> Iterator[Any]:
    for each in page.obj.get("/Annots", []):
        if isinstance(each, pikepdf.Dictionary):
            yield each


def _fields(document: pikepdf.Pdf) -> Iterator[Any]:
    form: Any = document.Root.get("/AcroForm", {})
    waiting = list(form.get("/Fields", []))
    for _ in range(_MOST_FIELDS):
        if not waiting:
            return
        field = waiting.pop()
        waiting += list(field.get("/Kids", []))
        if "/FT" in field:
            yield field


def _file(spec: Any) -> str:
    return hashlib.sha256(spec.get_file().read_bytes()).hexdigest()


def _about(document: pikepdf.Pdf) -> str:
    """What programs keep when they pack a file anew; that they write down their own name or the hour tells nothing."""
    said = [
        str(document.docinfo.get(name, "")) for name in ("/Title", "/Author", "/Subject", "/Keywords", "/CreationDate")
    ]
    with document.open_metadata(update_docinfo=False, set_pikepdf_as_editor=False) as packet:
        said += [str(packet.get(name, "")) for name in ("dc:title", "dc:creator", "dc:description", "xmp:CreateDate")]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def digest_of(thing: Any) -> str:
    """The same for two things that look the same on a page, wherever in their files they stand and however packed."""
    return hashlib.sha256(b"\0".join(_told(thing, set()))).hexdigest()


def _told(thing: Any, above: set[tuple[int, int]]) -> Iterable[bytes]:
    """`above` are the objects that hold this one: one that holds itself is told by its name alone."""
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Array | pikepdf.Stream):
        own = thing.objgen
        if own != (0, 0) and own in above:
            yield b"above"
            return
        yield from _told_inside(thing, above | {own})
    else:
        yield repr(thing).encode()


def _told_inside(thing: Any, above: set[tuple[int, int]]) -> Iterable[bytes]:
    if isinstance(thing, pikepdf.Array):
        yield b"["
        for each in thing:
            yield from _told(each, above)
        return
    if str(thing.get("/Type")) == "/Page":  # a link to it says which by its place in the file alone
        yield b"page"
        return
    for name in sorted(set(thing.keys()) - _SAME_WHEREVER):
        yield name.encode()
        yield from _told(thing[name], above)
    if isinstance(thing, pikepdf.Stream):
        yield thing.read_bytes()
