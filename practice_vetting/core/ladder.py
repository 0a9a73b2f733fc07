"""On which days a deadline is told, and to whom. Pure: no Django, no clock.

A rung is a number of days from the due date: -60 is two months before, 7 a week late. The ladder is product
policy; HIPAA asks for reviews and sets no dates for reminding of them.
"""

from datetime import date, timedelta
from enum import StrEnum

BEFORE = (-60, -30, -14, -7, -1, 0)
WEEK = 7
FIRST = timedelta(days=-BEFORE[0])


class Audience(StrEnum):
    OFFICERS = "officers"  # from the first rung on
    OWNERS = "owners"  # from the day it is late


def latest_rung(due_on: date, on: date, audiences: frozenset[Audience]) -> int | None:
    """The last rung that was reached by that day, for somebody in these audiences; None before the first.

    Only the latest: after an outage of any length one mail goes out, not one for each rung that was missed.
    """
    days = (on - due_on).days
    reached = [_reached(days, audience) for audience in audiences]
    return max((rung for rung in reached if rung is not None), default=None)


def _reached(days: int, audience: Audience) -> int | None:
    if days >= WEEK:
        return days // WEEK * WEEK
    if audience is Audience.OWNERS:
        return 1 if days >= 1 else None
    return max((rung for rung in BEFORE if rung <= days), default=None)
