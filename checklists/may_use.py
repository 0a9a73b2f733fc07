"""“May I use this?” for one tool, answered from plain facts. Pure: no Django, no clock.

Yes only where a vendor is cleared, and the evaluation that was signed names the tool; and then with the data that were
marked when it was signed. Whatever is not known is no.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from vendors.kinds import StandingState

#: never, whatever the tool: they need a permission of their own (42 CFR 2.31(b), 45 CFR 164.508(a)(2))
NEVER = ("Counseling notes", "Psychotherapy notes")
PART2 = "Substance-use records"
PATIENT_DATA = "Patient data of any kind"
BEYOND = "Any patient data not named here"

#: what holds for every tool, also for one that is not listed
RULES = (
    (
        "Consumer tools and personal accounts: no.",
        "A free chatbot, a translation site, your own e-mail or phone app has no agreement with us.",
    ),
    (
        "Counseling notes and psychotherapy notes: never, in any tool.",
        "The law protects them more strictly than the rest of the record.",
    ),
    ("Not on the list: no.", "Propose it, and wait for the answer."),
)


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """What is known of one tool. Data are in words, for people.

    `named` says that the evaluation signed last names it; `cleared_data` and `cleared_part2` what was marked on it when
    that was submitted, and still is; `data` what is marked now. `holds_patient_data` and `in_use` are of today.
    `stopped` says why a person stopped its use, as a sentence; "" where nobody did.
    `failed` is the number of the requirement that stands in the way first, 0 for none, and `because` its first reason.
    `due` says that the clearance should have been looked at again by today.
    """

    name: str
    vendor: str
    state: StandingState
    named: bool
    data: tuple[str, ...] = ()
    cleared_data: tuple[str, ...] = ()
    part2: bool = False
    cleared_part2: bool = False
    holds_patient_data: bool = True
    in_use: bool = False
    failed: int = 0
    because: str = ""
    since: date | None = None
    changes_on: date | None = None
    due: bool = False
    stopped: str = ""
    remediated: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`word` is the answer, big; `yes` its sense, and `tone` the class of its colour and shape.

    `data` may go in, `never` may not; `why` says why it is no, or what is special. `until` is the day on which it may
    change by itself.
    """

    yes: bool
    word: str
    tone: str
    data: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    why: str = ""
    since: date | None = None
    until: date | None = None


#: the exception goes on every document (patient data came before the agreement)
REMEDIATED = "Cleared as remediated: patient data reached the vendor too early, and that was assessed and closed."

YES, WITHOUT, NO, CHECKED = "Yes", "Yes, but never with patient data", "No", "No, being checked"

SHORT = 20  # words

_FAILED = {
    1: "The vendor’s agreement or its answers are not in order.",
    2: "Nobody has shown where patient data goes.",
    3: "The vendor has not shown what its AI did, and when.",
    4: "It is not settled for substance-use records.",
    5: "Nobody has shown that a clinician approves what it writes.",
}


def answer_for(tool: ToolFacts) -> Answer:
    """The answer for one tool."""
    answer = ANSWERS[tool.state](tool)
    return _no(tool, tool.stopped) if tool.stopped and answer.yes else answer


def _cleared(tool: ToolFacts) -> Answer:
    if tool.due:
        return _no(tool, "Its clearance has to be looked at again today.", word=CHECKED)
    if not tool.named:
        if tool.in_use and not tool.holds_patient_data:
            return _without(tool, "No patient data reaches it, so nobody checked it for that.")
        return _no(tool, "The vendor is cleared, but this tool was not checked.", word=CHECKED)
    exception = REMEDIATED if tool.remediated else ""
    if not tool.cleared_data:
        return _without(tool, f"It was checked without patient data. {exception}".strip())
    newer = tuple(label for label in tool.data if label not in tool.cleared_data)
    never = ((PART2,) if not tool.cleared_part2 else ()) + newer + NEVER + (BEYOND,)
    grown = "What it may touch has grown since it was checked." if newer else ""
    why = f"{grown} {exception}".strip()
    data = tool.cleared_data + ((PART2,) if tool.cleared_part2 else ())
    return Answer(True, YES, "met", data, never, why, tool.since, tool.changes_on)


def _no_patient_data(tool: ToolFacts) -> Answer:
    if tool.due:
        return _no(tool, "Whether patient data reaches it is asked again today.", word=CHECKED)
    return _without(tool, "It was found that it needs no patient data.")


def _lapsed(tool: ToolFacts) -> Answer:
    return _no(tool, f"It was cleared once, and is not any more. {_reason(tool)}".strip())


def _stopped(tool: ToolFacts) -> Answer:
    return _no(tool, f"It was stopped. {_reason(tool)}".strip())


def _reason(tool: ToolFacts) -> str:
    """What stands in the way. Requirement 1 rests on many things, so there the reason itself is told if it is short."""
    if tool.failed == 1 and 0 < len(tool.because.split()) <= SHORT:
        return tool.because
    return _FAILED.get(tool.failed, "")


def _ended(tool: ToolFacts) -> Answer:
    return _no(tool, "We no longer work with this vendor.")


def _proposed(tool: ToolFacts) -> Answer:
    return _no(tool, "It was proposed. Nobody has checked it yet.", word=CHECKED)


def _in_evaluation(tool: ToolFacts) -> Answer:
    return _no(tool, "We are checking it. Nothing is signed yet.", word=CHECKED)


def _no(tool: ToolFacts, why: str, *, word: str = NO) -> Answer:
    return Answer(False, word, "open" if word == CHECKED else "failed", (), (), why, tool.since, None)


def _without(tool: ToolFacts, why: str) -> Answer:
    return Answer(True, WITHOUT, "without", (), (PATIENT_DATA,), why, tool.since, tool.changes_on)


#: every state has its answer
ANSWERS: dict[StandingState, Callable[[ToolFacts], Answer]] = {
    StandingState.PROPOSED: _proposed,
    StandingState.IN_EVALUATION: _in_evaluation,
    StandingState.CLEARED: _cleared,
    StandingState.LAPSED: _lapsed,
    StandingState.STOPPED: _stopped,
    StandingState.ENDED: _ended,
    StandingState.NO_PATIENT_DATA: _no_patient_data,
}
