"""Reviews of agreements, and what happened that none of them answers, as deadlines (settings.DEADLINES)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, F, OuterRef, QuerySet
from django.urls import reverse

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice
from vendors.deadlines import lapses_on
from vendors.kinds import TriggerKind
from vendors.models import Agreement, ReviewTrigger
from vendors.review_points import in_short


def deadlines(practice: Practice, until: date) -> Iterator[Deadline]:
    """The reviews of the practice due on `until` or before, late ones included, the earliest first.

    An agreement that has ended or was superseded, or whose vendor has ended, asks for no review.
    """
    open_ones = Agreement.objects.of(practice).asking_for_review(practice.today()).filter(vendor__ended_on=None)
    due = open_ones.filter(next_review_on__lte=until).select_related("vendor").order_by("next_review_on", "id")
    reasons = Reasons(practice, until)
    yield from (_of_agreement(agreement, reasons) for agreement in due.iterator(1000))
    yield from (_of_trigger(trigger) for trigger in uncarried(practice).filter(due_on__lte=until).iterator(1000))


class Reasons:
    """Why reviews are due before their year is over: the open triggers of a practice by vendor. One query."""

    def __init__(self, practice: Practice, until: date) -> None:
        self._of: dict[int, list[tuple[date, str]]] = defaultdict(list)
        rows = ReviewTrigger.objects.of(practice).open().filter(due_on__lte=until).order_by("due_on", "id")
        for vendor, due_on, kind in rows.values_list("vendor_id", "due_on", "kind_of"):
            self._of[vendor].append((due_on, kind))

    def of(self, agreement: Agreement) -> str:
        """ "new sub-processor, changed terms"; "" for a review that is due because its year is over."""
        due_on = agreement.next_review_on
        return in_short(kind for day, kind in self._of[agreement.vendor_id] if due_on and day <= due_on)


def uncarried(practice: Practice) -> "QuerySet[ReviewTrigger]":
    """Open triggers whose vendor has no agreement that is to be reviewed for them: they wait by themselves."""
    carrying = Agreement.objects.filter(
        vendor=OuterRef("vendor"), ended_on=None, next_review_on__lte=OuterRef("due_on"),
        practice_signed_on__isnull=False, vendor_signed_on__isnull=False,
    ).exclude(superseded_on__lte=practice.today())  # fmt: skip
    found = ReviewTrigger.objects.of(practice).open().filter(~Exists(carrying), vendor__ended_on=None)
    return found.select_related("vendor").order_by(F("due_on"), "id")


def action_words(vendor_name: str, reason: str) -> str:
    """What to do, with the reason where one is known."""
    return f"Review the agreement with {vendor_name}" + (f": {reason}" if reason else "")


def _of_agreement(agreement: Agreement, reasons: Reasons) -> Deadline:
    assert agreement.next_review_on is not None, "the query asks for it"
    return Deadline(
        kind="agreement-review",
        subject_kind=Agreement.kind(),
        subject_uid=agreement.uid,
        title=str(agreement),
        vendor_name=agreement.vendor.name,
        due_on=agreement.next_review_on,
        url=reverse("vendors:agreement", args=[agreement.uid]),
        action=action_words(agreement.vendor.name, reasons.of(agreement)),
        lapses_on=lapses_on(agreement.next_review_on),
    )


def _of_trigger(trigger: ReviewTrigger) -> Deadline:
    return Deadline(
        kind="review-trigger",
        subject_kind=ReviewTrigger.kind(),
        subject_uid=trigger.uid,
        title=TriggerKind(trigger.kind_of).label,
        vendor_name=trigger.vendor.name,
        due_on=trigger.due_on,
        url=reverse("vendors:reviews", args=[trigger.vendor.uid]),
        action=f"Look at {trigger.vendor.name} again: {in_short([trigger.kind_of])}",
    )
