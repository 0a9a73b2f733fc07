"""How long a deadline may be silent. Pure: no Django, no clock. All of it is product policy."""

from dataclasses import dataclass
from datetime import date, timedelta

from practice_vetting.core.deadline import Deadline

DAYS = (7, 90)  # what a practice may set as its longest snooze
WARNED = timedelta(days=7)  # so long before something lapses, it is told again
LATE = timedelta(days=7)  # what is late, and of which no lapse is known, is told again after so long
WEEKS = (1, 2, 4)  # offered


@dataclass(frozen=True, slots=True)
class Bound:
    """The last day until which it may be silent, and why no later, as a sentence. None: not even until tomorrow."""

    last: date | None
    why: str


def bound(deadline: Deadline, today: date, longest: int) -> Bound:
    """How long this deadline may be snoozed on that day, in a practice that allows so many days."""
    own = today + timedelta(days=longest)
    last, why = _hard(deadline, today)
    if own <= last:
        return Bound(own, f"Your practice allows {longest} days at most.")
    return Bound(last if last > today else None, why)


def _hard(deadline: Deadline, today: date) -> tuple[date, str]:
    if deadline.lapses_on:
        last = deadline.lapses_on - WARNED
        return last, "It must be told a week before it lapses."
    if today < deadline.due_on:
        return deadline.due_on - timedelta(days=1), "It must be told before it is due."
    return today + LATE, "What is late can wait for a week at most."


def weeks_offered(limit: Bound, today: date) -> list[tuple[int, date]]:
    """The usual lengths that fit: (weeks, day)."""
    if limit.last is None:
        return []
    days = [(weeks, today + timedelta(weeks=weeks)) for weeks in WEEKS]
    return [(weeks, day) for weeks, day in days if day <= limit.last]
