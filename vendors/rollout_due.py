"""The yearly decision about each tool in use, as deadlines for the reminders (settings.DEADLINES). Our policy."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice, Several
from practice_vetting.core.sources import Days
from vendors.models import RolloutStep
from vendors.models.rollout import DECISION


def deadlines(practice: Practice | Several, until: date) -> Iterator[Deadline]:
    """The decisions due again on `until` or before, late ones included, the earliest first; the last of a tool counts.

    A tool that is retired, or whose vendor has ended, asks for none.
    """
    due = _latest(practice).filter(next_on__lte=until)
    for step in due.select_related("tool__vendor").order_by("next_on", "pk").iterator(1000):
        yield Deadline(
            kind="rollout-review",
            subject_kind=RolloutStep.kind(),
            subject_uid=step.uid,
            title=f"Decision about {step.tool.name}",
            vendor_name=step.tool.vendor.name,
            due_on=step.next_on,
            url=reverse("checklists:rollout", args=[step.tool.uid]),
            action=f"Measure {step.tool.name}, read its logs, and decide for another year",
            practice_id=step.practice_id,
        )


def coming_up(practices: Several, days: Days) -> Any:
    """The practices with a decision due again on such a day."""
    return _latest(practices).filter(next_on__in=days.due_on).order_by().values_list("practice_id", flat=True)


def _latest(practice: Practice | Several) -> Any:
    """The last decision about each tool that is still with us."""
    decisions = RolloutStep.objects.of(practice).standing().filter(step=DECISION)
    later = RolloutStep.objects.standing().filter(step=DECISION, tool=OuterRef("tool")).order_by("-done_on", "-pk")
    return decisions.filter(pk=Subquery(later.values("pk")[:1]), tool__retired_on=None, tool__vendor__ended_on=None)
