"""A second factor that is to be forgotten, because its person cannot use it any more."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from practice_vetting.core.models.record import Record, RecordQuerySet


class FactorResetQuerySet(RecordQuerySet):
    def pending(self) -> "FactorResetQuerySet":
        """Those that neither took effect nor were stopped."""
        return self.filter(applied_at=None, stopped_at=None)


class FactorReset(Record):
    """One request to forget a person's second factor. Only the hash of the secret that stops it is kept.

    `practice` is where it was asked for; `asked_by` is empty when it was asked for on the server.
    """

    person = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="factor_resets")
    asked_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+", null=True)
    reason = models.CharField(max_length=500)
    takes_effect_at = models.DateTimeField()
    stop_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    applied_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = FactorResetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(applied_at=None, stopped_at=None), name="factor_reset_pending_once"
            ),
            models.CheckConstraint(condition=Q(applied_at=None) | Q(stopped_at=None), name="factor_reset_ends_once"),
        ]

    def __str__(self) -> str:
        return f"second factor of {self.person.name}"
