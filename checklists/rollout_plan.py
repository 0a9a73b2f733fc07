"""The rollout of one tool as its page shows it: the six steps, each with its gate, its record and what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from checklists.facts import judge_evaluation
from checklists.links import address, words
from checklists.models import Evaluation
from checklists.rollout import (
    STEPS,
    GateFacts,
    Standing,
    Step,
    StepGate,
    gate_for,
    in_order,
    standing_of,
    summary,
    told_before,
)
from checklists.states import UNDER_WAY, EvaluationState
from checklists.verdict import Outcome, Verdict
from vendors.kinds import StandingState
from vendors.models import RolloutStep, Tool, Vendor
from vendors.topics import Topic

MOST_MISSING = 3


@dataclass(frozen=True)
class Missing:
    """One thing that keeps a gate shut, with the way to it."""

    sentence: str
    url: str
    where: str


@dataclass(frozen=True)
class Row:
    """One step of one tool. `record` is the one that counts, `earlier` those before it, or taken back."""

    step: Step
    gate: StepGate
    standing: Standing
    record: RolloutStep | None
    earlier: list[RolloutStep]
    missing: list[Missing]
    see: str
    more: int
    evaluation_uid: str


@dataclass(frozen=True)
class Plan:
    """The rollout of one tool."""

    tool: Tool
    rows: list[Row]

    @property
    def says(self) -> str:
        return summary([row.standing for row in self.rows])[0]

    @property
    def tone(self) -> str:
        return summary([row.standing for row in self.rows])[1]

    @property
    def done(self) -> int:
        return sum(row.standing.is_done for row in self.rows)


@dataclass(frozen=True)
class Judged:
    """What the gates of a vendor's tools are judged by: the evaluation that names a tool, with its verdict."""

    evaluation: Evaluation | None
    verdict: Verdict | None
    facts: GateFacts


def plan_of(tool: Tool, *, on: date) -> Plan:
    """The six steps of the tool on that day."""
    judged = judged_for(tool, on=on)
    records = list(tool.rollout_steps.select_related("done_by", "taken_back_by", "evidence__file"))
    return Plan(tool, [_row(step, tool, judged, records, on) for step in STEPS])


def gate_on(tool: Tool, number: int, *, on: date) -> StepGate:
    """The gate of one step of the tool on that day."""
    gate = gate_for(STEPS[number - 1], judged_for(tool, on=on).facts)
    return in_order(number, _done(tool.rollout_steps.all())) if gate.open else gate


def judged_for(tool: Tool, *, on: date) -> Judged:
    """By the signed evaluation if it names the tool, else by the one under way."""
    named = tool.evaluations.defer("snapshot").select_related("vendor__practice")
    last = tool.vendor.evaluations.filter(state=EvaluationState.SIGNED).first()
    signed = named.filter(pk=last.pk).first() if last else None
    chosen = signed or named.filter(state__in=UNDER_WAY).first()
    exempt = not tool.holds_patient_data
    if chosen is None:
        return Judged(None, None, GateFacts({}, exempt=exempt))
    verdict = judge_evaluation(chosen, on=on)
    standing = getattr(tool.vendor, "standing", None)
    stands = standing is not None and standing.state == StandingState.CLEARED
    facts = GateFacts(
        requirements={each.number: each.state for each in verdict.requirements},
        signed=signed is not None,
        cleared=signed is not None and verdict.outcome is Outcome.CLEARED and stands,
        exempt=exempt,
    )
    return Judged(chosen, verdict, facts)


def _row(step: Step, tool: Tool, judged: Judged, records: list[RolloutStep], on: date) -> Row:
    own = [each for each in records if each.step == step.number]
    standing_ones = [each for each in own if each.taken_back_on is None]
    record = standing_ones[-1] if standing_ones else None
    gate = gate_for(step, judged.facts)
    before = frozenset() if gate.open else told_before(step, gate)
    missing = [] if gate.open or before >= set(gate.shut_by) > set() else _missing(gate, tool, judged, before)
    if gate.open and record is None:
        gate = in_order(step.number, _done(records))
    return Row(
        step=step,
        gate=gate,
        standing=standing_of(
            gate=gate,
            done=record is not None,
            next_on=record.next_on if record else None,
            stopped=record is not None and record.decision == "stop",
            on=on,
        ),
        record=record,
        earlier=[each for each in reversed(own) if each is not record],
        missing=missing[:MOST_MISSING],
        see=f"See steps 2 to {step.number - 1}" if before else "",
        more=max(len(missing) - MOST_MISSING, 0),
        evaluation_uid=judged.evaluation.uid if judged.evaluation else "",
    )


def _done(records: Iterable[RolloutStep]) -> set[int]:
    """The steps on record that nobody took back."""
    return {each.step for each in records if each.taken_back_on is None}


def _missing(gate: StepGate, tool: Tool, judged: Judged, before: frozenset[int]) -> list[Missing]:
    """What would open the gate, worst first; each thing once. Not what the steps before tell of requirements."""
    if judged.evaluation is None or judged.verdict is None:
        url = reverse("checklists:vendor", args=[tool.vendor.uid]) + "#evaluations"
        return [Missing(gate.why, url, "Evaluations")]
    uid = judged.evaluation.uid
    shut = [each for each in judged.verdict.requirements if each.number in gate.shut_by and each.number not in before]
    blocking = [finding for each in shut for finding in each.findings if finding.state.severity]
    found = {(each.target, each.sentence): each for each in sorted(blocking, key=lambda each: -each.state.severity)}
    told = [
        Missing(
            f"{each.sentence} {each.change}".strip(),
            address(each.target, vendor=tool.vendor, evaluation_uid=uid),
            words(each.target),
        )
        for each in found.values()
    ]
    return told or [Missing(gate.why, reverse("checklists:evaluation", args=[uid]), "The evaluation")]


def topic(vendor: Vendor, on: date) -> Topic | None:
    """The vendor's line about the rollout of its tools: the tool that asks for something first."""
    tools = [tool for tool in vendor.tools.all() if tool.retired_on is None or tool.retired_on > on]
    begun = set(RolloutStep.objects.standing().filter(tool__in=tools).values_list("tool_id", flat=True))
    if not tools or vendor.ended_on:
        return None
    if not begun:
        return Topic("Rollout, step by step", reverse("checklists:rollout", args=[tools[0].uid]), "Not begun")
    plans = [plan_of(tool, on=on) for tool in tools if tool.pk in begun]
    first = min(plans, key=lambda plan: ({"failed": 0, "open": 1, "": 2}.get(plan.tone, 3), plan.tool.name))
    url = reverse("checklists:rollout", args=[first.tool.uid])
    return Topic("Rollout, step by step", url, f"{first.tool.name}: {first.says}", first.tone)
