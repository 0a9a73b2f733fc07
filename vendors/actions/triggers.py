"""What makes a review due before its year is over: raised by a person, or by what the product found."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person, Practice
from practice_vetting.core.states import STATES
from vendors.actions.review_days import going_on, settle
from vendors.kinds import TriggerKind
from vendors.models import Agreement, ReviewTrigger, Tool, Vendor
from vendors.review_points import FOR_ALL
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
    vendor = Vendor.objects.select_for_update(no_key=True, of=("self",)).select_related("practice").get(pk=vendor.pk)
    if source and (known := vendor.triggers.filter(source=source).first()):
        ledger.record(known, known=True)
        return known
    trigger = ReviewTrigger(
        practice=vendor.practice, vendor=vendor, kind_of=kind_of, on=on, due_on=due_on or on, what=what.strip(),
        tool=tool, noticed_by=by, source=source, form_id=form_id,
    )  # fmt: skip
    trigger.save(force_insert=True)
    moved = settle(vendor)
    ledger.record(trigger, vendor=vendor.uid, on=on, due_on=trigger.due_on, agreements=moved)
    rejudge(vendor)
    return trigger


@action("trigger.reported", says="reported what changed:")
def report_change(
    *, vendor: Vendor, by: Person, kind_of: str, on: date, what: str, all_vendors: bool = False, form_id: str = ""
) -> ReviewTrigger:
    """What a person knows of makes the review due today, for this vendor or, for law and states, for every one.

    Raises Refused for a vendor that has ended, a day to come, no words, or `all_vendors` with any other kind.
    """
    today = vendor.practice.today()
    if vendor.ended_on is not None and vendor.ended_on <= today:
        raise Refused(f"You ended your work with {vendor.name}, so there is nothing to review.")
    if on > today:
        raise Refused("This day has not come yet. Record it when it has come.", field="on")
    if not what.strip():
        raise Refused("Say what changed.", field="what")
    if all_vendors and kind_of not in FOR_ALL:
        raise Refused("Only a changed law or a new state concerns all vendors at once.", field="all_vendors")
    facts: dict[str, Any] = {"by": by, "kind_of": TriggerKind(kind_of), "on": on, "what": what, "due_on": today}
    trigger = raise_trigger(vendor=vendor, form_id=form_id or None, **facts)
    others = _reviewed(vendor.practice).exclude(pk=vendor.pk) if all_vendors else []
    for other in others:
        raise_trigger(vendor=other, **facts)
    ledger.record(trigger, all_vendors=all_vendors, others=len(others))
    return trigger


@action("trigger.set_aside", says="set aside a reason for a review:")
def set_aside_trigger(*, trigger: ReviewTrigger, by: Person, version: int, reason: str) -> ReviewTrigger:
    """Say that no review is needed, and why. The next review is due when it would have been without it.

    Raises Stale when somebody else was first, Refused when it is answered or without a reason.
    """
    current = (
        ReviewTrigger.objects.select_for_update(no_key=True, of=("self",))
        .select_related("vendor__practice")
        .get(pk=trigger.pk)
    )
    if current.answered_by_id or current.set_aside_at:
        raise Refused("This is done already. Load the page again to see how.")
    if current.version != version:
        raise Stale(current)
    if not reason.strip():
        raise Refused("Say why no review is needed.", field="reason")
    current.set_aside_at, current.set_aside_by, current.set_aside_reason = clock.now(), by, reason.strip()
    current.version += 1
    current.save(update_fields=["set_aside_at", "set_aside_by", "set_aside_reason", "version"])
    moved = settle(current.vendor)
    ledger.record(current, vendor=current.vendor.uid, reason=current.set_aside_reason, agreements=moved)
    rejudge(current.vendor)
    return current


def states_added(practice: Practice, *, by: Person | None, states: Iterable[str]) -> None:
    """Patients live in more states now: each vendor with an agreement is looked at again (settings.STATES_ADDED)."""
    names, today = dict(STATES), practice.today()
    told = ", ".join(names.get(state, state) for state in states)
    for vendor in _reviewed(practice):
        raise_trigger(
            vendor=vendor, by=by, kind_of=TriggerKind.STATE, on=today, what=f"You have patients in {told} now.",
            source=f"practice:{practice.version}",
        )  # fmt: skip


def tool_gained(tool: Tool, *, by: Person | None, data: Iterable[str], part2: bool, ai: bool) -> None:
    """A tool touches more than its vendor was judged by. Where nothing is signed yet, there is nothing to review."""
    if not going_on(tool.vendor):
        return
    more = [*data, *(["substance-use records (Part 2)"] if part2 else [])]
    today = tool.practice.today()
    facts: dict[str, Any] = {"vendor": tool.vendor, "by": by, "on": today, "tool": tool}
    if more:
        what = f"{tool.name} touches more patient data now: {', '.join(more)}."
        source = f"tool:{tool.uid}:{tool.version}:data"
        raise_trigger(kind_of=TriggerKind.DATA_CLASS, what=what, source=source, **facts)
    if ai:
        source = f"tool:{tool.uid}:{tool.version}:ai"
        raise_trigger(kind_of=TriggerKind.MODEL, what=f"AI is in {tool.name} now.", source=source, **facts)


def _reviewed(practice: Practice) -> Any:
    """The vendors of the practice with an agreement that both sides signed and that has not ended."""
    signed = Agreement.objects.of(practice).going_on(practice.today()).executed()
    return Vendor.objects.of(practice).filter(ended_on=None, pk__in=signed.values("vendor")).order_by("pk")
