"""An export of one practice that its owner asked for. Its file is removed after a day, and no backup holds the row."""

from django.db import models
from django.db.models import Q

from practice_vetting.core import clock
from practice_vetting.core.models.record import new_uid
from practice_vetting.core.models.underway import Underway


class ExportState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Being prepared"
    DONE = "done", "Ready"
    FAILED = "failed", "Could not be made"


class PracticeExport(Underway):
    """Everything of a practice as one ZIP. A worker owns the row while `lease_until` is ahead."""

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.WAITING)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice"],
                condition=Q(state__in=[ExportState.WAITING, ExportState.RUNNING]),
                name="one_export_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["practice", "-id"])]

    def __str__(self) -> str:
        return f"everything of {self.practice.name}"

    @classmethod
    def kind(cls) -> str:
        return "practiceexport"

    @property
    def path(self) -> str:
        """In the storage, where the sweep of bytes without a record removes it after a day."""
        return f"{self.practice.uid}/exports/{self.uid}.zip"
