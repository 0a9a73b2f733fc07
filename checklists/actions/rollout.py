"""The steps of a tool's rollout: recorded when their gate is open, and taken back with a reason."""

from datetime import date
from typing import Any

from checklists.rollout import DECISION, PILOT, step_of
from checklists.rollout_plan import gate_on
from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from vendors.deadlines import a_year_after
from vendors.models import RolloutStep, Tool
from vendors.models.rollout import STOP


@action("rollout.done", says="recorded as done")
def record_step(
    *, tool: Tool, by: Person, step: int, done_on: date, note: str, form_id: str | None = None, **facts: Any
) -> RolloutStep:
    """Record a step as done. `facts` are the columns of RolloutStep that steps 5 and 6 have beside it.

    Step 6 is done anew each year; the next is due a year later, unless the decision was to stop.
    Raises Refused while its gate is shut, unless to stop; for a step that is done, and for dates that cannot be.
    """
    current = (
        Tool.objects.select_for_update(no_key=True, of=("self",)).select_related("vendor", "practice").get(pk=tool.pk)
    )
    _refuse_what_cannot_be(current, step, done_on, form_id)
    if facts.get("decision") != STOP:  # it is never too early to stop
        _refuse_shut_gate(current, step)
    if step == PILOT:
        _refuse_pilot(done_on, facts)
    row = RolloutStep(practice=current.practice, tool=current, step=step, done_on=done_on, done_by=by, form_id=form_id)
    row.note = note.strip()
    for name, value in facts.items():
        setattr(row, name, value)
    if step == DECISION and row.decision != STOP:
        row.next_on = a_year_after(done_on)
    row.save(force_insert=True)
    ledger.record(row, on=done_on, title=step_of(step).title, decision=row.decision, next_on=row.next_on)
    return row


@action("rollout.taken_back", says="took back")
def take_back_step(*, rolloutstep: RolloutStep, by: Person, version: int, reason: str) -> RolloutStep:
    """Take a step back that was recorded in error, or has to be done again. It stays on file. Raises Stale, Refused."""
    current = (
        RolloutStep.objects.select_for_update(no_key=True, of=("self",))
        .select_related("tool", "practice")
        .get(pk=rolloutstep.pk)
    )
    if current.version != version:
        raise Stale(current)
    if current.taken_back_on is not None:
        raise Refused("This step was taken back already.")
    current.taken_back_on, current.taken_back_by = current.practice.today(), by
    current.taken_back_reason = reason.strip()
    current.version += 1
    current.save(update_fields=["taken_back_on", "taken_back_by", "taken_back_reason", "version"])
    ledger.record(current, reason=current.taken_back_reason)
    return current


def _refuse_what_cannot_be(tool: Tool, step: int, done_on: date, form_id: str | None) -> None:
    today = tool.practice.today()
    if tool.retired_on or tool.vendor.ended_on:
        raise Refused("This tool or its vendor has ended. Take it up again before you go on.")
    if done_on > today:
        raise Refused("This day is still to come. Record the step when it is done.", field="done_on")
    same = RolloutStep.objects.standing().filter(tool=tool, step=step)
    same = same.exclude(form_id=form_id) if form_id else same  # the same form sent twice is no second record
    if step != DECISION and same.exists():
        raise Refused("This step is done already. Take it back first if it has to be done again.")
    if step == DECISION and same.filter(done_on__gte=done_on).exists():
        raise Refused("A decision of this day or a later one is on file. Check the day.", field="done_on")


def _refuse_shut_gate(tool: Tool, step: int) -> None:
    gate = gate_on(tool, step, on=tool.practice.today())
    if not gate.open:
        raise Refused(f"This step cannot be recorded yet. {gate.why}")


def _refuse_pilot(done_on: date, facts: dict[str, Any]) -> None:
    if facts["pilot_until"] < facts["pilot_from"]:
        raise Refused("The pilot cannot end before it begins. Check both days.", field="pilot_until")
    if facts["pilot_until"] > done_on:
        raise Refused("The pilot was not over on the day of this step. Check both days.", field="pilot_until")
    if facts["incidents"] and not facts["incidents_handled"].strip():
        raise Refused("Say how each incident was handled. Until then this step is not done.", field="incidents_handled")
