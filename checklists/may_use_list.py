"""The answers of “May I use this?” for every tool of a practice, from its rows, in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from checklists.may_use import Answer, ToolFacts, answer_for
from checklists.models import Evaluation
from checklists.states import EvaluationState
from practice_vetting.core.models import Membership, Practice
from practice_vetting.core.roles import Role
from vendors.kinds import DataClass, StandingState
from vendors.models import Exposure, RolloutStep, Standing, Tool
from vendors.models.rollout import DECISION, STOP

_PART2_REQUIREMENT = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One tool with its answer."""

    tool: Tool
    answer: Answer


@dataclass(frozen=True, slots=True)
class Marked:
    """What was marked on a tool when its evaluation was submitted: DataClass values, and Part 2."""

    data: frozenset[str]
    part2: bool


def lines_of(practice: Practice, *, on: date, named: str = "") -> list[Line]:
    """Every tool that is not retired on that day, by name; with `named` those in whose or whose vendor's name it is."""
    tools = list(_tools(practice, on, named).select_related("vendor__standing"))
    signed = _signed(practice, {tool.vendor_id for tool in tools})
    marked, stopped = _marked(practice, signed.values()), _stopped(practice, tools)
    facts = [(tool, _facts(tool, signed.get(tool.vendor_id), marked, on)) for tool in tools]
    return [Line(tool, answer_for(replace(each, stopped=stopped.get(tool.pk, "")))) for tool, each in facts]


def officers_of(practice: Practice) -> list[str]:
    """Whom to ask: the names of the compliance officers, or of the owners where there are none."""
    members = Membership.objects.of(practice).active(practice.today()).filter(role__in=[Role.OFFICER, Role.OWNER])
    found = list(members.order_by("person__name").values_list("role", "person__name"))
    return [name for role, name in found if role == Role.OFFICER] or [name for _, name in found]


def _tools(practice: Practice, on: date, named: str) -> QuerySet[Tool]:
    tools = Tool.objects.of(practice).filter(Q(retired_on=None) | Q(retired_on__gt=on))
    if named:
        tools = tools.filter(Q(name__icontains=named) | Q(vendor__name__icontains=named))
    found: QuerySet[Tool] = tools.order_by("name", "vendor__name", "pk")
    return found


def _signed(practice: Practice, vendors: set[int]) -> dict[int, Evaluation]:
    """Vendor -> its evaluation that was signed last, with the keys of its tools."""
    rows = Evaluation.objects.of(practice).filter(state=EvaluationState.SIGNED, vendor__in=vendors)
    rows = rows.only("vendor_id", "state", "started_on", "submitted_at").prefetch_related(
        Prefetch("tools", Tool.objects.only("pk"))
    )
    found: dict[int, Evaluation] = {}
    for each in rows:  # the newest first
        found.setdefault(each.vendor_id, each)
    return found


def _marked(practice: Practice, signed: Iterable[Evaluation]) -> dict[tuple[int, int], Marked]:
    """(evaluation, tool) -> what history tells was marked on the tool when that evaluation was submitted."""
    scope = {tool.pk: each for each in signed for tool in each.tools.all()}
    rows = Tool.history.filter(practice_id=practice.pk, id__in=scope).order_by("history_id")
    found: dict[tuple[int, int], Marked] = {}
    for key, at, data, part2 in rows.values_list("id", "history_date", "data_classes", "part2"):
        evaluation = scope[key]
        if evaluation.submitted_at and at <= evaluation.submitted_at:
            found[evaluation.pk, key] = Marked(frozenset(data), part2)
    return found


def _stopped(practice: Practice, tools: Iterable[Tool]) -> dict[int, str]:
    """Tool -> why its use is stopped: an open exposure of it or of its whole vendor, or the newest decision."""
    exposures = Exposure.objects.of(practice).open().defer("snapshot").order_by("number")
    of_tools = {each.tool_id: each for each in exposures if each.tool_id}
    of_vendors = {each.vendor_id: each for each in exposures if each.tool_id is None}
    steps = RolloutStep.objects.of(practice).standing().filter(step=DECISION).order_by("done_on", "pk")
    decided = dict(steps.values_list("tool_id", "decision"))  # the newest stands
    found = {}
    for tool in tools:
        if exposure := of_tools.get(tool.pk) or of_vendors.get(tool.vendor_id):
            found[tool.pk] = f"Exposure {exposure.label} is open: patient data may have gone astray."
        elif decided.get(tool.pk) == STOP:
            found[tool.pk] = "Its rollout was decided: stop."
    return found


def _facts(tool: Tool, signed: Evaluation | None, marked: dict[tuple[int, int], Marked], on: date) -> ToolFacts:
    standing = getattr(tool.vendor, "standing", None) or Standing(state=StandingState.PROPOSED)
    then = marked.get((signed.pk, tool.pk)) if signed else None
    still = [value for value in tool.data_classes if then and value in then.data]
    first: dict[str, Any] = next(iter(standing.reasons), {"requirement": 0, "sentence": ""})
    part2_met = any(
        each["number"] == _PART2_REQUIREMENT and each["state"] == "met" for each in standing.seals
    )  # set aside by a memo, it was judged without such records
    return ToolFacts(
        name=tool.name,
        vendor=tool.vendor.name,
        state=StandingState(standing.state),
        named=then is not None,
        data=tuple(tool.data_labels),
        cleared_data=tuple(DataClass(value).label for value in still),
        part2=tool.part2,
        cleared_part2=bool(then and then.part2 and tool.part2 and part2_met),
        holds_patient_data=tool.holds_patient_data,
        in_use=tool.is_in_use(on),
        failed=first["requirement"],
        because=first["sentence"],
        since=standing.since,
        changes_on=standing.changes_on,
        remediated=standing.remediated,
        due=standing.changes_on is not None and standing.changes_on <= on,
    )
