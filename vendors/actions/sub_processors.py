"""What a person can do with the companies behind a vendor: add one, change it, record that it is no longer named."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from practice_vetting.core.models.record import write_together
from vendors.actions.triggers import raise_trigger
from vendors.company_names import identity
from vendors.kinds import TriggerKind
from vendors.models import Agreement, SubProcessor, Tool, Vendor
from vendors.standing import rejudge


def add_sub_processor(
    *, vendor: Vendor, by: Person, tools: Iterable[Tool] = (), is_news: bool = False, form_id: str | None = None,
    **facts: Any,
) -> SubProcessor:  # fmt: skip
    """Add one company behind the vendor. `is_news` says that the vendor changed: the review is due today."""
    companies = [{"form_id": form_id, **facts}]
    return add_sub_processors(vendor=vendor, by=by, companies=companies, tools=tools, is_news=is_news)[0]


@action("subprocessor.added", says="added the sub-processor")
def add_sub_processors(
    *, vendor: Vendor, by: Person, companies: Iterable[Mapping[str, Any]], tools: Iterable[Tool] = (),
    is_news: bool = False, in_list: bool = False,
) -> list[SubProcessor]:  # fmt: skip
    """Add companies behind the vendor, each with an entry of its own.

    `in_list` says, here and below, that they are of a list: its caller holds the vendor, has compared the names, and
    judges the vendor once in the end. Raises Refused when the vendor has ended, names one already, or a day is still
    to come.
    """
    home = vendor if in_list else locked_vendor(vendor)
    if home.ended_on:
        raise Refused("This vendor has ended. Take it up again before you add a sub-processor.")
    many = [SubProcessor(practice=home.practice, vendor=home, **facts) for facts in companies]
    for added in many:
        _refuse_what_cannot_be(added, in_list=in_list)
    write_together(many)
    for added in many:
        if tools:
            added.tools.set(tools)
        ledger.record(added, role=added.role_of, gets=added.gets_patient_data, covered=added.covered, since=added.since)
    if not in_list:
        _tell(many[0], by, is_news, f"New: {', '.join(added.name for added in many)}.")
    return many


@action("subprocessor.changed", says="changed the sub-processor")
def change_sub_processor(
    *, subprocessor: SubProcessor, by: Person, version: int, is_news: bool = False, in_list: bool = False,
    **changes: Any,
) -> SubProcessor:  # fmt: skip
    """Change what is known of it. Raises Stale when somebody else was first, Refused for what cannot be."""
    current = subprocessor if in_list else locked(subprocessor, version)
    tools = changes.pop("tools", None)
    changed = sorted(name for name, value in changes.items() if getattr(current, name) != value)
    before = {name: getattr(current, name) for name in changed}
    for name in changed:
        setattr(current, name, changes[name])
    _refuse_what_cannot_be(current, in_list=in_list)
    current.version += 1
    current.save(update_fields=[*changed, "version"])
    if tools is not None and set(tools) != set(current.tools.all()):
        current.tools.set(tools)
        changed.append("tools")
    ledger.record(current, changed=changed, before=before)
    if not in_list:
        _tell(current, by, is_news, f"Changed: {current.name}.")
    return current


def end_sub_processor(
    *, subprocessor: SubProcessor, by: Person, version: int, removed_on: date, is_news: bool = False
) -> SubProcessor:
    """Record `removed_on`, the first day on which the vendor no longer names it. Raises Stale or Refused."""
    ended = {subprocessor: removed_on}
    return end_sub_processors(ended=ended, by=by, version=version, is_news=is_news)[0]


@action("subprocessor.ended", says="recorded as no longer named the sub-processor")
def end_sub_processors(
    *, ended: Mapping[SubProcessor, date], by: Person, version: int | None = None, is_news: bool = False,
    in_list: bool = False,
) -> list[SubProcessor]:  # fmt: skip
    """Record of each company the first day on which the vendor no longer names it, each with an entry of its own.

    `version` is the one that the person saw of a single company. Raises Stale or Refused.
    """
    many = []
    for given, removed_on in ended.items():
        current = given if in_list or version is None else locked(given, version)
        if current.removed_on is not None:
            raise Refused("The vendor no longer names it already.")
        current.removed_on = removed_on
        _refuse_what_cannot_be(current)
        current.version += 1
        many.append(current)
    write_together(many, columns=["removed_on", "version"])
    for current in many:
        ledger.record(current, removed_on=current.removed_on)
    if not in_list:
        _tell(many[0], by, is_news, f"No longer named: {many[0].name}.")
    return many


def is_signed(vendor: Vendor) -> bool:
    """Whether both sides have signed an agreement that is not over: then whoever is new behind it is news."""
    signed = Agreement.objects.filter(vendor=vendor, practice_signed_on__isnull=False, vendor_signed_on__isnull=False)
    return bool(signed.going_on(vendor.practice.today()).exists())


def locked_vendor(vendor: Vendor) -> Vendor:
    """The vendor's row, held: who adds, brings in or confirms at the same moment waits."""
    return Vendor.objects.select_for_update(no_key=True, of=("self",)).select_related("practice").get(pk=vendor.pk)


def locked(sub: SubProcessor, version: int) -> SubProcessor:
    """The row, and its vendor before it. Raises Stale when it is no longer the version that the person saw."""
    locked_vendor(sub.vendor)
    rows = SubProcessor.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "vendor__practice", "practice"
    )
    current: SubProcessor = rows.get(pk=sub.pk)
    if current.version != version:
        raise Stale(current)
    return current


def _refuse_what_cannot_be(sub: SubProcessor, *, in_list: bool = False) -> None:
    today = sub.practice.today()
    for field in ("since", "removed_on"):
        day = getattr(sub, field)
        if day and day > today:
            raise Refused("This day is still to come. Record it when it has come.", field=field)
    if sub.removed_on and sub.removed_on < sub.since:
        raise Refused("The vendor did not name it yet on this day. Check both dates.", field="removed_on")
    if not in_list and sub.removed_on is None and (twin := _twin(sub)):
        raise Refused(f"{sub.vendor.name} names “{twin}” already. Change that row.", field="name")


def _twin(sub: SubProcessor) -> str:
    others = sub.vendor.sub_processors.standing().exclude(pk=sub.pk)
    if sub.form_id:
        others = others.exclude(form_id=sub.form_id)
    return next((each.name for each in others if identity(each.name) == identity(sub.name)), "")


def _tell(sub: SubProcessor, by: Person, is_news: bool, what: str) -> None:
    today = sub.practice.today()
    if is_news:
        raise_trigger(vendor=sub.vendor, by=by, kind_of=TriggerKind.SUB_PROCESSOR, on=today, what=what)
    rejudge(sub.vendor)
