"""What a new version of an agreement changes, clause by clause. Pure: no Django."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from practice_vetting.core.basis import Basis
from vendors.clause_wants import Want, want
from vendors.clauses import Clause, ReadingStatus


class Read(Protocol):
    """How a clause was read: ClauseReading has it."""

    status: str
    days: int | None
    quote: str


class Change(StrEnum):
    """What became of a clause; in the order in which a person should look at them."""

    WORSE = "worse"
    UNREAD = "unread"
    BETTER = "better"
    NEW = "new"
    REWORDED = "reworded"
    SAME = "same"

    @property
    def label(self) -> str:
        return _WORDS[self][0]

    @property
    def tone(self) -> str:
        """The class of its pill."""
        return _WORDS[self][1]


_WORDS = {
    Change.WORSE: ("Worse", "failed"),
    Change.UNREAD: ("Not read in the new one", "open"),
    Change.BETTER: ("Better", "met"),
    Change.NEW: ("Newly read", "plain"),
    Change.REWORDED: ("Other words", "plain"),
    Change.SAME: ("The same", "plain"),
}
#: how good a clause is by what is wanting in it: the lower, the better
_WANTING = {None: 0, Want.TOO_LONG: 1, Want.TOO_SHORT: 1, Want.NO_DAYS: 2, Want.PARTIAL: 3, Want.TOO_WIDE: 3,
            Want.OVER_LIMIT: 4, Want.MISSING: 5}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One clause in both versions; None is a clause that nobody read there."""

    clause: Clause
    old: Read | None
    new: Read | None

    @property
    def change(self) -> Change:
        old, new = self.old, self.new
        if new is None:
            return Change.SAME if old is None else Change.UNREAD
        if old is None:
            return Change.NEW
        step = _step(self.clause, old, new)
        if step:
            return Change.WORSE if step > 0 else Change.BETTER
        same = (old.status, old.days, _words(old)) == (new.status, new.days, _words(new))
        return Change.SAME if same else Change.REWORDED


def differences(clauses: Iterable[Clause], old: Mapping[str, Read], new: Mapping[str, Read]) -> list[Difference]:
    """Each clause that was read in either version, the worse ones first, each kind by code."""
    found = [Difference(each, old.get(each.code), new.get(each.code)) for each in clauses]
    read = [each for each in found if each.old or each.new]
    order = list(Change)
    return sorted(read, key=lambda each: (order.index(each.change), each.clause.code))


def _step(clause: Clause, old: Read, new: Read) -> int:
    """Above zero when the new reading is worse, below when it is better."""
    step = _badness(clause, new) - _badness(clause, old)
    if step or old.days is None or new.days is None or clause.days is None:
        return step
    more_is_worse = clause.days.warn_under is None and clause.days.warn_over is not None
    more_is_better = clause.days.warn_under is not None
    return (new.days - old.days) * (more_is_worse - more_is_better)


def _badness(clause: Clause, read: Read) -> int:
    if clause.basis is Basis.PERMITTED:  # a right of the vendor: left out is best
        return {ReadingStatus.ABSENT: 0, ReadingStatus.PRESENT: 1, ReadingStatus.PARTIAL: 2}.get(
            ReadingStatus(read.status), 0
        )
    if clause.basis is Basis.PROPOSED:  # nothing is wanting without it, and it is good to have
        return {ReadingStatus.PRESENT: 0, ReadingStatus.PARTIAL: 1}.get(ReadingStatus(read.status), 2)
    return _WANTING[want(clause, read.status, read.days)]


def _words(read: Read) -> str:
    return " ".join(read.quote.split()).casefold()
