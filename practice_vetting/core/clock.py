"""What time it is. Only here is the real clock read, so that a demonstration or a test can set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

_set_to: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _set_to.get() or timezone.now()


def today(zone: str) -> date:
    """The calendar day it is now in the named time zone."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Within the block, `moment` (aware, in any zone) is now."""
    token = _set_to.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set_to.reset(token)
