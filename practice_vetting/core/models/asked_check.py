"""A comparison of all history with the ledger that a person asked for. What it found is a HistoryCheck."""

from django.db import models
from django.db.models import Q

from practice_vetting.core import clock
from practice_vetting.core.models.record import new_uid
from practice_vetting.core.models.underway import Underway


class CheckState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Being compared"
    DONE = "done", "Compared"
    FAILED = "failed", "Could not be compared"


class AskedCheck(Underway):
    """A worker owns the row while `claim` is its own and `lease_until` is ahead. `found` is there when it is done."""

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=10, choices=CheckState, default=CheckState.WAITING)
    claim = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    found = models.ForeignKey("core.HistoryCheck", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice"],
                condition=Q(state__in=[CheckState.WAITING, CheckState.RUNNING]),
                name="one_asked_check_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["practice", "-id"])]

    def __str__(self) -> str:
        return f"all history of {self.practice.name}"

    @classmethod
    def kind(cls) -> str:
        return "askedcheck"
