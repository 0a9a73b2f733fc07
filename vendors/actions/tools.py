"""What a person can do with a tool: add, change, retire."""

from datetime import date
from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from vendors.actions.no_patient_data import withdraw_no_patient_data
from vendors.actions.triggers import tool_gained
from vendors.exposures import unassessed
from vendors.kinds import DataClass
from vendors.models import Tool, Vendor
from vendors.standing import rejudge


@action("tool.added", says="added the tool")
def add_tool(*, vendor: Vendor, by: Person, form_id: str | None = None, **facts: Any) -> Tool:
    """Add a tool to a vendor, in use already or not. `facts` are columns of vendors.Tool.

    Raises Refused when the vendor has ended, the name is taken, or dates and data do not fit together.
    """
    home = Vendor.objects.select_for_update(no_key=True).get(pk=vendor.pk)
    if home.ended_on:
        raise Refused("This vendor has ended. Take it up again before you add a tool.")
    tool = Tool(practice=home.practice, vendor=home, form_id=form_id, **facts)
    _refuse_twin(tool)
    _refuse_what_cannot_be(tool)
    if tool.in_use_since and tool.data_classes and not tool.use_reason:
        raise Refused("Say why it is in use before its vendor was cleared.", field="use_reason")
    tool.save()
    ledger.record(tool, in_use_since=tool.in_use_since, reason=tool.use_reason)
    _judge_again(tool, by)
    return tool


@action("tool.changed", says="changed the tool")
def change_tool(*, tool: Tool, by: Person, version: int, why_later: str = "", **changes: Any) -> Tool:
    """Change what is known of a tool. Its first use is recorded at its gate, not here.

    A tool that touches more, or has AI in it now, is a reason to review the agreements of its vendor. `why_later` says
    why patient data came later than recorded, where nobody assessed the days before. Raises Stale when somebody else
    was first, Refused when the facts do not fit together.
    """
    current = locked(tool, version)
    later = "first_phi_on" in changes and is_later(current, changes["first_phi_on"])
    if later and not why_later.strip():
        raise Refused("Say why this day was wrong: patient data were there before an agreement.", field="why_later")
    if changes.get("in_use_since") and current.in_use_since is None:
        raise Refused("Go through the checklist to mark this tool as in use.", field="in_use_since")
    if current.in_use_since and "in_use_since" in changes and changes["in_use_since"] is None:
        raise Refused("It was in use, and the record has to say since when.", field="in_use_since")
    changed = sorted(name for name, value in changes.items() if getattr(current, name) != value)
    first_day = current.first_phi_on
    before = (set(current.data_classes), current.part2, current.has_ai)
    for name in changed:
        setattr(current, name, changes[name])
    _refuse_twin(current)
    _refuse_what_cannot_be(current)
    current.version += 1
    current.save(update_fields=[*changed, "version"])
    reason: dict[str, Any] = {"first_phi_was": first_day, "reason": why_later.strip()} if later else {}
    ledger.record(current, changed=changed, **reason)
    _tell_what_it_gained(current, *before, by=by)
    _judge_again(current, by)
    return current


@action("tool.retired", says="retired the tool")
def retire_tool(*, tool: Tool, by: Person, version: int, retired_on: date, reason: str = "") -> Tool:
    """Record `retired_on`, the first day without the tool. Raises Stale or Refused."""
    current = locked(tool, version)
    if current.retired_on is not None:
        raise Refused("This tool is retired already.")
    current.retired_on = retired_on
    _refuse_what_cannot_be(current)
    current.version += 1
    current.save(update_fields=["retired_on", "version"])
    ledger.record(current, retired_on=retired_on, reason=reason)
    rejudge(current.vendor)
    return current


def locked(tool: Tool, version: int) -> Tool:
    """The tool's row, locked. Raises Stale when it is no longer the version that the person saw."""
    current = Tool.objects.select_for_update(no_key=True).get(pk=tool.pk)
    if current.version != version:
        raise Stale(current)
    return current


def is_later(tool: Tool, day: date | None) -> bool:
    """Whether that first day of patient data takes away days that stood without an agreement, and nobody assessed."""
    was = tool.first_phi_on
    if was is None or (day and day <= was):
        return False
    return any(early.tool.pk == tool.pk for early in unassessed(tool.vendor, tool.practice.today()))


def _tell_what_it_gained(tool: Tool, data: set[str], part2: bool, ai: bool, *, by: Person) -> None:
    more = [DataClass(each).label.lower() for each in tool.data_classes if each not in data]
    tool_gained(tool, by=by, data=more, part2=tool.part2 and not part2, ai=tool.has_ai and not ai)


def _judge_again(tool: Tool, by: Person) -> None:
    """Judge the vendor; what was found about "no patient data" falls when the tool says otherwise."""
    vendor = tool.vendor
    if vendor.no_patient_data_on and tool.holds_patient_data:
        vendor = withdraw_no_patient_data(vendor=vendor, by=by)
    rejudge(vendor)


def _refuse_twin(tool: Tool) -> None:
    """Refuse a name that the vendor has already. The same form sent twice is no twin of its own."""
    twins = tool.vendor.tools.exclude(pk=tool.pk).alias(key=Lower("name")).filter(key=Lower(Value(tool.name)))
    if tool.form_id:
        twins = twins.exclude(form_id=tool.form_id)
    if twin := twins.first():
        raise Refused(f"{tool.vendor.name} has a tool called “{twin.name}” already.", field="name")


def _refuse_what_cannot_be(tool: Tool) -> None:
    """Refuse the first thing that does not fit together, beside its field."""
    today = tool.practice.today()
    for field in ("in_use_since", "first_phi_on", "retired_on"):
        day = getattr(tool, field)
        if day and day > today:
            raise Refused("This day is still to come. Record it when it has come.", field=field)
    if not tool.data_classes and (tool.part2 or tool.first_phi_on):
        raise Refused("Mark which patient data it touches, too.", field="data_classes")
    if tool.retired_on and tool.last_start and tool.retired_on < tool.last_start:
        raise Refused("It was in use on this day. Check both dates.", field="retired_on")
