"""What people do with an agreement: record it, send it, sign it, change it, end it. It is never deleted."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, TypedDict, Unpack

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from practice_vetting.core.templatetags.wording import day
from vendors.actions import review_days, versions
from vendors.agreement_states import Act, AgreementState, may, refusal, state_of
from vendors.deadlines import a_year_after, problems
from vendors.kinds import ReviewFinding
from vendors.models import Agreement, Evidence, Review, Tool, Vendor
from vendors.review_points import asks_everything
from vendors.standing import rejudge

_REVIEW_DAYS = ("regular_review_on", "next_review_on")


class Facts(TypedDict, total=False):
    """What a person can say of an agreement. `next_review_on` is the regular day: None means in a year.

    What changed meanwhile can make the review due earlier (vendors.actions.review_days).
    """

    kind_of: str
    vendor_party: str
    plan: str
    environments: list[str]
    sent_on: date | None
    practice_signed_on: date | None
    vendor_signed_on: date | None
    effective_on: date | None
    ends_on: date | None
    next_review_on: date | None
    evidence: Evidence | None
    amends: Agreement | None
    tools: Iterable[Tool]


@action("agreement.recorded", says="recorded the")
def record_agreement(
    *, vendor: Vendor, by: Person, form_id: str | None = None, replaces: Agreement | None = None, **facts: Unpack[Facts]
) -> Agreement:
    """Record an agreement; a new version of `replaces`, when that is given.

    Raises Refused for impossible dates, for a tool or file of another vendor, and for a version that cannot be.
    """
    vendor = Vendor.objects.select_for_update(no_key=True).get(pk=vendor.pk)
    if vendor.ended_on is not None:
        raise Refused(f"You ended your work with {vendor.name}, so no agreement can be added.")
    agreement = Agreement(practice=vendor.practice, vendor=vendor, form_id=form_id)
    if replaces is not None:
        agreement.replaces = locked(replaces, act=Act.RENEW)
        versions.refuse(agreement.replaces, kind_of=facts.get("kind_of", agreement.kind_of))
    tools = _take(agreement, facts)
    agreement.save(force_insert=True)
    agreement.tools.set(tools or [])
    told = versions.settle(vendor, agreement)
    review_days.settle(vendor)
    ledger.record(agreement, tools=_names(tools), **told)
    rejudge(vendor)
    return agreement


@action("agreement.changed", says="changed the")
def change_agreement(*, agreement: Agreement, by: Person, version: int, **facts: Unpack[Facts]) -> Agreement:
    """Change what is known of an agreement. Raises Stale when somebody else was first, or Refused."""
    current = locked(agreement, version)
    before = {name: getattr(current, name) for name in {*facts, *_REVIEW_DAYS} - {"tools"}}
    tools = _take(current, facts)
    changed = [name for name, value in before.items() if getattr(current, name) != value]
    current.version += 1
    current.save(update_fields=[*changed, "version"])
    if tools is not None and {tool.pk for tool in tools} != {tool.pk for tool in current.tools.all()}:
        current.tools.set(tools)
        changed.append("tools")
    told = versions.settle(current.vendor, current)
    review_days.settle(current.vendor)
    ledger.record(current, changed=sorted(changed), tools=_names(current.tools.all()), **told)
    rejudge(current.vendor)
    return current


@action("agreement.sent", says="sent out for signature the")
def send_agreement(*, agreement: Agreement, by: Person, version: int, on: date) -> Agreement:
    """Say that the agreement went to the vendor for signature. Raises Stale, or Refused when it went or is signed."""
    current = locked(agreement, version, act=Act.SEND)
    if on > current.practice.today():
        raise Refused("This day has not come yet. Choose today or a day before.", field="on")
    current.sent_on = on
    current.version += 1
    current.save(update_fields=["sent_on", "version"])
    ledger.record(current, on=on)
    rejudge(current.vendor)
    return current


@action("agreement.signed", says="recorded the signatures under the")
def sign_agreement(*, agreement: Agreement, by: Person, version: int, **facts: Unpack[Facts]) -> Agreement:
    """Record who signed and when, and from when to when it is in force.

    Raises Stale when somebody else was first, Refused without any signature, or when both had signed before.
    """
    current = locked(agreement, version, act=Act.SIGN)
    _take(current, facts)
    signed = (current.practice_signed_on, current.vendor_signed_on)
    if not any(signed):
        raise Refused("Write the day on which at least one side signed.", field="practice_signed_on")
    current.version += 1
    current.save(update_fields=[*facts, *_REVIEW_DAYS, "version"])
    told = versions.settle(current.vendor, current)
    review_days.settle(current.vendor)
    ledger.record(current, by_practice_on=signed[0], by_vendor_on=signed[1], **told)
    rejudge(current.vendor)
    return current


@action("agreement.ended", says="ended the")
def end_agreement(*, agreement: Agreement, by: Person, version: int, on: date, reason: str) -> Agreement:
    """End an agreement: `on` is the first day on which it no longer counts, today or before.

    What amends it ends with it. Raises Stale when somebody else changed it first, Refused when it is over, for a day
    that cannot be, or without a reason.
    """
    current = locked(agreement, version, act=Act.END)
    if on > current.practice.today():
        raise Refused("This day has not come yet. Put a coming end into “In force until” on the agreement.", field="on")
    signed = [day for day in (current.practice_signed_on, current.vendor_signed_on) if day]
    if signed and on < max(signed):
        raise Refused("It cannot end before it was signed.", field="on")
    if not reason.strip():
        raise Refused("Say why it ended.", field="reason")
    _end(current, on, reason.strip())
    with_it = [each for each in current.amendments.order_by("id") if may(state_of(each.dates, on=on), Act.END)]
    for each in with_it:
        _end(each, max(on, each.executed_on or on), f"The agreement that it amends ended: {reason.strip()}"[:1000])
    told = versions.settle(current.vendor, current)
    review_days.settle(current.vendor)
    if with_it:
        told["with_it"] = [each.uid for each in with_it]
    ledger.record(current, on=on, reason=current.end_reason, **told)
    rejudge(current.vendor)
    return current


def _end(agreement: Agreement, on: date, reason: str) -> None:
    agreement.ended_on, agreement.end_reason = on, reason
    agreement.version += 1
    agreement.save(update_fields=["ended_on", "end_reason", "version"])


def locked(agreement: Agreement, version: int | None = None, *, act: Act | None = None) -> Agreement:
    """The agreement as it is now, held with all others of its vendor until the action is done.

    Raises Stale when it is no longer the version that the person saw, Refused when a person ended it, or when its state
    does not allow the act.
    """
    held = (
        Agreement.objects.select_for_update(no_key=True, of=("self",))
        .filter(vendor_id=agreement.vendor_id)
        .order_by("id")
    )
    current = next(each for each in held.select_related("vendor", "practice") if each.pk == agreement.pk)
    if version is not None and current.version != version:
        raise Stale(current)
    state = state_of(current.dates, on=current.practice.today())
    if current.ended_on is not None and act is not Act.RENEW:
        raise Refused(refusal(AgreementState.ENDED, Act.END))
    if act and (why := refusal(state, act)):
        raise Refused(why)
    return current


def _take(agreement: Agreement, facts: Facts) -> list[Tool] | None:
    """Put the facts on the agreement, and give back its tools when they are among them. Raises Refused."""
    columns: dict[str, Any] = {**facts}
    before = agreement.evidence_id
    tools = columns.pop("tools", None)
    agreement.regular_review_on = columns.pop("next_review_on", agreement.regular_review_on)
    for name, value in columns.items():
        setattr(agreement, name, value)
    if agreement.regular_review_on is None:
        agreement.regular_review_on = _default_review(agreement)
    dates = replace(agreement.dates, next_review_on=agreement.regular_review_on)
    for name, sentence in problems(dates, today=agreement.practice.today()).items():
        raise Refused(sentence, field=name)
    limit = _limit(agreement)
    if limit and agreement.regular_review_on and agreement.regular_review_on > limit:
        sentence = f"The last review found that something must change. Look again by {day(limit)}, or earlier."
        raise Refused(sentence, field="next_review_on")
    review_days.set_next(agreement)
    if agreement.evidence is not None and agreement.evidence.vendor_id != agreement.vendor_id:
        raise Refused("This file belongs to another vendor.", field="evidence")
    if columns.get("evidence") and agreement.evidence_id != before and not columns["evidence"].is_usable:
        raise Refused("This file was set aside, because patient data may be in it. Choose another.", field="evidence")
    versions.refuse_amending(agreement)
    if tools is None:
        return None
    tools = list(tools)
    if any(tool.vendor_id != agreement.vendor_id for tool in tools):
        raise Refused("One of these tools belongs to another vendor.", field="tools")
    return tools


def _default_review(agreement: Agreement) -> date | None:
    """A year after all of it was last read: by a review, or when the later side signed it. See `_limit`."""
    reviews = Review.objects.filter(agreement=agreement) if agreement.pk else ()
    whole = (each.on for each in reviews if asks_everything(point["key"] for point in each.points))
    read_on = next(whole, agreement.executed_on)
    yearly = read_on and a_year_after(read_on)
    return min(filter(None, (yearly, _limit(agreement))), default=None)


def _limit(agreement: Agreement) -> date | None:
    """The last day for the next review while what the last one found has to change."""
    last = Review.objects.filter(agreement=agreement).first() if agreement.pk else None
    return last.next_review_on if last and last.finding == ReviewFinding.CHANGES else None


def _names(tools: Iterable[Tool] | None) -> list[str]:
    return sorted(tool.name for tool in tools or [])
