"""Where an agreement stands on a day, what moves it on, and what a person may do with it there. Pure: no Django.

A state is never kept: it follows from the dates. The queries of vendors.models.agreement ask the same in SQL.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from vendors.deadlines import AgreementDates, lapses_on


class AgreementState(StrEnum):
    """Where an agreement stands on a day."""

    DRAFT = "draft"
    OUT = "out-for-signature"
    EXECUTED = "executed"
    IN_FORCE = "in-force"
    REVIEW_DUE = "review-due"
    LAPSED = "lapsed"
    SUPERSEDED = "superseded"
    ENDED = "ended"

    @property
    def label(self) -> str:
        """A word or two for a badge."""
        return _WORDS[self][0]

    @property
    def tone(self) -> str:
        """The class of its pill."""
        return _WORDS[self][1]

    @property
    def in_force(self) -> bool:
        """True while it binds both sides, however late its review is."""
        return self in LIVE

    @property
    def over(self) -> bool:
        """True once it is over for good."""
        return self in OVER


_WORDS = {
    AgreementState.DRAFT: ("Draft", "plain"),
    AgreementState.OUT: ("Out for signature", "open"),
    AgreementState.EXECUTED: ("Signed, starts later", "open"),
    AgreementState.IN_FORCE: ("In force", "met"),
    AgreementState.REVIEW_DUE: ("Review due", "open"),
    AgreementState.LAPSED: ("Lapsed", "failed"),
    AgreementState.SUPERSEDED: ("Superseded", "ended"),
    AgreementState.ENDED: ("Ended", "ended"),
}
LIVE = frozenset({AgreementState.IN_FORCE, AgreementState.REVIEW_DUE, AgreementState.LAPSED})
OVER = frozenset({AgreementState.SUPERSEDED, AgreementState.ENDED})


class Act(StrEnum):
    """What moves an agreement: a person, a newer version that comes into force, or the calendar alone."""

    SEND = "send"
    SIGN = "sign"
    REVIEW = "review"
    RENEW = "renew"
    END = "end"
    REPLACED = "replaced"
    TIME = "time"


_S = AgreementState
_SIGNED = frozenset({_S.OUT, _S.EXECUTED, *LIVE, _S.ENDED})
_GONE: dict[Act, frozenset[AgreementState]] = {Act.END: frozenset({_S.ENDED}), Act.REPLACED: frozenset({_S.SUPERSEDED})}

#: Where each act leads from each state. What stands under no act of a state cannot be done there. RENEW begins a new
#: version beside it and moves nothing by itself. A signature may be recorded late, so it may lead far.
MOVES: dict[AgreementState, dict[Act, frozenset[AgreementState]]] = {
    _S.DRAFT: {Act.SEND: frozenset({_S.OUT}), Act.SIGN: _SIGNED, Act.TIME: frozenset({_S.ENDED}), **_GONE},
    _S.OUT: {Act.SIGN: _SIGNED, Act.TIME: frozenset({_S.ENDED}), **_GONE},
    _S.EXECUTED: {
        Act.REVIEW: frozenset({_S.EXECUTED}),
        Act.RENEW: frozenset({_S.EXECUTED}),
        Act.TIME: frozenset({*LIVE, _S.ENDED}),
        **_GONE,
    },
    _S.IN_FORCE: {
        Act.REVIEW: LIVE,
        Act.RENEW: frozenset({_S.IN_FORCE}),
        Act.TIME: frozenset({_S.REVIEW_DUE, _S.ENDED}),
        **_GONE,
    },
    _S.REVIEW_DUE: {
        Act.REVIEW: LIVE,
        Act.RENEW: frozenset({_S.REVIEW_DUE}),
        Act.TIME: frozenset({_S.LAPSED, _S.ENDED}),
        **_GONE,
    },
    _S.LAPSED: {Act.REVIEW: LIVE, Act.RENEW: frozenset({_S.LAPSED}), Act.TIME: frozenset({_S.ENDED}), **_GONE},
    _S.SUPERSEDED: {},
    _S.ENDED: {Act.RENEW: frozenset({_S.ENDED})},
}

_REFUSALS: dict[Act, str] = {
    Act.SEND: "It was sent out or signed already. To mend the day, choose “Change”.",
    Act.SIGN: "Both sides have signed it. To mend a date, choose “Change”.",
    Act.REVIEW: "Both sides must have signed before it can be reviewed. Record the signatures first.",
    Act.RENEW: "It is not signed by both sides yet, so it needs no new version. Change it as it is.",
    Act.END: "It is over already.",
}


def may(state: AgreementState, act: Act) -> bool:
    """Whether a person may do this with an agreement in that state."""
    return act in MOVES[state]


def refusal(state: AgreementState, act: Act) -> str:
    """The sentence that a person reads who tries what the state does not allow; "" when it does."""
    if may(state, act):
        return ""
    if state is AgreementState.SUPERSEDED:
        return "A newer version took its place, so nothing more is done with it. Open the newer version instead."
    if state is AgreementState.ENDED:
        return "This agreement has ended, so its record stays as it is. Record the new agreement instead."
    return _REFUSALS[act]


def state_of(dates: AgreementDates, *, on: date) -> AgreementState:
    """Where the agreement stands on that day. A newer version that starts on the day it ends supersedes it."""
    if dates.over_on is not None and dates.over_on <= on:
        return AgreementState.SUPERSEDED if dates.superseded_on == dates.over_on else AgreementState.ENDED
    if dates.executed_on is None or dates.executed_on > on:
        known = (dates.sent_on, dates.practice_signed_on, dates.vendor_signed_on)
        return AgreementState.OUT if any(day and day <= on for day in known) else AgreementState.DRAFT
    if not dates.in_force(on):
        return AgreementState.EXECUTED
    if dates.next_review_on is None or on < dates.next_review_on:
        return AgreementState.IN_FORCE
    return AgreementState.LAPSED if lapses_on(dates.next_review_on) <= on else AgreementState.REVIEW_DUE


@dataclass(frozen=True, slots=True)
class Stands:
    """Where an agreement stands, with why and what moves it on, in one or two short sentences."""

    state: AgreementState
    says: str

    @property
    def label(self) -> str:
        return self.state.label

    @property
    def tone(self) -> str:
        return self.state.tone


def stands(dates: AgreementDates, *, on: date) -> Stands:
    """Where the agreement stands on that day, in words."""
    state = state_of(dates, on=on)
    return Stands(state, _over(dates, state) if state.over else _unsigned(dates, state, on) or _signed(dates, state))


def _over(dates: AgreementDates, state: AgreementState) -> str:
    if state is AgreementState.SUPERSEDED:
        return f"A newer version took its place on {_day(dates.superseded_on)}."
    if dates.ended_on is not None and dates.ended_on == dates.over_on:
        return f"It ended on {_day(dates.ended_on)}."
    return f"It ran out: its last day was {_day(dates.ends_on)}."


def _unsigned(dates: AgreementDates, state: AgreementState, on: date) -> str:
    if state is AgreementState.DRAFT:
        return "Send it out for signature, or record both signatures."
    if state is not AgreementState.OUT:
        return ""
    sides = {"your practice": dates.practice_signed_on, "the vendor": dates.vendor_signed_on}
    waits = " and ".join(side for side, day in sides.items() if day is None or day > on)
    sent = f"Sent on {_day(dates.sent_on)}. " if dates.sent_on else ""
    return f"{sent}It waits for the signature of {waits}."


def _signed(dates: AgreementDates, state: AgreementState) -> str:
    review = dates.next_review_on
    if state is AgreementState.EXECUTED:
        return f"In force from {_day(dates.starts_on)}. Send no patient data before that day."
    if state is AgreementState.REVIEW_DUE and review:
        return f"Read it again by {_day(lapses_on(review) - timedelta(days=1))}, or it lapses the day after."
    if state is AgreementState.LAPSED and review:
        return f"Its review was due on {_day(review)}. Read it again: no patient data may rest on it until then."
    parts = [f"Read it again by {_day(review)}." if review else "", f"Its last day is {_day(dates.ends_on)}."]
    newer = f"A newer version takes its place on {_day(dates.superseded_on)}." if dates.superseded_on else ""
    told = [parts[0], newer or (parts[1] if dates.ends_on else "")]
    return " ".join(each for each in told if each) or "Set the day of its next review."


def _day(day: date | None) -> str:
    return f"{day.day} {day:%b %Y}" if day else ""
