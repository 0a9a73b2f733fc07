"""The secret address under which a person's own calendar reads what is due."""

from django.db import models
from django.db.models import Q

from practice_vetting.core.models.record import Record


class CalendarFeed(Record):
    """One calendar address of one person, until it is ended. Only the hash of its secret is kept.

    `read_on` is the last day on which a calendar fetched it.
    """

    person = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    read_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "person"], condition=Q(ended_at=None), name="one_calendar_a_person"
            )
        ]

    @classmethod
    def kind(cls) -> str:
        return "calendar"

    def __str__(self) -> str:
        return f"Calendar of {self.person.name}"
