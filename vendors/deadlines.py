"""When an agreement counts, when its review is due, and which dates cannot be. Pure: no Django, no clock.

Dates are calendar days of the practice. `ends_on` is the last day in force, `ended_on` the first without it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum

#: A review may be this many days late before the agreement counts as lapsed (our policy).
REVIEW_GRACE = timedelta(days=30)
#: So many days ahead a review begins to be asked for.
REVIEW_ASKED_AHEAD = timedelta(days=60)

_FIRST_YEAR, _YEARS_AHEAD = 1990, 50


def a_year_after(day: date) -> date:
    """The same day a year later; 28 February for a leap day."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


@dataclass(frozen=True, slots=True)
class AgreementDates:
    """The dates of one agreement, each known or not."""

    practice_signed_on: date | None = None
    vendor_signed_on: date | None = None
    effective_on: date | None = None
    ends_on: date | None = None
    next_review_on: date | None = None
    ended_on: date | None = None

    @property
    def executed_on(self) -> date | None:
        """The day of the later signature, or None while one side has not signed."""
        if self.practice_signed_on is None or self.vendor_signed_on is None:
            return None
        return max(self.practice_signed_on, self.vendor_signed_on)

    @property
    def starts_on(self) -> date | None:
        """The first day in force: never before the later signature, whatever the effective date says."""
        executed_on = self.executed_on
        return executed_on and max(executed_on, self.effective_on or executed_on)


class Force(StrEnum):
    """Where an agreement stands on a day."""

    IN_FORCE = "in_force"
    UPCOMING = "upcoming"
    UNSIGNED = "unsigned"
    RUN_OUT = "run_out"
    ENDED = "ended"

    @property
    def label(self) -> str:
        return _FORCE[self][0]

    @property
    def tone(self) -> str:
        """The class of its pill."""
        return _FORCE[self][1]


_FORCE = {
    Force.IN_FORCE: ("In force", "met"),
    Force.UPCOMING: ("Starts later", "open"),
    Force.UNSIGNED: ("Not signed by both", "open"),
    Force.RUN_OUT: ("Ran out", "failed"),
    Force.ENDED: ("Ended", "ended"),
}


def force(dates: AgreementDates, *, on: date) -> Force:
    """Where the agreement stands on that day."""
    if dates.ended_on is not None and dates.ended_on <= on:
        return Force.ENDED
    if dates.ends_on is not None and dates.ends_on < on:
        return Force.RUN_OUT
    if dates.starts_on is None:
        return Force.UNSIGNED
    return Force.IN_FORCE if dates.starts_on <= on else Force.UPCOMING


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """How far away the next review is: `days` until it (below zero when late), in words, with a class."""

    days: int | None
    words: str
    tone: str

    @property
    def lapsed(self) -> bool:
        return self.days is not None and -self.days > REVIEW_GRACE.days


def review_due(next_review_on: date | None, *, today: date) -> ReviewDue:
    """How far away the next review is. More than 30 days late counts as lapsed (our policy)."""
    if next_review_on is None:
        return ReviewDue(None, "no date yet", "soon")
    days = (next_review_on - today).days
    if days > REVIEW_ASKED_AHEAD.days:
        return ReviewDue(days, "", "")
    if days > 0:
        return ReviewDue(days, f"in {_days(days)}", "soon")
    if days == 0:
        return ReviewDue(0, "due today", "soon")
    return ReviewDue(days, f"{_days(-days)} late", "late")


def lapses_on(next_review_on: date) -> date:
    """The first day on which a review that was not made counts as lapsed."""
    return next_review_on + REVIEW_GRACE + timedelta(days=1)


def problems(dates: AgreementDates, *, today: date) -> dict[str, str]:
    """The dates that cannot be: field -> the sentence that stands beside it."""
    found: dict[str, str] = {}
    for name, sentence in _problems(dates, today):
        found.setdefault(name, sentence)
    return found


def _problems(dates: AgreementDates, today: date) -> Iterator[tuple[str, str]]:
    for field in fields(dates):
        day = getattr(dates, field.name)
        if day is not None and not _FIRST_YEAR <= day.year <= today.year + _YEARS_AHEAD:
            yield field.name, "Check the year of this date."
    for name in ("practice_signed_on", "vendor_signed_on"):
        yield from _signature_problems(name, getattr(dates, name), dates, today)
    if dates.ends_on and dates.effective_on and dates.ends_on < dates.effective_on:
        yield "ends_on", "It cannot end before it starts. Check both dates."
    signed = [day for day in (dates.practice_signed_on, dates.vendor_signed_on) if day]
    if dates.next_review_on and signed and dates.next_review_on < max(signed):
        yield "next_review_on", "The next review cannot be before the signatures. Choose a later day."


def _signature_problems(name: str, day: date | None, dates: AgreementDates, today: date) -> Iterator[tuple[str, str]]:
    if day and day > today:
        yield name, "This day has not come yet. Leave it empty until the side has signed."
    if day and dates.ends_on and day > dates.ends_on:
        yield name, "It cannot be signed after it ended. Check this date and the end date."


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
