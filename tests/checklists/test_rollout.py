"""The six steps and their gates: what each rests on, and where a step is."""

from datetime import date

import pytest

from checklists.rollout import STEPS, GateFacts, Standing, gate_for, standing_of, step_of, summary, told_before
from checklists.rules.findings import State
from practice_vetting.core.basis import Basis

TODAY = date(2026, 11, 21)
ALL_MET = dict.fromkeys(range(1, 6), State.MET)
PASSED = GateFacts(ALL_MET, signed=True, cleared=True)
#: step -> the requirements that shut it
RESTS_ON = {1: set(), 2: {1, 4}, 3: {3}, 4: {4, 5}, 5: {1, 2, 3, 4, 5}, 6: {1, 2, 3, 4, 5}}


def test_there_are_six_steps_and_two_rest_on_a_rule():
    assert [step.number for step in STEPS] == [1, 2, 3, 4, 5, 6]
    assert [step.number for step in STEPS if step.basis is Basis.RULE] == [1, 2]
    assert all(step.source for step in STEPS if step.basis is Basis.RULE)
    assert {step.basis for step in STEPS[2:]} == {Basis.BEST_PRACTICE}


@pytest.mark.parametrize("state", [State.OPEN, State.FAILED])
@pytest.mark.parametrize("number", RESTS_ON)
def test_each_requirement_shuts_the_gates_that_rest_on_it(number: int, state: State):
    shut = {
        each for each in ALL_MET if not gate_for(step_of(number), GateFacts({**ALL_MET, each: state}, True, True)).open
    }
    assert shut == RESTS_ON[number]


def test_a_memo_that_sets_part_2_aside_opens_its_gates():
    facts = GateFacts({**ALL_MET, 4: State.NOT_APPLICABLE}, signed=True, cleared=True)
    assert [gate_for(step, facts).open for step in STEPS] == [True] * 6


def test_the_pilot_waits_for_the_signatures_and_for_the_clearance():
    unsigned, uncleared = GateFacts(ALL_MET), GateFacts(ALL_MET, signed=True)
    assert [gate_for(step, unsigned).open for step in STEPS] == [True] * 4 + [False] * 2
    assert gate_for(step_of(5), unsigned).why == "Not yet: the evaluation is not signed yet."
    assert gate_for(step_of(5), uncleared).why == "Not yet: the vendor is not cleared for this tool."


def test_without_an_evaluation_only_the_map_can_be_recorded():
    assert [gate_for(step, GateFacts({})).open for step in STEPS] == [True] + [False] * 5


def test_no_gate_holds_up_a_tool_without_patient_data():
    assert all(gate_for(step, GateFacts({}, exempt=True)).open for step in STEPS)


def test_the_pilot_and_the_decision_repeat_nothing_that_a_step_before_them_says():
    facts = GateFacts({**ALL_MET, 1: State.FAILED, 2: State.OPEN})
    told = {step.number: set(told_before(step, gate_for(step, facts))) for step in STEPS}
    assert told == {1: set(), 2: set(), 3: set(), 4: set(), 5: {1}, 6: {1, 2}}


def test_a_shut_gate_names_its_requirements():
    facts = GateFacts({**ALL_MET, 1: State.FAILED, 4: State.OPEN})
    gate = gate_for(step_of(2), facts)
    assert (gate.why, gate.shut_by) == ("Not yet: requirements 1 and 4 are not met.", (1, 4))
    assert gate_for(step_of(4), facts).why == "Not yet: requirement 4 is not met."


@pytest.mark.parametrize(
    ("done", "gate_open", "next_on", "stopped", "expected"),
    [
        (False, True, None, False, Standing.READY),
        (False, False, None, False, Standing.SHUT),
        (True, True, None, False, Standing.DONE),
        (True, False, None, False, Standing.SHUT_SINCE),
        (True, True, date(2026, 11, 22), False, Standing.DONE),
        (True, True, TODAY, False, Standing.DUE_AGAIN),
        (True, True, None, True, Standing.STOPPED),
    ],
)
def test_where_a_step_is(done, gate_open, next_on, stopped, expected):
    facts = PASSED if gate_open else GateFacts({})
    gate = gate_for(step_of(6), facts)
    assert standing_of(gate=gate, done=done, next_on=next_on, stopped=stopped, on=TODAY) is expected


def test_a_rollout_is_told_in_a_few_words():
    done, ready = Standing.DONE, Standing.READY
    assert summary([done, done, ready]) == ("2 of 3 steps done", "")
    assert summary([done, done]) == ("2 of 2 steps done", "met")
    assert summary([done, Standing.SHUT_SINCE, Standing.DUE_AGAIN])[0] == "Not met now"
    assert summary([done, Standing.DUE_AGAIN])[0] == "Its yearly decision is due"
    assert summary([Standing.SHUT_SINCE, Standing.STOPPED])[0] == "Decided: stop"
