"""A deadline that somebody asked to be silent until a day, and why."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from practice_vetting.core.models.record import Record, RecordQuerySet


class SnoozeQuerySet(RecordQuerySet):
    def standing(self) -> "SnoozeQuerySet":
        """Those that nobody took back or replaced, over or not: the day on which one ends is told."""
        return self.filter(ended_at=None)


class Snooze(Record):
    """Who silenced which deadline until when (`until` is the first day on which it is told again), and why."""

    deadline_kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_uid = models.CharField(max_length=12)
    due_on = models.DateField()
    action = models.CharField(max_length=300)
    until = models.DateField()
    reason = models.TextField(max_length=500)
    by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[Any] = SnoozeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "deadline_kind", "subject_uid", "due_on"],
                condition=Q(ended_at=None),
                name="one_snooze_a_deadline",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="snooze_ended_when_and_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return self.action

    @property
    def key(self) -> tuple[str, str, date]:
        return self.deadline_kind, self.subject_uid, self.due_on
