"""The rows of a sub-processor list: which are read, which are refused and why. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from practice_vetting.core.files.patient_data import counted, look, stopping
from vendors.company_names import identity
from vendors.sub_processor_import import guess
from vendors.sub_processor_import.headings import KINDS, Columns, columns_of, other_kind
from vendors.sub_processor_import.tables import LONGEST_CELL, Row, Table, Unreadable

MOST_ROWS = 300
_MOST_REFUSED = 600
LONGEST = {"name": 200, "does": 1000, "region": 200}
_FIELDS = {"name": "The name", "does": "What it does", "region": "The place"}
_SHOWN = 120  # letters of a refused row that are kept to find it again

_NO_LIST = (
    "We found no list of sub-processors here. The first row must name the columns, such as Name, What it does, Where."
)


class NotAList(Unreadable):
    """No table in it is a list of sub-processors."""


class SeveralCompanies(Unreadable):
    """The list speaks of several companies, and none of them is called as the vendor is: `owners`, as written."""

    def __init__(self, owners: list[str]) -> None:
        super().__init__("This list names the sub-processors of several companies. Choose whose rows to take.")
        self.owners = owners


@dataclass
class ReadList:
    """`rows` as SubProcessorList keeps them, and `refused` with line, place and reason."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    row: Row
    columns: Columns
    place: str

    def cell(self, column: str) -> str:
        if column == "does":
            said = dict.fromkeys(self._at(at) for at in self.columns.does)
            return "; ".join(each for each in said if each)
        return self._at(self.columns.at.get(column))

    @property
    def owner(self) -> str:
        return self._at(self.columns.owner)

    def _at(self, column: int | None) -> str:
        cells = self.row.cells
        return cells[column] if column is not None and column < len(cells) else ""


def read(tables: list[Table], *, vendor: str, owner: str = "") -> ReadList:
    """The sub-processors of `vendor` in these tables. `owner` says whose rows to take where a list has several.

    Raises NotAList, SeveralCompanies, or Unreadable for a list that is too long.
    """
    found, lines = ReadList(), []
    for table in tables:
        of_table = list(_lines(table, found))
        if of_table:
            lines += of_table
        elif kind := _kind(table):
            found.refused.append(_refusal(table.rows[0], table.place, f"This table looks like {KINDS[kind]}."))
    if not lines:
        raise NotAList(_what_it_is(tables))
    lines = _of_one_company(lines, vendor, owner, found)
    if len(lines) > MOST_ROWS:
        raise Unreadable(
            f"This list has {len(lines):,} rows. We take {MOST_ROWS} at most, so bring the part that counts."
        )
    seen: dict[str, int] = {}
    for line in lines:
        _take(line, vendor, seen, found)
    if not found.rows and not found.refused:
        raise NotAList("This list has its headings, and no row below them.")
    if (more := len(found.refused) - _MOST_REFUSED) > 0:
        found.refused[_MOST_REFUSED:] = [
            {"line": 0, "place": "", "text": "", "reason": f"{more:,} more were not read."}
        ]
    return found


def _lines(table: Table, found: ReadList) -> Iterator[_Line]:
    """The rows below a row of headings. Headings in the middle begin anew; those of something else end the list."""
    alone = all(len(row.full) < 2 for row in table.rows)
    columns: Columns | None = None
    before = 0
    for row in table.rows:
        gap, before = row.line > before + 1, row.line
        if heads := columns_of(row.cells, alone=alone and columns is None):
            columns = heads
        elif columns and gap and (kind := other_kind(row.cells)):
            columns = None
            found.refused.append(_refusal(row, table.place, f"Another table begins here: it looks like {KINDS[kind]}."))
        elif columns and row.full:
            yield _Line(row, columns, table.place)


def _of_one_company(lines: list[_Line], vendor: str, owner: str, found: ReadList) -> list[_Line]:
    """The lines of the vendor, where a column says whose each is; all of them where none does."""
    owners = list(dict.fromkeys(line.owner for line in lines if line.owner))
    wanted = identity(owner or vendor)
    named = [each for each in owners if identity(each) == wanted]
    repeats = len(owners) < sum(1 for line in lines if line.owner)
    if not owners or not (named or repeats):
        return lines
    if not named:
        raise SeveralCompanies(owners)
    kept = [line for line in lines if line.owner in named]
    if left := len(lines) - len(kept):
        words = (
            f"{left:,} rows of other companies were left out." if left > 1 else "A row of another company was left out."
        )
        found.refused.append({"line": 0, "place": "", "text": "", "reason": words})
    return kept


def _take(line: _Line, vendor: str, seen: dict[str, int], found: ReadList) -> None:
    if reason := _why_not(line, vendor, seen):
        found.refused.append(_refusal(line.row, line.place, reason))
        return
    name, does = line.cell("name"), line.cell("does")
    seen[identity(name)] = line.row.line
    found.rows.append({
        "line": line.row.line, "place": line.place, "name": name, "does": does, "region": line.cell("region"),
        "role": guess.role(does).value, "gets": guess.known(line.cell("gets")),
        "covered": guess.cover(line.cell("covered")),
    })  # fmt: skip


def _why_not(line: _Line, vendor: str, seen: dict[str, int]) -> str:
    """Why the row cannot be read, in a sentence; "" when it can."""
    name = line.cell("name")
    if line.row.long:
        return f"One of its cells has more than {LONGEST_CELL:,} letters. Shorten it, or leave that column out."
    if found := stopping(look(" | ".join(line.row.full))):
        return f"It looks like patient data ({counted(found[0].kind, found[0].count)}), so its text was not kept."
    if line.row.heads and len(line.row.full) == 1:
        return "It looks like the heading of a part, not like a company."
    if not any(each.isalnum() for each in name):
        return "It has no name."
    if name.startswith(("=", "@", "+")):
        return "Its name begins like a formula. Write the name itself."
    for column, most in LONGEST.items():
        if (length := len(line.cell(column))) > most:
            return f"{_FIELDS[column]} has {length:,} letters. Keep it to {most:,}."
    if identity(name) == identity(vendor):
        return "This is the vendor itself, not a company behind it."
    if before := seen.get(identity(name)):
        return f"This company stands in line {before} already."
    return ""


def _refusal(row: Row, place: str, reason: str) -> dict[str, Any]:
    kept = "" if "patient data" in reason else " | ".join(row.full)
    text = kept if len(kept) <= _SHOWN else f"{kept[:_SHOWN].rstrip()}…"
    return {"line": row.line, "place": place, "text": text, "reason": reason}


def _kind(table: Table) -> str:
    return next((kind for row in table.rows[:60] if (kind := other_kind(row.cells))), "")


def _what_it_is(tables: list[Table]) -> str:
    kinds = {_kind(table) for table in tables}
    for kind, words in KINDS.items():
        if kind in kinds:
            return f"This looks like {words}, not like a list of sub-processors. Nothing was taken from it."
    return _NO_LIST if any(table.rows for table in tables) else "There is no table in it."
