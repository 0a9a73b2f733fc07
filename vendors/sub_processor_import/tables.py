"""What every kind of file becomes first: tables of cells, each row with the line on which it stands. Pure."""

import html
import re
import unicodedata
from dataclasses import dataclass, field

_TURNING = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff"))
_ITEM_ENDS = re.compile(r"</(?:li|p|div)>\s*|<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,500}\)")
_FOOTNOTE = re.compile(r"\[\^[\w-]{1,20}\]|[¹²³⁴⁵†‡]")
_EMPHASIS = re.compile(r"(\*\*|__|~~|`)(.{1,300}?)\1")
_STAR = re.compile(r"^\*(.+)\*$|\*+$")


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in their columns. `line` counts from 1; `heads` says that one cell spans the row, as a heading does."""

    line: int
    cells: list[str]
    heads: bool = False

    @property
    def full(self) -> list[str]:
        return [cell for cell in self.cells if cell]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that belong together. `place` names the sheet of a workbook, or "" where a line says enough."""

    rows: list[Row] = field(default_factory=list)
    place: str = ""


class Unreadable(Exception):
    """The file or text cannot be taken at all; `sentence` is what the person reads."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def plain(cell: str) -> str:
    """One line of text: markup becomes words, list items are joined by semicolons, unseen signs are dropped."""
    text = _TAG.sub(" ", _ITEM_ENDS.sub("; ", cell)) if "<" in cell else cell
    text = _FOOTNOTE.sub("", _LINK.sub(r"\1", html.unescape(text)))
    text = _STAR.sub(lambda found: found[1] or "", _EMPHASIS.sub(r"\2", text.strip()))
    text = text.translate(_TURNING)
    seen = "".join(" " if each.isspace() else each for each in text if each.isspace() or not _unseen(each))
    joined = re.sub(r"\s*(?:;\s*)+", "; ", " ".join(seen.split()))
    return joined.strip("; ") if "<" in cell else joined.strip()


def _unseen(sign: str) -> bool:
    return unicodedata.category(sign) == "Cc"
