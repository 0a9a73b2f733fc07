"""What is asked for again before it expires: only what something rests on, and no longer once a newer one is there."""

from datetime import date, timedelta

import pytest
import time_machine

from checklists.actions.answers import cite
from checklists.actions.evaluations import start_evaluation
from checklists.evidence_due import deadlines
from checklists.models import Citation
from checklists.today import needs
from practice_vetting.core.deadline import Deadline
from tests.checklists.conftest import make_evidence
from tests.factories import arranging, change, make_agreement, make_tool, make_vendor
from vendors.actions.triggers import set_aside_trigger
from vendors.models import ReviewTrigger
from vendors.trigger_clock import raise_due

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TODAY = date(2026, 11, 21)
SOON = TODAY + timedelta(days=20)


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


def due(cast, until=SOON):
    return [each.title for each in deadlines(cast.practice, until)]


def test_a_report_is_asked_for_again_with_words_a_day_and_its_page(cast):
    vendor = make_vendor(practice=cast.practice)
    report = make_evidence(vendor=vendor, by=cast.officer, title="SOC 2 report", kind_of="report", expires_on=SOON)
    assert list(deadlines(cast.practice, SOON)) == [
        Deadline(
            kind="evidence-expiry",
            subject_kind="evidence",
            subject_uid=report.uid,
            title="E-01 SOC 2 report",
            vendor_name="Notewell",
            due_on=SOON,
            url=f"/evidence/{report.uid}/",
            action="Ask Notewell for a new SOC 2 report",
            lapses_on=SOON + timedelta(days=1),
            practice_id=cast.practice.pk,
        )
    ]


def test_only_what_something_rests_on_is_asked_for(cast, draft, strangers):
    vendor = draft.vendor
    cited, agreed, loose, later = (
        make_evidence(vendor=vendor, by=cast.officer, title=title, expires_on=SOON)
        for title in ("Cited", "Agreed", "Loose", "Later")
    )
    change(later, expires_on=SOON + timedelta(days=1), kind_of="report")
    cite(answer=draft.answers.get(question=4), evidence=cited, by=cast.officer)
    make_agreement(vendor=vendor, evidence=agreed)
    make_agreement(vendor=vendor, evidence=loose, ended_on=TODAY, end_reason="Replaced.")
    theirs = make_vendor(practice=strangers.practice)
    make_evidence(vendor=theirs, by=strangers.officer, kind_of="report", expires_on=SOON)
    ended = make_vendor(practice=cast.practice, name="Gone", ended_on=TODAY, end_reason="Closed.")
    make_evidence(vendor=ended, by=cast.officer, kind_of="report", expires_on=SOON)
    assert due(cast) == ["E-01 Cited", "E-02 Agreed"]


def test_an_answer_signed_with_the_older_one_still_needs_a_new_evaluation(cast, cleared):
    paper = cleared.vendor.evidence.get()
    change(paper, expires_on=SOON)
    change(cleared, state="signed", snapshot_sha256="0" * 64)
    newer = make_evidence(vendor=cleared.vendor, by=cast.officer, title="Newer", replaces=paper)
    found = [each.action for each in deadlines(cast.practice, SOON)]
    assert found == ["Sign a new evaluation of Notewell with E-02 in place of E-01"]
    with arranging(cast.officer):
        for answer in cleared.answers.all():
            Citation(practice=cast.practice, answer=answer, evidence=newer).save()
    assert due(cast) == []


def test_what_was_replaced_is_not_asked_for_while_nothing_is_signed(cast, cleared):
    paper = cleared.vendor.evidence.get()
    change(paper, expires_on=SOON)
    assert due(cast) == ["E-01 Answer in writing"]
    make_evidence(vendor=cleared.vendor, by=cast.officer, title="Newer", replaces=paper)
    assert due(cast) == []


def test_an_older_signed_evaluation_asks_for_nothing(cast, cleared):
    change(cleared.vendor.evidence.get(), expires_on=SOON)
    change(cleared, state="signed", snapshot_sha256="0" * 64)
    newer = start_evaluation(vendor=cleared.vendor, by=cast.officer, title="2027", tools=list(cleared.tools.all()))
    with arranging(cast.officer):
        for citation in Citation.objects.filter(answer__evaluation=newer):
            citation.delete()
    change(newer, state="signed", snapshot_sha256="0" * 64)
    assert due(cast) == []


def test_a_report_that_expired_is_asked_for_until_somebody_has_looked(cast):
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor)
    with time_machine.travel("2026-10-01T18:00:00Z", tick=False):
        make_evidence(vendor=vendor, by=cast.officer, title="SOC 2", kind_of="report", expires_on=date(2026, 11, 1))
    raise_due()
    assert due(cast) == ["E-01 SOC 2"]
    trigger = ReviewTrigger.objects.get()
    set_aside_trigger(trigger=trigger, by=cast.owner, version=1, reason="We stop using it next week.")
    assert due(cast) == []


def test_today_says_why_a_review_is_due_and_what_expired(cast):
    vendor = make_vendor(practice=cast.practice)
    signed = {"practice_signed_on": date(2026, 1, 1), "vendor_signed_on": date(2026, 1, 9)}
    make_agreement(vendor=vendor, **signed, next_review_on=date(2027, 1, 9))
    with time_machine.travel("2026-10-01T18:00:00Z", tick=False):
        make_evidence(vendor=vendor, by=cast.officer, title="SOC 2", kind_of="report", expires_on=date(2026, 11, 1))
    raise_due()
    told = [need.sentence for need in needs(cast.officer.memberships.get(), TODAY)]
    assert told[:2] == [
        "review the BAA (business associate agreement), because a report expired.",
        "E-01 SOC 2 has expired. Ask the vendor for a new one.",
    ]


def test_any_number_costs_one_query(cast, django_assert_num_queries):
    vendor = make_vendor(practice=cast.practice)
    for _ in range(3):
        make_evidence(vendor=vendor, by=cast.officer, kind_of="report", expires_on=SOON)
    with django_assert_num_queries(1):
        assert len(due(cast)) == 3
