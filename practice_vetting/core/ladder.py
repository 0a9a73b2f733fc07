"""On which days a deadline is told, and to whom. Pure: no Django, no clock.

A rung is a number of days from the due date: -60 is two months before, 7 a week late. Each practice sets its own
ladder. All of it is product policy: HIPAA asks for reviews and sets no dates for reminding of them.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

WEEK = 7

#: what a practice may choose from, and within which bounds
BEFORE_CHOICES = (90, 60, 45, 30, 21, 14, 7, 3, 1, 0)
EARLY_ENOUGH = 7  # one of the days has to be so many days before, or the reminder helps nobody
OWNERS_AFTER = (1, 30)


class Audience(StrEnum):
    OFFICERS = "officers"  # from the first rung on
    OWNERS = "owners"  # once it is late


@dataclass(frozen=True, slots=True)
class Ladder:
    """The days before the due date, and from how many days late the owners hear. Later it is told weekly."""

    before: tuple[int, ...] = (60, 30, 14, 7, 1, 0)
    owners_after: int = 1

    @property
    def first(self) -> timedelta:
        """How long before its day a deadline is told first."""
        return timedelta(days=max(self.before))


def latest_rung(
    ladder: Ladder, due_on: date, on: date, audiences: frozenset[Audience], snoozed_until: date | None = None
) -> int | None:
    """The last rung that was reached by that day, for somebody in these audiences; None before the first.

    Only the latest: after an outage of any length one mail goes out, not one for each rung that was missed. A snooze
    silences all but this: owners hear once that it is late. The day on which it ends is a rung of its own.
    """
    days = (on - due_on).days
    if snoozed_until and on < snoozed_until:
        late = Audience.OWNERS in audiences and days >= ladder.owners_after
        return ladder.owners_after if late else None
    reached = [_reached(ladder, days, audience) for audience in audiences]
    if snoozed_until:
        reached += [_awake(ladder, (snoozed_until - due_on).days, audience) for audience in audiences]
    return max((rung for rung in reached if rung is not None), default=None)


def reached_after(ladder: Ladder, since: date, on: date) -> frozenset[date]:
    """The due dates of which some rung lies after `since` and not after `on`, for anybody. Of the late, three years."""
    rungs = [*(-mark for mark in ladder.before), ladder.owners_after, *range(WEEK, 3 * 366, WEEK)]
    days = [since + timedelta(days=each) for each in range(1, (on - since).days + 1)]
    return frozenset(day - timedelta(days=rung) for day in days for rung in rungs)


def _reached(ladder: Ladder, days: int, audience: Audience) -> int | None:
    week = days // WEEK * WEEK
    if audience is Audience.OWNERS:
        return max(ladder.owners_after, week) if days >= ladder.owners_after else None
    if days >= WEEK:
        return week
    return max((-mark for mark in ladder.before if -mark <= days), default=None)


def _awake(ladder: Ladder, rung: int, audience: Audience) -> int | None:
    """The day on which a snooze ended, for those who would have heard by then."""
    return rung if _reached(ladder, rung, audience) is not None else None
