"""Standing follows what is known, in the transaction that changed it."""

from datetime import date

import pytest
import time_machine

from checklists import standing
from checklists.actions.answers import record_answer
from checklists.actions.evaluations import start_evaluation, withdraw_evaluation
from checklists.models import Answer
from practice_vetting.core.models import LedgerEntry
from tests.conftest import Cast
from tests.factories import arranging, make_tool, make_vendor
from vendors.actions.vendors import end_vendor
from vendors.kinds import StandingState
from vendors.models import Standing

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


def judged(vendor) -> Standing:
    standing.judge(vendor)
    return Standing.objects.get(vendor=vendor)


def test_a_new_vendor_is_proposed_and_has_no_seals(cast: Cast):
    kept = judged(make_vendor(practice=cast.practice))
    assert (kept.state, kept.seals, kept.headline) == (StandingState.PROPOSED, [], "Proposed")


def test_patient_data_without_an_agreement_stops_a_vendor_that_nobody_evaluated(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor, in_use_since=date(2026, 11, 1), first_phi_on=date(2026, 11, 1))
    kept = judged(vendor)
    assert (kept.state, kept.in_use_not_cleared, kept.seals[0]["state"]) == (
        StandingState.STOPPED,
        True,
        "failed",
    )


def test_an_evaluation_under_way_is_told(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    tool = make_tool(vendor=vendor)
    start_evaluation(vendor=vendor, by=cast.officer, title="2026 evaluation", tools=[tool])
    assert Standing.objects.get(vendor=vendor).state == StandingState.IN_EVALUATION


def test_a_failed_answer_stops_at_once(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    tool = make_tool(vendor=vendor)
    evaluation = start_evaluation(vendor=vendor, by=cast.officer, title="2026 evaluation", tools=[tool])
    record_answer(answer=evaluation.answers.get(question=5), by=cast.officer, version=1, response="vague")
    kept = Standing.objects.get(vendor=vendor)
    assert (kept.state, kept.headline) == (StandingState.STOPPED, "Stopped: requirement 4 failed")
    assert kept.reasons[0]["url"] == f"/evaluations/{evaluation.uid}/#question-5"


def test_a_withdrawn_evaluation_counts_no_more(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    evaluation = start_evaluation(vendor=vendor, by=cast.officer, title="2026", tools=[make_tool(vendor=vendor)])
    withdraw_evaluation(evaluation=evaluation, by=cast.officer, reason="wrong tools")
    assert Standing.objects.get(vendor=vendor).state == StandingState.PROPOSED


def test_no_patient_data_is_asked_again_after_a_year(cast: Cast):
    vendor = make_vendor(practice=cast.practice, no_patient_data_on=DAY, no_patient_data_reason="Payroll only.")
    kept = judged(vendor)
    assert (kept.state, kept.changes_on) == (StandingState.NO_PATIENT_DATA, date(2027, 11, 21))
    with time_machine.travel("2027-11-21T18:00:00Z", tick=False):
        assert standing.judge_due() == 1
        assert Standing.objects.get(vendor=vendor).state == StandingState.PROPOSED


def test_a_vendor_that_cannot_be_judged_stops_no_other(cast: Cast, strangers: Cast, monkeypatch):
    first, second = (
        make_vendor(practice=each.practice, no_patient_data_on=DAY, no_patient_data_reason="Payroll only.")
        for each in (cast, strangers)
    )
    judged(first), judged(second)
    judge = standing.judge
    monkeypatch.setattr(standing, "judge", lambda vendor: 1 / (vendor != first) and judge(vendor))
    with time_machine.travel("2027-11-21T18:00:00Z", tick=False):
        standing.judge_due()
    kept = Standing.objects.order_by("vendor").values_list("state", flat=True)
    assert [*kept] == [StandingState.NO_PATIENT_DATA, StandingState.PROPOSED]


def test_a_judgement_that_changes_nothing_leaves_no_entry(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    judged(vendor)
    before = LedgerEntry.objects.count()
    judged(vendor)
    assert LedgerEntry.objects.count() == before


def test_a_tool_outside_the_cleared_scope_is_not_cleared_by_it(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    tool = make_tool(vendor=vendor, in_use_since=DAY)
    scope = standing._uncleared_use
    with arranging():
        assert scope([tool], StandingState.CLEARED, [], DAY) == DAY


def test_a_use_that_was_cleared_is_uncleared_from_the_day_it_lapsed(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor, in_use_since=date(2025, 11, 24))
    with arranging():
        Standing(practice=cast.practice, vendor=vendor, state=StandingState.CLEARED, since=date(2025, 11, 20)).save()
    assert judged(vendor).uncleared_since == DAY
    with time_machine.travel("2026-12-05T18:00:00Z", tick=False):
        assert judged(vendor).uncleared_since == DAY


def test_a_use_that_was_never_cleared_is_uncleared_from_its_first_day(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor, in_use_since=date(2026, 10, 5))
    assert judged(vendor).uncleared_since == date(2026, 10, 5)


def test_a_vendor_that_ended_while_somebody_typed_an_answer_stays_ended(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    evaluation = start_evaluation(vendor=vendor, by=cast.officer, title="2026", tools=[make_tool(vendor=vendor)])
    read_before = Answer.objects.select_related("practice", "evaluation__vendor").get(evaluation=evaluation, question=5)
    vendor.refresh_from_db()
    end_vendor(vendor=vendor, by=cast.officer, version=vendor.version, ended_on=DAY, reason="Closed")
    record_answer(answer=read_before, by=cast.officer, version=1, response="vague")
    assert Standing.objects.get(vendor=vendor).state == StandingState.ENDED
