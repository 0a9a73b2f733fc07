"""When each agreement is read next: on its regular day, or when a change asks for it that it was not read for yet."""

from collections.abc import Iterable

from vendors.models import Agreement, Review, ReviewTrigger, Vendor
from vendors.review_points import due_with


def settle(vendor: Vendor) -> list[str]:
    """Bring the agreements in line with what is open, inside the action under way. Returns the uids of those it moved.

    A change that each of them was read for is answered by the review that read the last.
    """
    agreements = going_on(vendor)
    rows = (
        ReviewTrigger.objects.select_for_update(no_key=True, of=("self",)).filter(vendor=vendor).open().order_by("pk")
    )
    waiting = [each for each in rows if not _answered(each, agreements)]
    moved = [each for each in agreements if set_next(each, waiting)]
    for each in moved:
        each.version += 1
        each.save(update_fields=["next_review_on", "version"])
    return [each.uid for each in moved]


def set_next(agreement: Agreement, waiting: Iterable[ReviewTrigger] | None = None) -> bool:
    """Set the day of the next review, and tell whether it moved. No other code writes this column.

    `waiting` are the open triggers of its vendor. They ask for nothing until both sides have signed, and never for a
    review before that day.
    """
    executed_on = agreement.executed_on
    if waiting is None:
        waiting = ReviewTrigger.objects.open().filter(vendor=agreement.vendor) if executed_on else ()
    asked = [each.due_on for each in waiting if agreement.uid not in each.read] if executed_on else []
    before = agreement.next_review_on
    agreement.next_review_on = due_with(agreement.regular_review_on, asked, not_before=executed_on)
    return agreement.next_review_on != before


def going_on(vendor: Vendor) -> list[Agreement]:
    """The vendor's agreements that ask for reviews, held until the action is done."""
    held = Agreement.objects.select_for_update(no_key=True, of=("self",)).filter(vendor=vendor)
    return list(held.going_on(vendor.practice.today()).executed().select_related("practice").order_by("id"))


def _answered(trigger: ReviewTrigger, agreements: list[Agreement]) -> bool:
    """Whether nothing is left to read for it; then it is put down as answered."""
    if not trigger.read or any(each.uid not in trigger.read for each in agreements):
        return False
    trigger.answered_by = Review.objects.filter(uid__in=trigger.read.values()).latest("pk")
    trigger.version += 1
    trigger.save(update_fields=["answered_by", "version"])
    return True
