"""The moves of an exposure, what each decision rests on, and what closing asks for: pure."""

from datetime import date
from typing import Any

import pytest

from vendors.breach_clocks import BreachFacts, clocks
from vendors.exposure_states import (
    FACTORS,
    MOVES,
    Assessment,
    Decision,
    ExposureState,
    Told,
    doubts_about,
    missing_to_close,
    refusal_to_decide,
    refusal_to_move,
)

YES = {"was_phi": "yes", "was_unsecured": "yes", "not_permitted": "yes", "exclusion": "none"}
WRITTEN = {str(number): "words" for number in (1, 2, 3, 4)}
TOLD = date(2026, 12, 1)


def test_every_state_has_moves_and_a_sentence_for_every_other():
    assert set(MOVES) == set(ExposureState)
    for state in ExposureState:
        assert [bool(refusal_to_move(state, to)) for to in ExposureState] == [
            to not in MOVES[state] for to in ExposureState
        ]


def test_a_closed_one_can_only_be_taken_up_again():
    assert MOVES[ExposureState.CLOSED] == {ExposureState.ASSESSED}


def test_the_four_factors_each_cite_their_paragraph():
    assert [each.cite for each in FACTORS] == [f"45 CFR 164.402(2)({roman})" for roman in ("i", "ii", "iii", "iv")]
    assert all(each.prompts for each in FACTORS)


@pytest.mark.parametrize(
    ("decision", "facts", "says"),
    [
        (Decision.BREACH, {}, ""),
        (Decision.LOW, YES, "Missing: 1, 2, 3, 4"),
        (Decision.LOW, {**YES, "factors": {**WRITTEN, "3": "  "}}, "Missing: 3"),
        (Decision.LOW, {"factors": WRITTEN}, "Answer the four first questions"),
        (Decision.LOW, {**YES, "factors": WRITTEN}, ""),
        (Decision.NOT_PHI, YES, "does not say so"),
        (Decision.NOT_PHI, {"was_phi": "no"}, "Write down why"),
        (Decision.NOT_PHI, {"was_phi": "no", "reason": "No name."}, ""),
        (Decision.SECURED, {"was_unsecured": "no", "reason": "Encrypted."}, ""),
        (Decision.PERMITTED, {"not_permitted": "no", "reason": "For treatment."}, ""),
        (Decision.EXCLUSION, {"exclusion": "none", "reason": "None."}, "does not say so"),
        (Decision.EXCLUSION, {"exclusion": "workforce", "reason": "A colleague."}, ""),
    ],
)
def test_each_decision_rests_on_what_is_written(decision: Decision, facts: dict[str, Any], says: str):
    refusal = refusal_to_decide(decision, Assessment(**facts))
    assert (says in refusal) if says else refusal == ""


@pytest.mark.parametrize(
    ("decision", "facts", "shown", "says"),
    [
        (Decision.LOW, YES, [1, 2, 3, 4], []),
        (Decision.LOW, {**YES, "was_phi": "no"}, [1, 2, 3, 4], ["another decision fits"]),
        (Decision.LOW, {**YES, "exclusion": "workforce"}, [1, 2, 3, 4], ["another decision fits"]),
        (Decision.LOW, YES, [1, 2, 4], ["under factor 3"]),
        (Decision.LOW, {**YES, "not_permitted": "no"}, [], ["another decision fits", "under factors 1, 2, 3, 4"]),
        (Decision.BREACH, {"was_phi": "no"}, [], []),
    ],
)
def test_a_person_is_warned_before_they_decide_on_little(
    decision: Decision, facts: dict[str, Any], shown: list[int], says: list[str]
):
    found = doubts_about(decision, Assessment(**facts), shown)
    assert [words in doubt for words, doubt in zip(says, found, strict=True)] == [True] * len(says)


def missing(decision: Decision = Decision.BREACH, told: Told | None = None, **facts: Any) -> list[str]:
    stopped, people = facts.pop("stopped", True), facts.get("people", 12)
    given = {"people": people, "residents": facts.pop("residents", {"CA": people or 0}), **facts}
    running = clocks(BreachFacts(known_on=date(2026, 11, 5), **given))
    return missing_to_close(decision, running, told or Told(), stopped=stopped, counted=people is not None)


def test_a_small_breach_closes_once_its_people_are_told():
    assert missing() == ["Record the day of this notice: each person concerned."]
    assert missing(told=Told(people=TOLD)) == []


def test_the_part_2_report_of_a_small_breach_may_wait_for_the_log():
    assert missing(told=Told(people=TOLD), part2=True) == []


def test_a_large_breach_asks_for_hhs_the_media_of_each_state_and_part_2():
    facts: dict[str, Any] = {"people": 1300, "residents": {"TX": 700, "CA": 600}, "part2": True}
    assert missing(told=Told(people=TOLD, media={"TX": TOLD}), **facts) == [
        "Record the day of this notice: the media in CA.",
        "Record the day of this notice: HHS, at once.",
        "Record the day of this notice: HHS, a separate Part 2 report.",
    ]
    everybody = Told(people=TOLD, media={"TX": TOLD, "CA": TOLD}, hhs=TOLD, part2=TOLD)
    assert missing(told=everybody, **facts) == []


def test_people_have_to_be_counted_before_a_breach_is_closed():
    assert "count the people" in missing(people=None, residents={}, told=Told(people=TOLD))[0]


def test_people_have_to_be_counted_by_state_where_one_may_have_more_than_500():
    everybody = Told(people=TOLD, media={"TX": TOLD}, hhs=TOLD)
    said = missing(people=1300, residents={"TX": 600}, told=everybody)
    assert [each.startswith("Take it up again, and count the people by state.") for each in said] == [True]
    assert not any("notice: the media" in each for each in missing(people=None, residents={}))


def test_the_stop_has_to_be_recorded_where_data_really_went_astray():
    assert missing(Decision.LOW, stopped=False) == ["Record when its use was stopped."]
    assert missing(Decision.NOT_PHI, stopped=False) == []
