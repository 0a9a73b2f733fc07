"""How an exposure is lived through: one table of moves, what each decision rests on, and what closing asks for. Pure.

A breach is presumed until a named person decides otherwise (45 CFR 164.402(2)); no number ever decides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from vendors.breach_clocks import HHS, HHS_LOG, MEDIA, PART2, PEOPLE, Clock


class ExposureState(StrEnum):
    REPORTED = "reported"
    ASSESSED = "assessed"
    DECIDED = "decided"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return _STATES[self][0]

    @property
    def tone(self) -> str:
        """The class of its pill."""
        return _STATES[self][1]


_STATES = {
    ExposureState.REPORTED: ("Reported, nobody looks into it yet", "failed"),
    ExposureState.ASSESSED: ("Being assessed: a breach is presumed", "failed"),
    ExposureState.DECIDED: ("Decided", "open"),
    ExposureState.CLOSED: ("Closed", "met"),
}

# Where each state leads. A decided or closed exposure is taken up again with a reason; its decision stays in history.
MOVES: dict[ExposureState, frozenset[ExposureState]] = {
    ExposureState.REPORTED: frozenset({ExposureState.ASSESSED}),
    ExposureState.ASSESSED: frozenset({ExposureState.DECIDED}),
    ExposureState.DECIDED: frozenset({ExposureState.CLOSED, ExposureState.ASSESSED}),
    ExposureState.CLOSED: frozenset({ExposureState.ASSESSED}),
}

#: its assessment can change
CHANGEABLE = frozenset({ExposureState.REPORTED, ExposureState.ASSESSED})

_REFUSALS = {
    ExposureState.REPORTED: "Take it on first: record when its use was stopped.",
    ExposureState.ASSESSED: "It is being assessed. Decide first.",
    ExposureState.DECIDED: "It is decided. To change something, take it up again with a reason.",
    ExposureState.CLOSED: "It is closed. To change something, take it up again with a reason.",
}


def refusal_to_move(state: ExposureState, to: ExposureState) -> str:
    """Why it cannot go from `state` to `to`, as the sentence a person reads; "" when it can."""
    return "" if to in MOVES[state] else _REFUSALS[state]


class Decision(StrEnum):
    """What a named person may decide. All but the first say that no notice is owed, and why."""

    BREACH = "breach"
    LOW = "low"
    NOT_PHI = "not_phi"
    SECURED = "secured"
    PERMITTED = "permitted"
    EXCLUSION = "exclusion"

    @property
    def label(self) -> str:
        return _DECISIONS[self][0]

    @property
    def cite(self) -> str:
        return _DECISIONS[self][1]

    @property
    def asks(self) -> str:
        """What has to be written down before somebody may decide so."""
        return _DECISIONS[self][2]


_DECISIONS = {
    Decision.BREACH: ("A breach: notices go out", "45 CFR 164.402", "Nothing has to be proved for it."),
    Decision.LOW: (
        "Low probability that the data was compromised",
        "45 CFR 164.402(2)",
        "All four factors must be written, and the four first questions answered.",
    ),
    Decision.NOT_PHI: (
        "It was not patient data", "45 CFR 160.103, 164.514(b)", "The first question must say so, with your reason.",
    ),
    Decision.SECURED: (
        "The data was secured", "45 CFR 164.402", "The second question must say so, with your reason.",
    ),
    Decision.PERMITTED: (
        "The rule permitted it", "45 CFR 164.402, 164.502(a)", "The third question must say so, with your reason.",
    ),
    Decision.EXCLUSION: (
        "One of the three exclusions applies",
        "45 CFR 164.402(1)",
        "The fourth question must say which, with your reason.",
    ),
}  # fmt: skip


class Exclusion(StrEnum):
    """The three exclusions of 164.402(1), in our words; `NONE` is what normally holds for an outside tool."""

    NONE = "none"
    WORKFORCE = "workforce"
    SAME_PLACE = "same_place"
    NOT_RETAINED = "not_retained"

    @property
    def label(self) -> str:
        return _EXCLUSIONS[self]


_EXCLUSIONS = {
    Exclusion.NONE: "None of them",
    Exclusion.WORKFORCE: "One of our own people saw it in good faith, within their work, and it went no further",
    Exclusion.SAME_PLACE: "Somebody here who may see such data passed it by mistake to another who may, and no further",
    Exclusion.NOT_RETAINED: "We believe in good faith that whoever got it could not have kept it",
}


@dataclass(frozen=True, slots=True)
class Factor:
    """One of the four factors: what it asks, and what to think of where the recipient was a tool with AI in it."""

    number: int
    title: str
    asks: str
    prompts: tuple[str, ...]
    cite: str


FACTORS = (
    Factor(
        1,
        "What data it was",
        "Which kinds of data, how sensitive, and how easily somebody could tell whose it is.",
        (
            "Were names, birth dates, addresses or telephone numbers in it?",
            "Diagnoses, trauma, substance use, minors, or the sound of a voice?",
            "Without a name: could what remains still point to one person?",
        ),
        "45 CFR 164.402(2)(i)",
    ),
    Factor(
        2,
        "Who got it",
        "Who used it or received it, and what binds them to keep it to themselves.",
        (
            "A personal account, or a business plan with terms of its own?",
            "Does HIPAA bind the company by itself, or any promise of confidentiality?",
            "Could its staff, contractors or sub-processors read it?",
        ),
        "45 CFR 164.402(2)(ii)",
    ),
    Factor(
        3,
        "Whether it was taken or seen",
        "Whether somebody really acquired or viewed it, or only could have.",
        (
            "A prompt that was sent is normally received and stored. Does anything show otherwise?",
            "Which logs did the vendor give you, and what do they show?",
            "Did it go into training, or into a queue that people review?",
        ),
        "45 CFR 164.402(2)(iii)",
    ),
    Factor(
        4,
        "How far the risk was reduced",
        "What was done afterwards, and how far one can rely on it.",
        (
            "Did you ask for deletion, and is it confirmed in writing?",
            "Were history and training switched off, and the account closed? On which day?",
            "Does an agreement signed later cover what they still hold?",
            "What a model has learned cannot be shown to be undone. Did it learn from this?",
        ),
        "45 CFR 164.402(2)(iv)",
    ),
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is written down so far: the answers to the four first questions, and the four narratives by number."""

    was_phi: str = ""
    was_unsecured: str = ""
    not_permitted: str = ""
    exclusion: str = ""
    reason: str = ""
    factors: Mapping[str, str] | None = None

    @property
    def unwritten(self) -> list[int]:
        """The factors that nobody has written yet."""
        written = self.factors or {}
        return [each.number for each in FACTORS if not written.get(str(each.number), "").strip()]


def refusal_to_decide(decision: Decision, of: Assessment) -> str:
    """Why nobody may decide so on what is written, as the sentence a person reads; "" when they may."""
    if decision is Decision.BREACH:
        return ""
    if decision is Decision.LOW:
        return _refusal_of_low(of)
    answered = {
        Decision.NOT_PHI: of.was_phi == "no",
        Decision.SECURED: of.was_unsecured == "no",
        Decision.PERMITTED: of.not_permitted == "no",
        Decision.EXCLUSION: of.exclusion not in ("", Exclusion.NONE),
    }[decision]
    if not answered:
        return f"What is written does not say so. {decision.asks}"
    return "" if of.reason.strip() else "Write down why, beside the four first questions."


def _refusal_of_low(of: Assessment) -> str:
    if of.unwritten:
        return f"Write all four factors first. Missing: {', '.join(map(str, of.unwritten))}."
    if "" in (of.was_phi, of.was_unsecured, of.not_permitted, of.exclusion):
        return "Answer the four first questions, too."
    return ""


def doubts_about(decision: Decision, of: Assessment, shown: Iterable[int]) -> list[str]:
    """What a person is warned of before they decide so; it stops nobody. `shown` are the factors with a document."""
    if decision is not Decision.LOW:
        return []
    doubts = []
    if "no" in (of.was_phi, of.was_unsecured, of.not_permitted) or of.exclusion not in ("", Exclusion.NONE):
        doubts.append(
            "An answer to the first questions says that this was no breach at all. Then another decision fits. "
            "If it is wrong, correct it first."
        )
    bare = [str(each.number) for each in FACTORS if each.number not in set(shown)]
    if bare:
        which = f"factor {bare[0]}" if len(bare) == 1 else f"factors {', '.join(bare)}"
        doubts.append(
            f"No document is linked under {which}. Your practice has to show why the probability is low "
            "(45 CFR 164.414(b)). Link what shows it."
        )
    return doubts


@dataclass(frozen=True, slots=True)
class Told:
    """Which notices are recorded, with their days; `media` by state."""

    people: date | None = None
    media: Mapping[str, date] | None = None
    hhs: date | None = None
    part2: date | None = None


def told_on(clock: Clock, told: Told) -> date | None:
    """The day on which this notice was made, or None. What the vendor owes the practice is not recorded here."""
    if clock.kind == MEDIA:
        return (told.media or {}).get(clock.state)
    return {PEOPLE: told.people, HHS: told.hhs, HHS_LOG: told.hhs, PART2: told.part2}.get(clock.kind)


def missing_to_close(
    decision: Decision, clocks: Iterable[Clock], told: Told, *, stopped: bool, counted: bool
) -> list[str]:
    """What still has to be recorded before it may be closed; empty when nothing is.

    A small breach may close while its entry is planned for the yearly log: it stays on the log until HHS is told.
    """
    missing = []
    if not stopped and decision not in (Decision.NOT_PHI, Decision.PERMITTED):
        missing.append("Record when its use was stopped.")
    if decision is not Decision.BREACH:
        return missing
    if not counted:
        missing.append("Take it up again, and count the people by state. The notices follow from their number.")
    clocks = list(clocks)
    owed = [each for each in clocks if each.last_on and each.kind in (PEOPLE, MEDIA, HHS, PART2)]
    on_log = any(each.last_on for each in clocks if each.kind == HHS_LOG)
    for clock in owed:
        waits = clock.kind == PART2 and on_log
        if clock.kind == MEDIA and not clock.state:  # which media, nobody can say: no notice answers it
            missing += [f"Take it up again, and count the people by state. {clock.why}"] if counted else []
        elif not waits and told_on(clock, told) is None:
            missing.append(f"Record the day of this notice: {_first_lower(clock.notice)}.")
    return missing


def _first_lower(words: str) -> str:
    return words if words.startswith("HHS") else words[0].lower() + words[1:]
