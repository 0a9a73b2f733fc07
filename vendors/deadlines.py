"""The dates of an agreement, when its review is due, and which dates cannot be. Pure: no Django, no clock.

Dates are calendar days of the practice. `ends_on` is the last day in force; `ended_on` and `superseded_on` are each
the first without it. Where it stands on a day is told by vendors.agreement_states.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta

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


def days_later(day: date | None, days: int) -> date | None:
    """The day that many days after `day`; None when there is no such day."""
    if day is None or date.max - day < timedelta(days=days):
        return None
    return day + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class AgreementDates:
    """The dates of one agreement, each known or not.

    `superseded_on` is the day on which a newer version of it came into force.
    """

    sent_on: date | None = None
    practice_signed_on: date | None = None
    vendor_signed_on: date | None = None
    effective_on: date | None = None
    ends_on: date | None = None
    next_review_on: date | None = None
    ended_on: date | None = None
    superseded_on: date | None = None

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

    @property
    def over_on(self) -> date | None:
        """The first day on which it is over, for whatever reason; None when it goes on."""
        days = (days_later(self.ends_on, 1), self.ended_on, self.superseded_on)
        return min(filter(None, days), default=None)

    @property
    def begins_on(self) -> date | None:
        """The first day in force, if it comes to that: an agreement that is over by then was never in force."""
        starts_on, over_on = self.starts_on, self.over_on
        return None if starts_on and over_on and over_on <= starts_on else starts_on

    def in_force(self, on: date) -> bool:
        """True on each day from its first in force to its last."""
        over_on = self.over_on
        return self.starts_on is not None and self.starts_on <= on and (over_on is None or on < over_on)


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
    return days_later(next_review_on, REVIEW_GRACE.days + 1) or date.max


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
    if dates.sent_on and dates.sent_on > today:
        yield "sent_on", "This day has not come yet. Leave it empty until you have sent it."
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
