"""What was found when all history of a practice was compared with its ledger."""

from datetime import timedelta

from django.db import models

from practice_vetting.core import clock


class HistoryCheck(models.Model):
    """One look at all that is kept: how much there was, and the first thing that does not fit ("": all does).

    `record_kind` and `record_uid` name the record that it is about, `seq` the ledger entry (0: none).
    """

    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(default=clock.now)
    entries = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    files = models.PositiveBigIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)
    record_kind = models.CharField(max_length=40, blank=True)
    record_uid = models.CharField(max_length=12, blank=True)
    seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["practice", "-id"])]

    @property
    def is_old(self) -> bool:
        """Whether two nights went by since, in which another should have come."""
        return clock.now() - self.checked_at > timedelta(days=2)

    def __str__(self) -> str:
        return self.problem or "all fits"
