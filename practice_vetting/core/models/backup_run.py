"""What became of each backup of this installation. It holds no secret, and no backup holds it."""

from django.db import models
from django.db.models import Q

from practice_vetting.core import clock
from practice_vetting.core.models.record import new_uid


class BackupState(models.TextChoices):
    RUNNING = "running", "Being made"
    DONE = "done", "Made"
    FAILED = "failed", "Could not be made"


class BackupRun(models.Model):
    """One backup that was begun. `night` is set for those of the clock: one a night, whoever looks.

    `problem` says why it failed, or which files were missing from it. `check_problem` is what was wrong when it was
    tried out, at `checked_at`.
    """

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    night = models.DateField(null=True, unique=True)
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=BackupState, default=BackupState.RUNNING)
    file_name = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=1000, blank=True)
    checked_at = models.DateTimeField(null=True)
    check_problem = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-started_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=BackupState.RUNNING, finished_at=None)
                | ~Q(state=BackupState.RUNNING) & Q(finished_at__isnull=False),
                name="backup_over_has_an_end",
            )
        ]

    def __str__(self) -> str:
        return self.file_name or "a backup"
