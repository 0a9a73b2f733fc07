"""Which of our fonts a document needs, and text that leaves no glyph missing.

PDF/A refuses a file with a missing glyph (ISO 19005-3, 6.2.11.8), and a reader would see nothing where a name
stood.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).resolve().parents[3] / "static"
FACES = STATIC / "css" / "pdf-fonts.css"
PLACEHOLDER = "\N{WHITE SQUARE}"  # the reader sees that a character stood here, and that we could not show it

_FACE = re.compile(r'@font-face \{ font-family: "([^"]+)"; font-style: (\w+); src: url\("static:([^"]+)"\); \}')
_BASE = "Source Sans 3"  # the family behind which the wide fonts stand
# Zero-width joiners shape Persian and Indic words and join emoji; every other invisible format character
# goes.
_JOINERS = {0x200C, 0x200D}
_NEWLINES = {0x2028: "\n", 0x2029: "\n", 0x85: "\n", 0x0B: "\n", 0x0C: "\n", 0x0D: "\n"}
_KEPT_CONTROLS = {0x09, 0x0A}


@dataclass(frozen=True)
class Face:
    """One file of pdf-fonts.css: its rule as written, and where it lies."""

    family: str
    style: str
    name: str
    rule: str

    @property
    def design(self) -> str:
        """The typeface without its slice: `Source Sans 3` for `Source Sans 3 cyrillic`."""
        return re.sub(r" [a-z-]+$", "", self.family)

    @property
    def is_wide(self) -> bool:
        """True for the fonts behind the text faces, asked only for what those lack."""
        return not self.family.startswith("Source ")


@cache
def faces() -> tuple[Face, ...]:
    """Every face we ship, in the order in which they are asked."""
    found = _FACE.finditer(FACES.read_text(encoding="utf-8"))
    return tuple(Face(match[1], match[2], match[3], match[0]) for match in found)


@cache
def coverage(name: str) -> frozenset[int]:
    """The code points for which the font file `name` (a path under static/) has a glyph."""
    from fontTools.ttLib import TTFont

    with TTFont(STATIC / name, lazy=True) as font:
        return frozenset(font.getBestCmap())


def read_all() -> None:
    """Know what each of our fonts covers, before the first document asks: a tenth of a second for each of them else."""
    for face in faces():
        coverage(face.name)


def faces_for(text: str) -> tuple[Face, ...]:
    """The faces that hold a character of `text` which no face before them holds; always the basic Latin
    ones.
    """
    wanted = frozenset(map(ord, text)) | frozenset(range(0x20, 0x7F))
    chosen = [face for face in faces() if not face.is_wide and _adds(face, wanted)]
    missing = wanted - _held(face.name for face in faces() if face.family.startswith(_BASE))
    for face in faces():
        if missing and face.is_wide and coverage(face.name) & missing:
            chosen.append(face)
            missing -= coverage(face.name)
    return tuple(chosen)


def _adds(face: Face, wanted: frozenset[int]) -> bool:
    siblings = [other for other in faces() if (other.design, other.style) == (face.design, face.style)]
    before = siblings[: siblings.index(face)]
    return bool((coverage(face.name) & wanted) - _held(other.name for other in before))


def _held(names: Iterable[str]) -> frozenset[int]:
    return frozenset().union(*(coverage(name) for name in names))


def printable(text: str) -> str:
    """`text` as our fonts can print it, in composed form (NFC).

    Control characters and those that turn the reading direction are dropped; what no shipped font holds
    becomes a visible square. Idempotent.
    """
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return "".join(map(_printed, composed))


@cache
def _printed(character: str) -> str:
    code = ord(character)
    if code in _NEWLINES:
        return _NEWLINES[code]
    if code in _KEPT_CONTROLS or code in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category in {"Cc", "Cf"}:
        return ""
    if category in {"Cs", "Co", "Cn"} or not _some_font_holds(code):
        return PLACEHOLDER
    return character


def _some_font_holds(code: int) -> bool:
    return any(code in coverage(face.name) for face in faces())
