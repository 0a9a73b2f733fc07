"""What a row says of long work while it is under way: its step in words, and how far it is where that is known."""

import hashlib
from datetime import datetime, timedelta

from django.db import models

from practice_vetting.core import clock

_QUIET = timedelta(minutes=10)  # longer than any one file takes
#: so long it was asked for -> the page asks again after so many seconds
_PATIENCE = [(timedelta(minutes=1), 2), (timedelta(minutes=10), 5)]
_MOST_PATIENCE = 15


class Underway(models.Model):
    """Columns that core.progress writes. `step_of` is empty where nobody knows how much there is.

    `step_at` is when the worker was last heard of. Nothing is decided by these columns: they are for people.
    """

    step = models.CharField(max_length=100, blank=True, default="", db_default="")
    step_done = models.PositiveBigIntegerField(null=True)
    step_of = models.PositiveBigIntegerField(null=True)
    step_at = models.DateTimeField(null=True)

    requested_at: datetime
    lease_until: datetime | None

    class Meta:
        abstract = True

    @property
    def asks_in(self) -> int:
        """Seconds until the page asks again: often at first, seldom after a while."""
        age = clock.now() - self.requested_at
        return next((seconds for until, seconds in _PATIENCE if age < until), _MOST_PATIENCE)

    @property
    def has_stopped(self) -> bool:
        """Whether its worker held it longer than it may, so that another takes it over soon."""
        return self.lease_until is not None and self.lease_until <= clock.now()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was heard of its worker for a while."""
        return self.step_at is not None and self.step_at < clock.now() - _QUIET

    @property
    def said(self) -> str:
        """Changes when a person should hear of it: with the state and the step, not with each count."""
        said = [getattr(self, name, "") for name in ("state", "step", "last_error", "attempts")]
        return _short(*said, self.has_stopped)

    @property
    def seen(self) -> str:
        """Changes with anything that the page shows of it. It begins with `said`."""
        before = getattr(self, "before", 0), getattr(self, "after_state", None) or ""
        return f"{self.said}-{_short(self.step_done, self.step_of, self.asks_in, self.is_quiet, *before)}"


def _short(*facts: object) -> str:
    return hashlib.sha256("|".join(map(str, facts)).encode()).hexdigest()[:8]
