"""What a vendor may have answered, and how far an evaluation has come. Pure: no Django."""

from enum import StrEnum


class Response(StrEnum):
    """How a vendor answered one question. Only `IN_WRITING`, with current evidence, can satisfy it."""

    IN_WRITING = "in_writing"
    SAID = "said"
    VAGUE = "vague"
    NO = "no"
    NOT_ASKED = "not_asked"
    DOES_NOT_APPLY = "does_not_apply"

    @property
    def label(self) -> str:
        """The words on the choice."""
        return _RESPONSE_WORDS[self][0]

    @property
    def hint(self) -> str:
        """What choosing it means, in a few words under the label."""
        return _RESPONSE_WORDS[self][1]


_RESPONSE_WORDS: dict[Response, tuple[str, str]] = {
    Response.IN_WRITING: ("Yes, in writing", "with a document"),
    Response.SAID: ("Yes, but only said", "nothing in writing"),
    Response.VAGUE: ("Vague or evasive", "counts as no"),
    Response.NO: ("No", "the vendor does not do it"),
    Response.NOT_ASKED: ("Not asked yet", "stays open"),
    Response.DOES_NOT_APPLY: ("Does not apply", "with a signed memo"),
}


class EvaluationState(StrEnum):
    """How far one round of judging a vendor has come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ATTESTED = "attested"
    SIGNED = "signed"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """A word or two for a badge."""
        return _STATE_WORDS[self]


_STATE_WORDS: dict[EvaluationState, str] = {
    EvaluationState.DRAFT: "Being filled in",
    EvaluationState.SUBMITTED: "Ready to attest",
    EvaluationState.ATTESTED: "Waiting for the countersignature",
    EvaluationState.SIGNED: "Signed",
    EvaluationState.WITHDRAWN: "Withdrawn",
}

# Where each state leads. A submitted evaluation may go back to be corrected. An attested one never changes:
# it is countersigned or withdrawn, and new facts start a new evaluation.
MOVES: dict[EvaluationState, frozenset[EvaluationState]] = {
    EvaluationState.DRAFT: frozenset({EvaluationState.SUBMITTED, EvaluationState.WITHDRAWN}),
    EvaluationState.SUBMITTED: frozenset({EvaluationState.DRAFT, EvaluationState.ATTESTED, EvaluationState.WITHDRAWN}),
    EvaluationState.ATTESTED: frozenset({EvaluationState.SIGNED, EvaluationState.WITHDRAWN}),
    EvaluationState.SIGNED: frozenset(),
    EvaluationState.WITHDRAWN: frozenset(),
}

# A vendor has at most one evaluation in these states at a time.
UNDER_WAY = frozenset({EvaluationState.DRAFT, EvaluationState.SUBMITTED, EvaluationState.ATTESTED})

# Its answers can no longer change.
FROZEN = frozenset({EvaluationState.ATTESTED, EvaluationState.SIGNED, EvaluationState.WITHDRAWN})

_REFUSALS: dict[EvaluationState, str] = {
    EvaluationState.DRAFT: "This evaluation is still being filled in. Submit it first.",
    EvaluationState.SUBMITTED: "This evaluation waits for the officer's attestation. Attest it first.",
    EvaluationState.ATTESTED: "This evaluation is attested and cannot change. Countersign it or withdraw it.",
    EvaluationState.SIGNED: "This evaluation is signed and cannot change. Start a new one for new facts.",
    EvaluationState.WITHDRAWN: "This evaluation was withdrawn. Start a new one.",
}


def refusal_to_move(state: EvaluationState, to: EvaluationState) -> str:
    """Why an evaluation cannot go from `state` to `to`, as the sentence a person reads; "" when it can."""
    return "" if to in MOVES[state] else _REFUSALS[state]
