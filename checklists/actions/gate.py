"""Marking a tool as in use: cleared, or because it is true all the same."""

from datetime import date

from checklists.gate import gate_of
from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Person
from vendors.actions.tools import is_later, locked
from vendors.models import Tool
from vendors.standing import rejudge


@action("tool.put_in_use", says="marked as in use the tool")
def put_in_use(
    *,
    tool: Tool,
    by: Person,
    version: int,
    in_use_since: date,
    first_phi_on: date | None = None,
    use_reason: str = "",
    known: bool = False,
) -> Tool:
    """Record the first day of a tool's use, and the first day of patient data in it if there was one.

    While not every point of the checklist is proven for a tool with patient data, `use_reason` says why it is in use,
    and `known` that the person knows that it will be shown. Raises Stale, or Refused.
    """
    current = locked(tool, version)
    _refuse_what_cannot_be(current, in_use_since, first_phi_on)
    if first_phi_on and is_later(current, first_phi_on):
        raise Refused("An earlier day is on record. Correct it on the tool, and say why.", field="first_phi_on")
    gate = gate_of(current, on=current.practice.today())
    if gate.needs_reason and not use_reason.strip():
        raise Refused("Say why it is in use before everything is proven.", field="use_reason")
    if gate.needs_reason and not known:
        raise Refused("Mark that you know how this will be shown.", field="known")
    current.in_use_since, current.use_reason = in_use_since, use_reason if gate.needs_reason else ""
    current.first_phi_on = first_phi_on or current.first_phi_on
    current.version += 1
    current.save(update_fields=["in_use_since", "first_phi_on", "use_reason", "version"])
    ledger.record(
        current,
        in_use_since=in_use_since,
        first_phi_on=current.first_phi_on,
        reason=current.use_reason,
        cleared=gate.cleared,
        not_proven=[each.item.code for each in gate.items if not each.proven],
    )
    rejudge(current.vendor)
    return current


def _refuse_what_cannot_be(tool: Tool, in_use_since: date, first_phi_on: date | None) -> None:
    today = tool.practice.today()
    if tool.in_use_since:
        raise Refused("This tool is marked as in use already.")
    if tool.retired_on or tool.vendor.ended_on:
        raise Refused("This tool or its vendor has ended. Take it up again before you use it.")
    for field, day in (("in_use_since", in_use_since), ("first_phi_on", first_phi_on)):
        if day and day > today:
            raise Refused("This day is still to come. Record it when it has come.", field=field)
    if first_phi_on and not tool.holds_patient_data:
        raise Refused("Mark first on the tool which patient data it touches.", field="first_phi_on")
