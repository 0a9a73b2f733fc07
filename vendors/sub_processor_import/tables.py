"""What every kind of file becomes first: tables of cells, each row with the line on which it stands. Pure."""

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

_TURNING = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff"))
_ITEM_ENDS = re.compile(r"</(?:li|p|div)>\s*|<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,500}\)")
_FOOTNOTE = re.compile(r"\[\^[\w-]{1,20}\]|[¹²³⁴⁵†‡]")
_EMPHASIS = re.compile(r"(\*\*|__|~~|`)(.{1,300}?)\1")

LONGEST_CELL = 4_000  # letters that are looked at; a row with a longer cell is refused
MOST_CELLS = 20_000  # that are not empty, in all tables together

TOO_MANY = f"This has more than {MOST_CELLS:,} cells. Copy only the table of the sub-processors."


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in their columns. `line` counts from 1; `heads` says that one cell spans the row, as a heading does.

    `long` says that a cell was cut, so that nobody takes its row for what was sent.
    """

    line: int
    cells: list[str]
    heads: bool = False
    long: bool = False

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


def row_of(line: int, cells: Iterable[str], *, heads: bool = False) -> Row:
    """The row of these cells as they were written."""
    written = list(cells)
    return Row(line, [plain(cell) for cell in written], heads, any(len(cell) > LONGEST_CELL for cell in written))


def few_enough(tables: Iterable[Table]) -> list[Table]:
    """The tables. Raises Unreadable when they have more cells together than a list can have."""
    found, cells = [], 0
    for table in tables:
        found.append(table)
        cells += sum(len(row.full) for row in table.rows)
        if cells > MOST_CELLS:
            raise Unreadable(TOO_MANY)
    return found


def plain(cell: str) -> str:
    """One line of text: markup becomes words, list items are joined by semicolons, unseen signs are dropped.

    A long cell is cut first: what is looked at here was written by others, and each look costs time.
    """
    if not cell:
        return ""
    cell = cell[:LONGEST_CELL]
    text = _TAG.sub(" ", _ITEM_ENDS.sub("; ", cell)) if "<" in cell else cell
    text = _FOOTNOTE.sub("", _LINK.sub(r"\1", html.unescape(text)))
    text = _without_stars(_EMPHASIS.sub(r"\2", text.strip()))
    text = text.translate(_TURNING)
    seen = "".join(" " if each.isspace() else each for each in text if each.isspace() or not _unseen(each))
    joined = re.sub(r"\s*(?:;\s*)+", "; ", " ".join(seen.split()))
    return joined.strip("; ") if "<" in cell else joined.strip()


def _without_stars(text: str) -> str:
    """Without the stars around it, or those of a footnote behind it."""
    if len(text) > 2 and text.startswith("*") and text.endswith("*"):
        return text[1:-1]
    return text.rstrip("*")


def _unseen(sign: str) -> bool:
    return unicodedata.category(sign) == "Cc"
