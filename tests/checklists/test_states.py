import pytest

from checklists.states import FROZEN, MOVES, UNDER_WAY, EvaluationState, Response, refusal_to_move

DRAFT, SUBMITTED, ATTESTED, SIGNED, WITHDRAWN = EvaluationState


def test_every_state_has_its_moves_a_label_and_a_refusal() -> None:
    assert list(MOVES) == list(EvaluationState)
    assert all(state.label and refusal_to_move(state, state) for state in EvaluationState)


def test_every_response_has_a_label_and_a_hint() -> None:
    assert all(response.label and response.hint for response in Response)


@pytest.mark.parametrize(
    ("state", "leads_to"),
    [
        (DRAFT, {SUBMITTED, WITHDRAWN}),
        (SUBMITTED, {DRAFT, ATTESTED, WITHDRAWN}),
        (ATTESTED, {SIGNED, WITHDRAWN}),
        (SIGNED, set()),
        (WITHDRAWN, set()),
    ],
)
def test_a_state_leads_to_these_and_no_other(state: EvaluationState, leads_to: set[EvaluationState]) -> None:
    assert {to for to in EvaluationState if not refusal_to_move(state, to)} == leads_to


def test_an_attested_evaluation_never_becomes_a_draft_again() -> None:
    assert refusal_to_move(ATTESTED, DRAFT) == (
        "This evaluation is attested and cannot change. Countersign it or withdraw it."
    )


def test_what_is_frozen_never_leads_back_to_what_can_change() -> None:
    assert {to for state in FROZEN for to in MOVES[state]} <= FROZEN


def test_an_evaluation_is_under_way_until_it_can_move_no_more() -> None:
    assert {state for state in EvaluationState if MOVES[state]} == UNDER_WAY
