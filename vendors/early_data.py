"""Patient data that no complete agreement covered: on which days, and which of these days nobody assessed.

45 CFR 164.502(e) and 164.308(b): patient data may be with a vendor only while an agreement stands. Pure: no Django.
Days are calendar days of the practice; a last day of None means that it still goes on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from itertools import pairwise
from typing import Protocol, TypeVar

from vendors.clause_gaps import Lack, lack_of, required_gaps
from vendors.clauses import SPEAKS, Clause, ReadingStatus
from vendors.covering import Covering, covering
from vendors.kinds import COVERING_KINDS

_DAY = timedelta(days=1)


class Cover(IntEnum):
    """How well patient data were covered on a day, the best agreement of that day counted."""

    COMPLETE = 0
    UNREAD = 1  # it is not known to hold every required clause
    INCOMPLETE = 2
    NONE = 3


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both counted."""

    first: date
    last: date | None = None

    @property
    def _end(self) -> date:
        return self.last or date.max

    def meets(self, other: "Days") -> bool:
        return self.first <= other._end and other.first <= self._end

    def without(self, other: "Days") -> list["Days"]:
        """What is left of these days when the others are taken away."""
        if not self.meets(other):
            return [self]
        left = [Days(self.first, other.first - _DAY)] if self.first < other.first else []
        return [*left, Days(other._end + _DAY, self.last)] if other._end < self._end else left


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureFact:
    """What an exposure tells of a tool. `counts` when it says that patient data were there on its days."""

    key: str
    began_on: date
    last_on: date | None = None
    stopped_on: date | None = None
    is_open: bool = True
    counts: bool = False

    @property
    def days(self) -> Days:
        return Days(self.began_on, self.last_on or self.stopped_on)

    def reach(self, stretch: Days) -> Days:
        """Its days, as far as they assess that stretch: on after them when they go up to the stop of the use."""
        days = self.days
        at_the_stop = self.stopped_on is not None and (days.last or date.max) >= self.stopped_on - _DAY
        return Days(self.began_on, None) if at_the_stop and days.meets(stretch) else days


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days on which patient data were there under nothing that was complete. `under` is what there was, by its key."""

    days: Days
    cover: Cover
    under: str = ""
    is_first: bool = False

    @property
    def is_exposure(self) -> bool:
        """Whether it has to be assessed: what nobody read may still be found complete."""
        return self.cover >= Cover.INCOMPLETE

    def met_by(self, exposures: Iterable[ExposureFact]) -> list[ExposureFact]:
        return [each for each in exposures if each.days.meets(self.days)]

    def left_by(self, exposures: Iterable[ExposureFact]) -> list[Days]:
        """The days of it that none of these exposures reaches."""
        left = [self.days]
        for each in exposures:
            left = [rest for days in left for rest in days.without(each.reach(self.days))]
        return left


class Agreed(Covering, Protocol):
    """What is asked of an agreement beside which tools it covers when."""

    @property
    def readings(self) -> Mapping[str, ReadingStatus]: ...
    @property
    def days(self) -> Mapping[str, int]: ...


A = TypeVar("A", bound=Agreed)


def days_with_data(
    first_phi_on: date | None, gone_on: date | None, exposures: Iterable[ExposureFact], on: date
) -> list[Days]:
    """The days on which patient data were in a tool by then: from its first day on, and those of its exposures."""
    found = [Days(first_phi_on)] if first_phi_on else []
    found += [each.days for each in exposures if each.counts]
    last = gone_on - _DAY if gone_on and gone_on <= on else None
    return _joined(_until(each, last) for each in found if each.first <= (last or on))


def _until(days: Days, last: date | None) -> Days:
    return Days(days.first, min(filter(None, (days.last, last)), default=None))


def _joined(several: Iterable[Days]) -> list[Days]:
    """The same days, each once, in order."""
    joined: list[Days] = []
    for days in sorted(several, key=lambda each: each.first):
        before = joined[-1] if joined else None
        if before and (before.last is None or days.first <= before.last + _DAY):
            joined[-1] = Days(before.first, None if None in (before.last, days.last) else max(before._end, days._end))
        else:
            joined.append(days)
    return joined


def stretches(
    tool_key: str,
    with_data: Sequence[Days],
    agreements: Sequence[A],
    clauses: Sequence[Clause],
    on: date,
    like: str = "",
) -> list[Stretch]:
    """The days by `on` on which no complete agreement covered the tool, in order. Of equal ones, `like` is named."""
    found: list[Stretch] = []
    for days in _cut(with_data, agreements, on):
        cover, under = _cover(tool_key, agreements, clauses, days.first, like)
        last = found[-1] if found else None
        if last and (last.cover, last.under) == (cover, under) and last.days.last == days.first - _DAY:
            found[-1] = Stretch(Days(last.days.first, days.last), cover, under, last.is_first)
        else:
            found.append(Stretch(days, cover, under, not found))
    return [each for each in found if each.cover]


def _cut(with_data: Sequence[Days], agreements: Sequence[A], on: date) -> Iterator[Days]:
    """The days with patient data, cut where an agreement begins or is over."""
    turns = {day for each in agreements for day in (each.dates.starts_on, each.dates.over_on) if day}
    for days in with_data:
        last = days.last if days.last and days.last <= on else None
        cuts = sorted({days.first, *(day for day in turns if days.first < day <= (last or on))})
        yield from (Days(one, next_one - _DAY) for one, next_one in pairwise(cuts))
        yield Days(cuts[-1], last)


def _cover(
    tool_key: str, agreements: Sequence[A], clauses: Sequence[Clause], day: date, like: str
) -> tuple[Cover, str]:
    live = [one for one in covering(agreements, tool_key, COVERING_KINDS, day) if one[0].dates.in_force(day)]
    judged = [(_lack(agreement, amending, clauses), agreement.key) for agreement, amending in live]
    if not judged:
        return Cover.NONE, ""
    lack, key = min(judged, key=lambda each: (each[0], each[1] != like, each[1]))
    return Cover(lack), key if lack else ""


def _lack(agreement: A, amending: Sequence[A], clauses: Sequence[Clause]) -> Lack:
    readings, days = dict(agreement.readings), dict(agreement.days)
    for each in amending:
        spoken = [code for code, status in each.readings.items() if status in SPEAKS]
        readings |= {code: each.readings[code] for code in spoken}
        days = {code: count for code, count in days.items() if code not in spoken}
        days |= {code: each.days[code] for code in spoken if code in each.days}
    return lack_of(gap for _, gap in required_gaps(clauses, readings, days))
