"""How long states want clinical records kept, as a versioned list of literate data. Pure: no Django.

The words stand in `record_periods/<code>.toml`. Only states that somebody checked are on the list, each with its
source, the day on which it was read, and how far it can be trusted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from practice_vetting.core.basis import Basis, Citation, SourceStatus
from practice_vetting.core.literate import Table, read_table
from practice_vetting.core.states import STATES

CURRENT = "2026-1"
FOLDER = Path(__file__).with_suffix("")
_NAMES = dict(STATES)


@dataclass(frozen=True, slots=True)
class StatePeriod:
    """One state's period in years for clinical records of adults, and where it can be read."""

    code: str
    years: int
    note: str
    citations: tuple[Citation, ...]
    source_status: SourceStatus
    checked_on: date

    @property
    def name(self) -> str:
        return _NAMES[self.code]


@cache
def state_periods(code: str = CURRENT) -> dict[str, StatePeriod]:
    """The list with this code, by the states' two letters. Raises `CatalogueError` when it is not sound."""
    return load(FOLDER / f"{code}.toml")


def load(path: Path) -> dict[str, StatePeriod]:
    """Read and check one file. Raises `CatalogueError`, which names the file and the field."""
    root = read_table(path)
    if (code := root.text("code")) != path.stem:
        root.refuse("code", f"is {code!r}, and the file is named {path.stem!r}")
    periods = [_period(table) for table in root.tables("state")]
    root.done()
    if len({each.code for each in periods}) != len(periods):
        root.refuse("state", "a state is listed twice")
    return {each.code: each for each in periods}


def unchecked(states: Iterable[str]) -> list[str]:
    """The names of those states whose period nobody has checked."""
    return [_NAMES.get(code, code) for code in states if code not in state_periods()]


def _period(table: Table) -> StatePeriod:
    period = StatePeriod(
        code=table.text("code"),
        years=table.number("years"),
        note=table.plain("note"),
        citations=table.citations("citations", Basis.STATE),
        source_status=table.choice("source_status", SourceStatus),
        checked_on=table.value("checked_on", date),
    )
    table.done()
    if period.code not in _NAMES:
        table.refuse("code", f"{period.code!r} is not a state")
    if period.source_status is SourceStatus.RECALLED:
        table.refuse("source_status", "what nobody has checked does not belong here")
    return period
