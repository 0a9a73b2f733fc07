"""What makes a review due before its year is over: raised by a person, or by what the product found."""

from datetime import date

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.models import Person
from vendors.kinds import TriggerKind
from vendors.models import Agreement, ReviewTrigger, Tool, Vendor
from vendors.standing import rejudge


@action("trigger.raised", says="raised a reason for a review:")
def raise_trigger(
    *,
    vendor: Vendor,
    by: Person | None,
    kind_of: TriggerKind,
    on: date,
    what: str,
    due_on: date | None = None,
    tool: Tool | None = None,
    source: str = "",
    form_id: str | None = None,
) -> ReviewTrigger:
    """Make the review of each of the vendor's agreements due by `due_on`, the day `on` itself when it is left out.

    `source` names the fact that the product found it from: the same fact gives back the trigger that is there.
    """
    vendor = Vendor.objects.select_for_update(of=("self",)).select_related("practice").get(pk=vendor.pk)
    if source and (known := vendor.triggers.filter(source=source).first()):
        ledger.record(known, known=True)
        return known
    trigger = ReviewTrigger(
        practice=vendor.practice, vendor=vendor, kind_of=kind_of, on=on, due_on=due_on or on, what=what.strip(),
        tool=tool, noticed_by=by, source=source, form_id=form_id,
    )  # fmt: skip
    trigger.save(force_insert=True)
    moved = [each.uid for each in _going_on(vendor) if _bring_forward(each, trigger.due_on)]
    ledger.record(trigger, vendor=vendor.uid, on=on, due_on=trigger.due_on, agreements=moved)
    rejudge(vendor)
    return trigger


def _going_on(vendor: Vendor) -> list[Agreement]:
    """The agreements that ask for reviews, held until the action is done."""
    standing = Agreement.objects.select_for_update(of=("self",)).filter(vendor=vendor, ended_on=None)
    return [each for each in standing.order_by("id") if each.executed_on]


def _bring_forward(agreement: Agreement, due_on: date) -> bool:
    if agreement.next_review_on is not None and agreement.next_review_on <= due_on:
        return False
    agreement.next_review_on = due_on
    agreement.version += 1
    agreement.save(update_fields=["next_review_on", "version"])
    return True
