"""“May I use this?”: the answer for one tool from plain facts. What is not known is no."""

from dataclasses import replace
from datetime import date

import pytest

from checklists.may_use import (
    ANSWERS,
    BEYOND,
    CHECKED,
    NEVER,
    NO,
    PART2,
    PATIENT_DATA,
    WITHOUT,
    YES,
    ToolFacts,
    answer_for,
)
from vendors.kinds import StandingState

NOTES, AUDIO = "Progress notes", "Session audio, video or transcripts"
CLEARED = ToolFacts(
    name="Notewell Scribe",
    vendor="Notewell",
    state=StandingState.CLEARED,
    named=True,
    data=(NOTES,),
    cleared_data=(NOTES,),
    since=date(2026, 11, 9),
    changes_on=date(2027, 11, 9),
)


def test_what_a_person_stopped_is_no_whatever_its_standing():
    for state in StandingState:
        answer = answer_for(replace(CLEARED, state=state, stopped="Its rollout was decided: stop."))
        assert not answer.yes
    stopped = answer_for(replace(CLEARED, stopped="Its rollout was decided: stop."))
    assert (stopped.word, stopped.why, stopped.until) == (NO, "Its rollout was decided: stop.", None)


def test_a_remediated_clearance_says_so():
    for facts in (CLEARED, replace(CLEARED, cleared_data=())):
        answer = answer_for(replace(facts, remediated=True))
        assert (answer.yes, "Cleared as remediated" in answer.why) == (True, True)
        assert "remediated" not in answer_for(facts).why


def test_every_state_has_its_answer():
    assert set(ANSWERS) == set(StandingState)


@pytest.mark.parametrize("state", StandingState)
def test_every_answer_is_told_in_one_word_and_a_no_says_why(state: StandingState):
    for named in (True, False):
        answer = answer_for(replace(CLEARED, state=state, named=named))
        assert answer.word in (YES, WITHOUT, NO, CHECKED)
        assert answer.yes == answer.word.startswith("Yes")
        assert answer.yes or (answer.why and answer.data == answer.never == ())


@pytest.mark.parametrize(
    ("state", "word", "why"),
    [
        ("proposed", CHECKED, "It was proposed. Nobody has checked it yet."),
        ("in_evaluation", CHECKED, "We are checking it. Nothing is signed yet."),
        ("lapsed", NO, "It was cleared once, and is not any more."),
        ("stopped", NO, "It was stopped."),
        ("ended", NO, "We no longer work with this vendor."),
        ("no_patient_data", WITHOUT, "It was found that it needs no patient data."),
    ],
)
def test_what_is_not_cleared(state: str, word: str, why: str):
    answer = answer_for(replace(CLEARED, state=StandingState(state)))
    assert (answer.word, answer.why) == (word, why)


def test_a_cleared_tool_may_have_what_it_was_cleared_for_and_nothing_else():
    answer = answer_for(CLEARED)
    assert (answer.word, answer.data, answer.never) == (YES, (NOTES,), (PART2, *NEVER, BEYOND))
    assert (answer.since, answer.until) == (date(2026, 11, 9), date(2027, 11, 9))


def test_substance_use_records_go_in_only_where_they_were_cleared():
    answer = answer_for(replace(CLEARED, part2=True, cleared_part2=True))
    assert (answer.data, answer.never) == ((NOTES, PART2), (*NEVER, BEYOND))


def test_data_that_were_marked_later_are_named_among_what_never_goes_in():
    answer = answer_for(replace(CLEARED, data=(NOTES, AUDIO)))
    assert (answer.data, AUDIO in answer.never, answer.why) == (
        (NOTES,),
        True,
        "What it may touch has grown since it was checked.",
    )


def test_a_tool_that_the_signed_evaluation_does_not_name_is_no():
    answer = answer_for(replace(CLEARED, named=False, cleared_data=()))
    assert (answer.word, answer.why) == (CHECKED, "The vendor is cleared, but this tool was not checked.")


def test_one_in_use_without_patient_data_beside_cleared_ones_is_yes_but_never_with_them():
    answer = answer_for(replace(CLEARED, named=False, cleared_data=(), data=(), holds_patient_data=False, in_use=True))
    assert (answer.word, answer.never) == (WITHOUT, (PATIENT_DATA,))


def test_a_tool_that_was_checked_without_patient_data_gets_none_later_either():
    assert answer_for(replace(CLEARED, cleared_data=())).word == WITHOUT


@pytest.mark.parametrize("state", [StandingState.CLEARED, StandingState.NO_PATIENT_DATA])
def test_what_should_have_been_looked_at_again_by_today_is_no(state: StandingState):
    assert answer_for(replace(CLEARED, state=state, due=True)).word == CHECKED


@pytest.mark.parametrize("failed", range(1, 6))
def test_a_stopped_one_says_in_plain_words_what_failed(failed: int):
    words = {answer_for(replace(CLEARED, state=StandingState.STOPPED, failed=each)).why for each in range(6)}
    assert len(words) == 6
    why = answer_for(replace(CLEARED, state=StandingState.STOPPED, failed=failed)).why
    assert why.startswith("It was stopped. ")
    assert len(why.split()) <= 18


@pytest.mark.parametrize("state", [StandingState.LAPSED, StandingState.STOPPED])
def test_what_requirement_1_lacks_is_told_as_it_is(state: StandingState):
    because = "Question 1, “The signed agreement”: its document expired on 2 Nov 2026."
    assert answer_for(replace(CLEARED, state=state, failed=1, because=because)).why.endswith(because)


def test_a_reason_too_long_for_the_list_is_told_in_short_without_blaming_the_signatures():
    why = answer_for(replace(CLEARED, state=StandingState.STOPPED, failed=1, because="word " * 30)).why
    assert why == "It was stopped. The vendor’s agreement or its answers are not in order."
