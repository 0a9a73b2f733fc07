"""What a review asks: everything once a year, else only what may have changed. Pure: no Django, no clock.

45 CFR 164.308(a)(8) asks for a fresh look "in response to environmental or operational changes", 164.316(b)(2)(iii) for
one from time to time. Neither names these points nor a year: both are good practice, the 30 days are our policy.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from practice_vetting.core.basis import Basis, Citation, public_address
from vendors.deadlines import REVIEW_ASKED_AHEAD, a_year_after
from vendors.kinds import TriggerKind

#: an agreement's end is told so many days ahead (good practice), and its review is due half-way
TERM_TOLD_AHEAD = timedelta(days=60)
TERM_REVIEWED_AHEAD = timedelta(days=30)
#: what a review finds that must change is looked at again within so many days (our policy)
CHANGES_WITHIN = timedelta(days=30)

_EVALUATION = "45 CFR 164.308(a)(8)"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that is asked: `says` is what was true, so that a person answers whether it is still so."""

    key: str
    title: str
    says: str
    look_at: str
    citations: tuple[str, ...] = (_EVALUATION,)
    basis: Basis = Basis.BEST_PRACTICE

    @property
    def links(self) -> tuple[Citation, ...]:
        """What it rests on, with the public addresses where that can be read."""
        return tuple(Citation(label, public_address(label)) for label in self.citations)


POINTS = (
    Point("sub_processors", "Sub-processors", "The same companies stand behind the vendor.",
          "Compare the vendor’s list of today with yours.", ("45 CFR 164.502(e)(1)(ii)", _EVALUATION)),
    Point("model", "AI", "The AI is the same: its model, its provider, its version and its features.",
          "Ask the vendor, and read its release notes."),
    Point("data", "Patient data", "The same tools get the same kinds of patient data.",
          "Compare the tools on record with what your people do."),
    Point("coverage", "What it covers", "The agreement covers each tool and plan that you use.",
          "Compare the tools you use with those it names.", ("45 CFR 164.504(e)(1)",)),
    Point("clauses", "Clauses", "Its clauses say what was found when they were read.",
          "Read it again where the text, the law or your use of it changed.", ("45 CFR 164.504(e)(2)",)),
    Point("terms", "Terms", "The vendor’s terms and privacy policy take nothing back that the agreement gives.",
          "Read both as they stand today."),
    Point("states", "States", "Your patients live in the same states.",
          "Some states ask for more, such as consent to AI or where data may be."),
    Point("security", "Incidents", "No incident or breach at the vendor is left without an answer.",
          "Ask the vendor, and look at what was reported.", ("45 CFR 164.410", _EVALUATION)),
    Point("ownership", "Owner", "The same company owns the vendor, and it can pay its bills.",
          "Look for news of a sale, a merger or an insolvency."),
    Point("reports", "Reports and insurance", "Its reports and certificates still count.",
          "Look at what expired, and ask for the new one."),
    Point("law", "Law", "No rule or law has changed that the agreement must follow.",
          "Ask your attorney about federal rules, Part 2 and your states."),
    Point("complaints", "Complaints", "No complaint about the vendor is left without an answer.",
          "Ask your front desk and your clinicians."),
    Point("term", "How long it runs", "The agreement runs on until the next review.",
          "Look at the day on which it ends.", ("45 CFR 164.502(e)(2)",)),
)  # fmt: skip
_BY_KEY = {point.key: point for point in POINTS}

#: what happened -> the points that it puts in question, and how a mail says it in a few words
_ASKS: dict[TriggerKind, tuple[tuple[str, ...], str]] = {
    TriggerKind.SUB_PROCESSOR: (("sub_processors",), "new sub-processor"),
    TriggerKind.MODEL: (("model",), "new AI"),
    TriggerKind.TERMS: (("clauses", "terms"), "changed terms"),
    TriggerKind.DATA_CLASS: (("data", "coverage"), "new patient data"),
    TriggerKind.STATE: (("states",), "new state"),
    TriggerKind.INCIDENT: (("security",), "incident"),
    TriggerKind.OWNERSHIP: (("ownership",), "new owner"),
    TriggerKind.EXPIRED: (("reports",), "expired report"),
    TriggerKind.LAW: (("clauses", "law"), "changed law"),
    TriggerKind.COMPLAINT: (("complaints",), "complaint"),
    TriggerKind.TERM_END: (("term",), "it ends soon"),
}
_BECAUSE = {
    TriggerKind.SUB_PROCESSOR: "a sub-processor is new",
    TriggerKind.MODEL: "the AI changed",
    TriggerKind.TERMS: "the terms changed",
    TriggerKind.DATA_CLASS: "it gets new patient data",
    TriggerKind.STATE: "you work in a new state",
    TriggerKind.INCIDENT: "there was an incident",
    TriggerKind.OWNERSHIP: "it has a new owner",
    TriggerKind.EXPIRED: "a report expired",
    TriggerKind.LAW: "the law changed",
    TriggerKind.COMPLAINT: "somebody complained",
    TriggerKind.TERM_END: "it ends soon",
}
#: what can concern all vendors of a practice at once
FOR_ALL = (TriggerKind.LAW, TriggerKind.STATE)


def point(key: str) -> Point | None:
    return _BY_KEY.get(key)


def points_to_ask(kinds: Iterable[str], *, yearly: bool) -> tuple[Point, ...]:
    """Everything when its year is over or nothing else is asked; otherwise what these changes put in question."""
    asked = {key for kind in kinds for key in keys_of(kind)}
    return POINTS if yearly or not asked else tuple(each for each in POINTS if each.key in asked)


def asks_everything(keys: Iterable[str]) -> bool:
    """Whether a review of these points stands for the yearly one. One that names no point is a whole re-reading."""
    asked = set(keys)
    return not asked or asked >= set(_BY_KEY)


def latest_next(on: date, regular_on: date | None, *, whole: bool, must_change: bool) -> date:
    """The last day on which a review made `on` lets the next regular one be.

    A year later, once everything was asked. One that asked only what changed leaves the yearly day where it is. What
    must change is looked at again within 30 days (our policy).
    """
    day = a_year_after(on) if whole or regular_on is None else regular_on
    return min(day, on + CHANGES_WITHIN) if must_change else day


def keys_of(kind: str) -> tuple[str, ...]:
    """The points that a change of this kind puts in question."""
    return _ASKS[TriggerKind(kind)][0]


def in_short(kinds: Iterable[str]) -> str:
    """ "new sub-processor, changed terms": for the subject of a mail."""
    return ", ".join(dict.fromkeys(_ASKS[TriggerKind(kind)][1] for kind in kinds))


def because(kinds: Iterable[str]) -> str:
    """ "a report expired and the terms changed": the end of a sentence."""
    return " and ".join(dict.fromkeys(_BECAUSE[TriggerKind(kind)] for kind in kinds))


def year_is_over(regular_on: date | None, today: date) -> bool:
    """Whether the yearly review is asked for by now, whatever else is open."""
    return regular_on is None or regular_on <= today + REVIEW_ASKED_AHEAD


def due_with(regular_on: date | None, triggers_due: Iterable[date], *, not_before: date | None = None) -> date | None:
    """The day of the next review: the yearly one, or that of the earliest change that waits for an answer.

    Never before the day on which the later side signed, which is `not_before`.
    """
    day = min((each for each in (regular_on, *triggers_due) if each), default=None)
    return max(day, not_before) if day and not_before else day


def problems(points: Iterable[dict[str, object]]) -> dict[str, str]:
    """The points that are not answered well: key -> the sentence beside it."""
    return {
        str(each["key"]): "Say what changed, so that the next reader knows."
        for each in points
        if not each["still"] and not str(each["note"]).strip()
    }
