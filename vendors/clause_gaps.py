"""What an agreement lacks of the clauses that it must have. Pure: no Django.

The verdict and the search for early patient data judge the same lack here.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum

from vendors.clause_wants import Want, days_want
from vendors.clauses import SPEAKS, Clause, Need, ReadingStatus


class Gap(IntEnum):
    """Why a clause does not count; the lower, the closer it is to counting."""

    LAPSED = 1  # it is there, and the agreement's review is too late to rest on it
    DAYS = 2  # it is there, and its number of days is not what we advise
    PARTIAL = 3
    MUST_APPLY = 4
    UNREAD = 5
    NO_DAYS = 6  # the rule sets a limit, and it gives no number of days
    OVER_LIMIT = 7  # it gives more days than the rule allows
    ABSENT = 8


class Lack(IntEnum):
    """How much an agreement lacks: nothing, something not known to be there, or something known to be missing."""

    NONE = 0
    UNKNOWN = 1
    MISSING = 2


_GAP_OF: dict[str | None, Gap] = {
    ReadingStatus.PARTIAL: Gap.PARTIAL,
    ReadingStatus.ABSENT: Gap.ABSENT,
    None: Gap.UNREAD,
}
_MISSING = {Gap.ABSENT, Gap.OVER_LIMIT}


def gap_of(clause: Clause, status: str | None, days: int | None) -> Gap | None:
    """Why the clause, read so, does not count; None when it does."""
    if days_want(clause, status, days) is Want.OVER_LIMIT:
        return Gap.OVER_LIMIT
    if _lacks_days(clause, status, days):
        return Gap.NO_DAYS
    if status == ReadingStatus.PRESENT:
        return None
    if status == ReadingStatus.DOES_NOT_APPLY:
        return None if clause.may_not_apply else Gap.MUST_APPLY
    return _GAP_OF[status]


def _lacks_days(clause: Clause, status: str | None, days: int | None) -> bool:
    """Whether it speaks of a limit that a rule sets, and of no number: "a reasonable time" may be any (our policy)."""
    window = clause.days
    limited = window is not None and window.needed and window.fail_over is not None
    return limited and days is None and status in SPEAKS


def required_gaps(
    clauses: Iterable[Clause], readings: Mapping[str, ReadingStatus], days: Mapping[str, int]
) -> Iterator[tuple[Clause, Gap]]:
    """What keeps an agreement from being complete: a clause always needed; too many days for a rule, or no number."""
    over = []
    for clause in sorted(clauses, key=lambda each: each.code):
        gap = gap_of(clause, readings.get(clause.code), days.get(clause.code))
        if gap and clause.needed_for == Need.ALWAYS:
            yield clause, gap
        elif gap in {Gap.OVER_LIMIT, Gap.NO_DAYS}:
            over.append((clause, gap))
    yield from over


def lack_of(gaps: Iterable[Gap]) -> Lack:
    """What such gaps come to."""
    return max((Lack.MISSING if gap in _MISSING else Lack.UNKNOWN for gap in gaps), default=Lack.NONE)
