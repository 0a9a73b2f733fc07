"""What people do with an agreement: record it, change it, end it. It is never deleted."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypedDict, Unpack

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from vendors.deadlines import a_year_after, problems
from vendors.models import Agreement, Evidence, Review, Tool, Vendor
from vendors.standing import rejudge


class Facts(TypedDict, total=False):
    """What a person can say of an agreement. `next_review_on` left out or None means in a year."""

    kind_of: str
    vendor_party: str
    plan: str
    practice_signed_on: date | None
    vendor_signed_on: date | None
    effective_on: date | None
    ends_on: date | None
    next_review_on: date | None
    evidence: Evidence | None
    tools: Iterable[Tool]


@action("agreement.recorded", says="recorded the")
def record_agreement(*, vendor: Vendor, by: Person, form_id: str | None = None, **facts: Unpack[Facts]) -> Agreement:
    """Record an agreement. Raises Refused for impossible dates, or for a tool or file of another vendor."""
    vendor = Vendor.objects.select_for_update().get(pk=vendor.pk)
    if vendor.ended_on is not None:
        raise Refused(f"You ended your work with {vendor.name}, so no agreement can be added.")
    agreement = Agreement(practice=vendor.practice, vendor=vendor, form_id=form_id)
    tools = _take(agreement, facts)
    agreement.save(force_insert=True)
    agreement.tools.set(tools or [])
    ledger.record(agreement, tools=_names(tools))
    rejudge(vendor)
    return agreement


@action("agreement.changed", says="changed the")
def change_agreement(*, agreement: Agreement, by: Person, version: int, **facts: Unpack[Facts]) -> Agreement:
    """Change what is known of an agreement. Raises Stale when somebody else was first, or Refused."""
    current = locked(agreement, version)
    before = {name: getattr(current, name) for name in {*facts, "next_review_on"} - {"tools"}}
    tools = _take(current, facts)
    changed = [name for name, value in before.items() if getattr(current, name) != value]
    current.version += 1
    current.save(update_fields=[*changed, "version"])
    if tools is not None and {tool.pk for tool in tools} != {tool.pk for tool in current.tools.all()}:
        current.tools.set(tools)
        changed.append("tools")
    ledger.record(current, changed=sorted(changed), tools=_names(current.tools.all()))
    rejudge(current.vendor)
    return current


@action("agreement.ended", says="ended the")
def end_agreement(*, agreement: Agreement, by: Person, version: int, on: date, reason: str) -> Agreement:
    """End an agreement: `on` is the first day on which it no longer counts, today or before.

    Raises Stale when somebody else changed it first, Refused when it has ended, for a day that cannot be, or
    without a reason.
    """
    current = locked(agreement, version)
    if on > current.practice.today():
        raise Refused("This day has not come yet. Put a coming end into “In force until” on the agreement.", field="on")
    signed = [day for day in (current.practice_signed_on, current.vendor_signed_on) if day]
    if signed and on < max(signed):
        raise Refused("It cannot end before it was signed.", field="on")
    if not reason.strip():
        raise Refused("Say why it ended.", field="reason")
    current.ended_on, current.end_reason = on, reason.strip()
    current.version += 1
    current.save(update_fields=["ended_on", "end_reason", "version"])
    ledger.record(current, on=on, reason=current.end_reason)
    rejudge(current.vendor)
    return current


def locked(agreement: Agreement, version: int | None = None) -> Agreement:
    """The agreement as it is now, held until the action is done.

    Raises Stale when it is no longer the version that the person saw, Refused when it has ended.
    """
    found = Agreement.objects.select_for_update(of=("self",)).select_related("vendor", "practice")
    current = found.get(pk=agreement.pk)
    if version is not None and current.version != version:
        raise Stale(current)
    if current.ended_on is not None:
        raise Refused("This agreement has ended, so its record stays as it is. Record the new agreement instead.")
    return current


def _take(agreement: Agreement, facts: Facts) -> list[Tool] | None:
    """Put the facts on the agreement, and give back its tools when they are among them. Raises Refused."""
    columns: dict[str, Any] = {**facts}
    before = agreement.evidence_id
    tools = columns.pop("tools", None)
    for name, value in columns.items():
        setattr(agreement, name, value)
    if agreement.next_review_on is None:
        agreement.next_review_on = _default_review(agreement)
    for name, sentence in problems(agreement.dates, today=agreement.practice.today()).items():
        raise Refused(sentence, field=name)
    if agreement.evidence is not None and agreement.evidence.vendor_id != agreement.vendor_id:
        raise Refused("This file belongs to another vendor.", field="evidence")
    if columns.get("evidence") and agreement.evidence_id != before and not columns["evidence"].is_usable:
        raise Refused("This file was set aside, because patient data may be in it. Choose another.", field="evidence")
    if tools is None:
        return None
    tools = list(tools)
    if any(tool.vendor_id != agreement.vendor_id for tool in tools):
        raise Refused("One of these tools belongs to another vendor.", field="tools")
    return tools


def _default_review(agreement: Agreement) -> date | None:
    """A year after it was last read: by a review, or when the later side signed it."""
    last = Review.objects.filter(agreement=agreement).first() if agreement.pk else None
    read_on = last.on if last else agreement.executed_on
    return read_on and a_year_after(read_on)


def _names(tools: Iterable[Tool] | None) -> list[str]:
    return sorted(tool.name for tool in tools or [])
