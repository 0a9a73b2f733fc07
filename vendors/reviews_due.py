"""The yearly reviews of agreements as deadlines, for the reminders (settings.DEADLINES)."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse

from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice
from vendors.models import Agreement


def deadlines(practice: Practice, until: date) -> Iterator[Deadline]:
    """The reviews of the practice due on `until` or before, late ones included, the earliest first.

    An agreement that has ended, or whose vendor has, asks for no review.
    """
    open_ones = Agreement.objects.of(practice).filter(ended_on=None, vendor__ended_on=None)
    due = open_ones.filter(next_review_on__lte=until).select_related("vendor").order_by("next_review_on", "id")
    return (_deadline(agreement) for agreement in due.iterator(1000))


def _deadline(agreement: Agreement) -> Deadline:
    assert agreement.next_review_on is not None, "the query asks for it"
    return Deadline(
        kind="agreement-review",
        subject_kind=Agreement.kind(),
        subject_uid=agreement.uid,
        title=str(agreement),
        vendor_name=agreement.vendor.name,
        due_on=agreement.next_review_on,
        url=reverse("vendors:agreement", args=[agreement.uid]),
        action=f"Review the agreement with {agreement.vendor.name}",
    )
