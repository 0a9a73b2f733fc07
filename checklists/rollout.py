"""The six steps by which a tool comes into use, and the gate of each. Pure: no Django, no clock.

Steps 1 and 2 have a footing in a rule; the order of all six is good practice, and no rule asks for it. A gate is open
when what it rests on is met on that day; a step whose gate is shut is not recorded.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from checklists.rules.findings import State
from practice_vetting.core.basis import Basis

PILOT, DECISION = 5, 6


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what to do, what shows that it was done, and on what it rests.

    Its gate are the `requirements`; with `all_pass` the signed evaluation has to be cleared as a whole.
    """

    number: int
    title: str
    what: str
    shows: str
    basis: Basis
    source: str = ""
    requirements: tuple[int, ...] = ()
    all_pass: bool = False


STEPS = (
    Step(
        1,
        "Map where patient data goes",
        "Draw each flow of data, and say of each task whether it needs no patient data, office data, clinical data or "
        "substance-use records.",
        "The map of data flows, agreed by a named person. Talks about a contract come after it.",
        Basis.RULE,
        "45 CFR 164.308(a)(1)(ii)(A), risk analysis",
    ),
    Step(
        2,
        "Sign the contracts",
        "Sign the agreement, with the Part 2 rider where it applies, and read it clause by clause.",
        "The agreement signed by both sides, and every clause read.",
        Basis.RULE,
        "45 CFR 164.502(e)(2), written contract",
        (1, 4),
    ),
    Step(
        3,
        "See the controls",
        "Have the vendor show who has access, how data are encrypted, and an export of the log.",
        "Screens, settings or a sample export that you looked at yourselves.",
        Basis.BEST_PRACTICE,
        "",
        (3,),
    ),
    Step(
        4,
        "Settle review by people, and consent",
        "Try that nothing enters the chart unsigned. Get the consent forms ready that Part 2 or your state asks for.",
        "The sign-off test, and the consent forms in use.",
        Basis.BEST_PRACTICE,
        "",
        (4, 5),
    ),
    Step(
        PILOT,
        "Run a narrow pilot",
        "Begin with office tasks of low risk, few people and a set end. Say beforehand what would stop it.",
        "Scope, dates, users, what would stop it; and no incidents, or each one handled.",
        Basis.BEST_PRACTICE,
        "",
        (),
        True,
    ),
    Step(
        DECISION,
        "Measure, read the logs, and decide",
        "Read the audit log, compare with what you hoped for, and decide: expand, or stop. Again each year.",
        "The record of the log review, and a decision with a name.",
        Basis.BEST_PRACTICE,
        "",
        (),
        True,
    ),
)


def step_of(number: int) -> Step:
    """The step with this number; KeyError when there is none."""
    return {step.number: step for step in STEPS}[number]


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the gates look at on a day.

    `requirements` tells how each stands in the evaluation that names the tool; it is empty when none does. `signed`
    and `cleared` are of the signed one. `exempt` says that no patient data reaches the tool, so that no gate holds it.
    """

    requirements: Mapping[int, State]
    signed: bool = False
    cleared: bool = False
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class StepGate:
    """Whether the step may be recorded; if not, `why` says it in a sentence and `shut_by` names the requirements."""

    open: bool
    why: str = ""
    shut_by: tuple[int, ...] = ()


OPEN = StepGate(True)


def gate_for(step: Step, facts: GateFacts) -> StepGate:
    """The gate of a step."""
    if facts.exempt or not (step.requirements or step.all_pass):
        return OPEN
    if not facts.requirements:
        return StepGate(False, "No evaluation names this tool yet. Start one, or add the tool to it.")
    asked = step.requirements or tuple(facts.requirements)
    shut_by = tuple(number for number in asked if not _passes(facts.requirements.get(number)))
    if shut_by:
        return StepGate(False, f"Not yet: {_listed(shut_by)} not met.", shut_by)
    if step.all_pass and not facts.signed:
        return StepGate(False, "Not yet: the evaluation is not signed yet.")
    if step.all_pass and not facts.cleared:
        return StepGate(False, "Not yet: the vendor is not cleared for this tool.")
    return OPEN


def told_before(step: Step, gate: StepGate) -> frozenset[int]:
    """The requirements that keep this gate shut and of which the steps before tell all there is to say."""
    if not step.all_pass:
        return frozenset()
    earlier = STEPS[: step.number - 1]
    told = {number for each in earlier for number in (gate.shut_by if each.all_pass else each.requirements)}
    return frozenset(told & set(gate.shut_by))


def in_order(number: int, done: Collection[int]) -> StepGate:
    """Pilot and decision come after every step before them (our policy)."""
    waits = [each.number for each in STEPS if each.number < number and each.number not in done]
    if number < PILOT or not waits:
        return OPEN
    named = f"step {waits[0]}" if len(waits) == 1 else f"steps {', '.join(map(str, waits[:-1]))} and {waits[-1]}"
    return StepGate(False, f"Record {named} first. That is our policy.")


def _passes(state: State | None) -> bool:
    return state in (State.MET, State.NOT_APPLICABLE)


def _listed(numbers: tuple[int, ...]) -> str:
    if len(numbers) == 1:
        return f"requirement {numbers[0]} is"
    return f"requirements {', '.join(map(str, numbers[:-1]))} and {numbers[-1]} are"


class Standing(StrEnum):
    """Where a step is."""

    DONE = "done"
    SHUT_SINCE = "shut_since"
    DUE_AGAIN = "due_again"
    STOPPED = "stopped"
    READY = "ready"
    SHUT = "shut"

    @property
    def label(self) -> str:
        return _LABELS[self][0]

    @property
    def tone(self) -> str:
        """The class of its pill."""
        return _LABELS[self][1]

    @property
    def is_done(self) -> bool:
        """Whether it was done, whatever became of its gate."""
        return self in (Standing.DONE, Standing.SHUT_SINCE, Standing.DUE_AGAIN, Standing.STOPPED)


_LABELS = {
    Standing.DONE: ("Done", "met"),
    Standing.SHUT_SINCE: ("Done, but not met now", "failed"),
    Standing.DUE_AGAIN: ("Due again", "open"),
    Standing.STOPPED: ("Decided: stop", "failed"),
    Standing.READY: ("Not done yet", "open"),
    Standing.SHUT: ("Cannot be recorded yet", "plain"),
}


def standing_of(*, gate: StepGate, done: bool, next_on: date | None, stopped: bool, on: date) -> Standing:
    """Where a step is on that day. `next_on` is the day on which it is due again, `stopped` a decision to stop."""
    if not done:
        return Standing.READY if gate.open else Standing.SHUT
    if stopped:
        return Standing.STOPPED
    if not gate.open:
        return Standing.SHUT_SINCE
    return Standing.DUE_AGAIN if next_on is not None and next_on <= on else Standing.DONE


def summary(standings: list[Standing]) -> tuple[str, str]:
    """How a rollout stands in a few words, and the class of its pill."""
    if Standing.STOPPED in standings:
        return "Decided: stop", "failed"
    if Standing.SHUT_SINCE in standings:
        return "Not met now", "failed"
    if Standing.DUE_AGAIN in standings:
        return "Its yearly decision is due", "open"
    done = sum(each.is_done for each in standings)
    return f"{done} of {len(standings)} steps done", "met" if done == len(standings) else ""
