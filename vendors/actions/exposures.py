"""What people write down of an exposure before anybody decides: the report, the stop, the facts, the four factors."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Max

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Membership, Person, Practice
from practice_vetting.core.templatetags.wording import day as day_in_words
from vendors.actions.triggers import raise_trigger
from vendors.exposure_states import CHANGEABLE, FACTORS, ExposureState, refusal_to_move
from vendors.kinds import TriggerKind
from vendors.models import Evidence, Exposure, ExposureEvidence, Tool, Vendor
from vendors.standing import rejudge

#: our policy, not the rule's: a longer delay would keep every clock silent, so it is asked for anew
LONGEST_DELAY = timedelta(days=365)


@action("exposure.reported", says="reported the")
def report_exposure(
    *,
    vendor: Vendor,
    by: Person,
    what_happened: str,
    began_on: date,
    discovered_on: date,
    last_on: date | None = None,
    tool: Tool | None = None,
    found_how: str = "reported",
    form_id: str | None = None,
) -> Exposure:
    """Record that patient data may have reached a vendor that should not have it. It makes a review due today.

    Whoever may not assess it has it taken on by somebody who may. Raises Refused for days that cannot be.
    """
    home = Vendor.objects.select_for_update(no_key=True, of=("self",)).select_related("practice").get(pk=vendor.pk)
    practice = Practice.objects.select_for_update(no_key=True).get(
        pk=home.practice_id
    )  # two reports take turns at the number
    last = Exposure.objects.of(practice).aggregate(last=Max("number"))["last"] or 0
    exposure = Exposure(
        practice=practice, vendor=home, number=last + 1, reported_by=by, tool=tool, found_how=found_how,
        what_happened=what_happened.strip(), began_on=began_on, last_on=last_on, discovered_on=discovered_on,
        state=ExposureState.ASSESSED if _may_assess(practice, by) else ExposureState.REPORTED, form_id=form_id,
    )  # fmt: skip
    if tool:
        exposure.data_kinds, exposure.part2 = list(tool.data_classes), tool.part2
    _refuse_what_cannot_be(exposure)
    exposure.save(force_insert=True)
    ledger.record(exposure, vendor=home.uid, began_on=began_on, discovered_on=discovered_on, found_how=found_how)
    raise_trigger(
        vendor=home, by=by, kind_of=TriggerKind.INCIDENT, on=discovered_on, due_on=practice.today(), tool=tool,
        what=f"Exposure {exposure.label} was reported.", source=f"exposure:{exposure.uid}",
    )  # fmt: skip
    rejudge(home)
    return exposure


@action("exposure.stopped", says="recorded that its use was stopped:")
def stop_exposure(*, exposure: Exposure, by: Person, version: int, stopped_on: date, stopped_how: str) -> Exposure:
    """Record since when no more patient data reaches the tool, and how. Whoever does it has taken the exposure on.

    It may be recorded late, after the decision, but not anew: a person signed over that day. Raises Stale, or Refused
    for a closed one and impossible days.
    """
    current = locked(exposure, version)
    if current.stage not in CHANGEABLE and (current.stopped_on or current.stage is ExposureState.CLOSED):
        raise Refused(refusal_to_move(current.stage, ExposureState.DECIDED))
    if not stopped_how.strip():
        raise Refused("Say how it was stopped.", field="stopped_how")
    current.stopped_on, current.stopped_how = stopped_on, stopped_how.strip()
    if current.stage is ExposureState.REPORTED:
        current.state = ExposureState.ASSESSED
    _refuse_what_cannot_be(current)
    _save(current, "stopped_on", "stopped_how", "state")
    ledger.record(current, stopped_on=stopped_on)
    rejudge(current.vendor)
    return current


@action("exposure.changed", says="changed the")
def change_exposure(*, exposure: Exposure, by: Person, version: int, **changes: Any) -> Exposure:
    """Change what is known of it: days, people, kinds of data, a delay, the questions that come first.

    `changes` are columns of vendors.Exposure. Raises Stale, or Refused once it is decided and for what cannot be.
    """
    current = changeable(exposure, version)
    changed = sorted(name for name, value in changes.items() if getattr(current, name) != value)
    for name in changed:
        setattr(current, name, changes[name])
    _refuse_what_cannot_be(current)
    if current.stage is ExposureState.REPORTED:
        current.state = ExposureState.ASSESSED
    _save(current, *changed, "state")
    ledger.record(current, changed=changed)
    rejudge(current.vendor)
    return current


@action("exposure.factor_written", says="wrote a factor of the")
def write_factor(
    *, exposure: Exposure, by: Person, version: int, number: int, narrative: str, evidence: Iterable[Evidence] = ()
) -> Exposure:
    """Keep the narrative of one of the four factors (164.402(2)) and the documents under it. No number is kept.

    Raises Stale, or Refused once it is decided, or for a document of another vendor or one that was set aside.
    """
    current = changeable(exposure, version)
    if number not in {each.number for each in FACTORS}:
        raise Refused("There are four factors. Choose one of them.")
    under = {each.evidence_id: each for each in current.evidence.filter(factor=number)}
    chosen = {each.pk: each for each in evidence}
    for each in chosen.values():
        if each.vendor_id != current.vendor_id:
            raise Refused("This document belongs to another vendor.", field="evidence")
        if each.pk not in under and not each.is_usable:
            raise Refused("This document was set aside. Choose another.", field="evidence")
    current.factors = {**current.factors, str(number): narrative.strip()}
    current.state = ExposureState.ASSESSED
    _save(current, "factors", "state")
    for gone in under.keys() - chosen.keys():
        under[gone].delete()
    for new in chosen.keys() - under.keys():
        ExposureEvidence(practice=current.practice, exposure=current, factor=number, evidence=chosen[new]).save()
    ledger.record(current, factor=number, evidence=[str(each) for each in chosen.values()])
    rejudge(current.vendor)
    return current


def locked(exposure: Exposure, version: int) -> Exposure:
    """The exposure's row, locked. Raises Stale when it is no longer the version that the person saw."""
    rows = Exposure.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "practice", "vendor__practice", "tool"
    )
    current: Exposure = rows.get(pk=exposure.pk)
    if current.version != version:
        raise Stale(current)
    return current


def changeable(exposure: Exposure, version: int) -> Exposure:
    """The same while nobody has decided. Raises Refused afterwards: what was decided over stays as it was."""
    current = locked(exposure, version)
    if current.stage not in CHANGEABLE:
        raise Refused(refusal_to_move(current.stage, ExposureState.REPORTED))
    return current


def _save(exposure: Exposure, *names: str) -> None:
    exposure.version += 1
    exposure.save(update_fields=[*names, "version"])


def _may_assess(practice: Practice, by: Person) -> bool:
    members = Membership.objects.of(practice).active(practice.today()).filter(person=by)
    return any(each.may("record") for each in members)


def _refuse_what_cannot_be(exposure: Exposure) -> None:
    """Refuse the first thing that does not fit together, beside its field."""
    if exposure.tool and exposure.tool.vendor_id != exposure.vendor_id:
        raise Refused("This tool belongs to another vendor.", field="tool")
    _refuse_days(exposure, exposure.practice.today())
    _refuse_counts(exposure.people, exposure.residents)
    if exposure.delay_kind and not exposure.delay_asked_on:
        raise Refused("Write on which day the official asked for it.", field="delay_asked_on")
    if exposure.delay_kind == "written" and not exposure.delay_until:
        raise Refused("A written statement says until when. Write that day.", field="delay_until")


def _refuse_days(exposure: Exposure, today: date) -> None:
    days = ("began_on", "last_on", "discovered_on", "vendor_discovered_on", "stopped_on", "delay_asked_on")
    for field in days:
        if (day := getattr(exposure, field)) and day > today:
            raise Refused("This day is still to come. Write a day that has come.", field=field)
    for field in ("last_on", "discovered_on", "vendor_discovered_on", "stopped_on"):
        if (day := getattr(exposure, field)) and day < exposure.began_on:
            raise Refused("This is before the first day of it. Check both dates.", field=field)
    if exposure.delay_until and exposure.delay_asked_on and exposure.delay_until < exposure.delay_asked_on:
        raise Refused("This is before the day on which the official asked. Check both dates.", field="delay_until")
    if exposure.delay_until and exposure.delay_asked_on:
        _refuse_long_delay(exposure.delay_asked_on, exposure.delay_until)


def _refuse_long_delay(asked_on: date, until: date) -> None:
    if until - asked_on > LONGEST_DELAY:
        last = day_in_words(asked_on + LONGEST_DELAY)
        raise Refused(
            f"Write a day up to {last}, a year after the official asked. If it must last longer, ask again then.",
            field="delay_until",
        )


def _refuse_counts(people: int | None, residents: Mapping[str, int]) -> None:
    counted = sum(residents.values())
    if people is not None and counted > people:
        raise Refused(f"The states add up to {counted:,}, more than all people together.", field="people")
