"""What a clause lacks as it was read, days included, and how to say so. Pure: no Django.

The verdict, the page of the agreement and the letter to the vendor read the same answer here.
"""

from enum import StrEnum

from practice_vetting.core.basis import Basis
from vendors.clauses import SPEAKS, Clause, ReadingStatus


class Want(StrEnum):
    """Why a person should ask the vendor to change a clause."""

    MISSING = "missing"
    PARTIAL = "partial"
    OVER_LIMIT = "over_limit"
    NO_DAYS = "no_days"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    TOO_WIDE = "too_wide"


#: wants that rest on the number of days alone, and do not keep a clause from counting
ADVISED = frozenset({Want.NO_DAYS, Want.TOO_LONG, Want.TOO_SHORT})


def want(clause: Clause, status: str, days: int | None = None) -> Want | None:
    """What is wanting in the clause; None when nothing is, or when nobody has read it.

    A right that the agreement may leave out is wanting only when it goes too far; a mere proposal never is.
    """
    if clause.basis is Basis.PERMITTED:
        return Want.TOO_WIDE if status == ReadingStatus.PARTIAL else None
    if clause.basis is Basis.PROPOSED:
        return None
    if status == ReadingStatus.ABSENT:
        return Want.MISSING
    of_days = days_want(clause, status, days)
    if status == ReadingStatus.PARTIAL and of_days is not Want.OVER_LIMIT:
        return Want.PARTIAL
    return of_days


def days_want(clause: Clause, status: str | None, days: int | None) -> Want | None:
    """What is wanting in the days that a clause gives, measured by the limits of the list."""
    window = clause.days
    if window is None or status not in SPEAKS:
        return None
    if days is None:
        return Want.NO_DAYS if window.needed and status == ReadingStatus.PRESENT else None
    if window.fail_over is not None and days > window.fail_over:
        return Want.OVER_LIMIT
    if window.warn_over is not None and days > window.warn_over:
        return Want.TOO_LONG
    return Want.TOO_SHORT if window.warn_under is not None and days < window.warn_under else None


def says(found: Want, clause: Clause, days: int | None = None) -> str:
    """What is wanting, as the end of a sentence that begins with the clause."""
    given, window = _days(days), clause.days
    if found is Want.OVER_LIMIT and window:
        return f"gives {given}, and the rule allows {window.fail_over} at most ({window.fail_citation})"
    if found is Want.TOO_LONG and window:
        return f"gives {given}, and we advise {window.warn_over} or fewer"
    if found is Want.TOO_SHORT and window:
        return f"gives {given}, and we advise {window.warn_under} or more"
    return _SAYS[found]


_SAYS = {
    Want.MISSING: "is missing",
    Want.PARTIAL: "is only partly there",
    Want.NO_DAYS: "names no number of days",
    Want.TOO_WIDE: "goes too far",
}


def _days(count: int | None) -> str:
    return "1 day" if count == 1 else f"{count} days"
