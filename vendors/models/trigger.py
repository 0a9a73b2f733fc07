"""What happened that an agreement has to be read again for, before its year is over."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from practice_vetting.core.models import Record
from practice_vetting.core.models.record import RecordQuerySet
from vendors.kinds import TriggerKind


class ReviewTriggerQuerySet(RecordQuerySet):
    def open(self) -> "ReviewTriggerQuerySet":
        """Those that no review has answered and that nobody has set aside."""
        return self.filter(answered_by=None, set_aside_at=None)


class ReviewTrigger(Record):
    """A change that happened `on` a day and makes a review due by `due_on`.

    45 CFR 164.308(a)(8) and 164.316(b)(2)(iii) ask for it; which changes count, and when, is our policy.

    `noticed_by` is nobody when the product found it by itself; `source` then names what it found it from, so that the
    same fact makes one trigger however often it is looked at. Open until a review answers it or a person sets it aside.

    `read` maps the uid of each agreement that was read for it to that of its review. Once no agreement is left,
    `answered_by` is the last of these reviews.
    """

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="triggers")
    kind_of = models.CharField("what happened", max_length=20, choices=TriggerKind.choices())
    on = models.DateField("when")
    due_on = models.DateField("review due on")
    what = models.TextField("what changed", max_length=1000)
    tool = models.ForeignKey("vendors.Tool", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    noticed_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=80, blank=True, editable=False)
    read = models.JSONField(default=dict, blank=True, editable=False)
    answered_by = models.ForeignKey(
        "vendors.Review", on_delete=models.PROTECT, null=True, blank=True, related_name="triggers"
    )
    set_aside_at = models.DateTimeField(null=True, blank=True)
    set_aside_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    set_aside_reason = models.TextField("why no review is needed", max_length=1000, blank=True)

    objects: ClassVar[Any] = ReviewTriggerQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["vendor", "source"], condition=~Q(source=""), name="trigger_once_a_source"),
            models.CheckConstraint(
                condition=Q(set_aside_at=None, set_aside_by=None, set_aside_reason="")
                | Q(set_aside_at__isnull=False, set_aside_by__isnull=False, answered_by=None) & ~Q(set_aside_reason=""),
                name="trigger_set_aside_when_by_whom_and_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["practice", "due_on"], condition=Q(answered_by=None, set_aside_at=None), name="trigger_open"
            )
        ]

    @classmethod
    def kind(cls) -> str:
        return "trigger"

    def __str__(self) -> str:
        return f"{TriggerKind(self.kind_of).label}: {self.vendor.name}"
