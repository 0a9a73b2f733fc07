"""What the clock asks for is done once a turn, however many clocks run and however often their messages come.

A turn is a stretch of time, such as this quarter of an hour, or this day. Who takes it holds it by a lease, and whoever
comes later in the same turn does nothing. When its holder dies, the next who asks takes it over once the lease is out.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from practice_vetting.core import clock
from practice_vetting.core.models import ClockTurn

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
SKEW = timedelta(minutes=5)  # by which the clocks of two machines may differ


def once(task: str, work: Callable[[], object], *, every: timedelta, lease: timedelta) -> bool:
    """Do the work unless somebody did it in this turn or is at it; whether it was done here.

    `lease` is longer than the work takes. When the work raises, the turn is free for the next who asks.
    """
    turn, claim = name_of(clock.now(), every), str(uuid.uuid4())
    if not _take(task, turn, claim, lease):
        return False
    try:
        work()
    except BaseException:
        _held(task, claim).update(turn="", claim="", lease_until=None)
        raise
    _held(task, claim).update(claim="", lease_until=None)
    return True


def name_of(now: datetime, every: timedelta) -> str:
    """The beginning of the stretch of time, counted from midnight in UTC, in which this moment lies."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + (now - midnight) // every * every).strftime("%Y-%m-%dT%H:%M:%S")


def _take(task: str, turn: str, claim: str, lease: timedelta) -> bool:
    """By one conditional update, so that of two at the same moment one has it."""
    ClockTurn.objects.get_or_create(task=task)
    now = clock.now()
    # A lease that ends later than any we give was written by a clock that was wrong, and holds nobody up.
    dead = Q(lease_until__lte=now) | Q(lease_until__gt=now + lease + SKEW)
    due = ~Q(turn=turn) & Q(lease_until=None)
    taken = ClockTurn.objects.filter(dead | due, task=task)
    return bool(taken.update(turn=turn, claim=claim, lease_until=now + lease))


def _held(task: str, claim: str) -> QuerySet[ClockTurn]:
    return ClockTurn.objects.filter(task=task, claim=claim)
