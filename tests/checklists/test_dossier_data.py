"""Everything about a vendor as plain data: what the dossier prints, and what its hash covers."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from checklists import dossier, dossier_history, facts, snapshot, vendor_file
from checklists.actions.answers import record_answer
from checklists.actions.evaluations import start_evaluation, withdraw_evaluation
from checklists.actions.removals import withdraw_removal
from checklists.removing import belongings
from practice_vetting.core import clock, delivery, ledger
from practice_vetting.core.models import LedgerHead, Mail, Reminder
from tests.checklists import paper
from tests.factories import make_removal, make_tool
from vendors.actions.agreements import record_agreement
from vendors.actions.holds import lift_hold, place_hold
from vendors.actions.no_patient_data import record_no_patient_data
from vendors.actions.reviews import add_review
from vendors.actions.vendors import end_vendor
from vendors.early_data import ExposureFact
from vendors.models import Vendor

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def story(django_db_setup: None, django_db_blocker: Any) -> Iterator[paper.Story]:
    """The whole story, told once: what a test does to it is undone after the test."""
    with django_db_blocker.unblock(), paper.undone():
        yield paper.told()


@pytest.fixture(autouse=True)
def _on_the_day() -> Iterator[None]:
    with time_machine.travel(paper.PRINTED, tick=False):
        yield


def data_of(vendor: Vendor, *, at: Any = paper.PRINTED) -> dict[str, Any]:
    return dossier.build(Vendor.objects.select_related("practice").get(pk=vendor.pk), at=at)


def test_a_cleared_vendor_says_so_and_since_when(story: paper.Story):
    standing = data_of(story.vendor)["standing"]
    assert (standing["state"], standing["headline"], standing["since_on"], standing["reasons"]) == (
        "cleared",
        "Cleared: five of five",
        date(2026, 11, 9),
        [],
    )
    assert [seal["state"] for seal in standing["seals"]] == ["met"] * 5


def test_the_text_is_canonical_and_reads_back_to_the_same_values(story: paper.Story):
    content = data_of(story.vendor)
    text = snapshot.text_of(content)
    assert text == ledger.canonical(json.loads(text))
    assert snapshot.text_of(snapshot.read(text)) == text


def test_the_same_rows_at_the_same_moment_give_the_same_text(story: paper.Story):
    vendor = story.vendor
    assert len({snapshot.text_of(data_of(vendor)) for _ in range(2)}) == 1


def test_the_signed_evaluation_counts_while_a_new_one_is_under_way(story: paper.Story):
    start_evaluation(vendor=story.vendor, by=story.cast.officer, title="2027", tools=list(story.vendor.tools.all()))
    judged = data_of(story.vendor)["judged"]
    assert (judged["evaluation"]["uid"], judged["signed"]) == (story.evaluation.uid, True)


def test_an_evaluation_under_way_that_fails_counts_at_once(story: paper.Story):
    new = start_evaluation(
        vendor=story.vendor, by=story.cast.officer, title="2027", tools=list(story.vendor.tools.all())
    )
    record_answer(answer=new.answers.get(question=9), by=story.cast.officer, version=1, response="no")
    content = data_of(story.vendor)
    assert (content["judged"]["evaluation"]["uid"], content["judged"]["signed"]) == (new.uid, False)
    assert content["standing"]["headline"] == "Stopped: requirement 5 failed"
    assert content["signatures"] == []


def test_a_withdrawn_evaluation_is_listed_and_does_not_count():
    cast = paper.cast_of()
    vendor = paper.begun(cast)
    gone = start_evaluation(vendor=vendor, by=cast.officer, title="First try", tools=list(vendor.tools.all()))
    withdraw_evaluation(evaluation=gone, by=cast.officer, reason="Wrong tools.")
    content = data_of(vendor)
    assert content["judged"]["evaluation"] is None
    assert [(each["title"], each["state"]) for each in content["evaluations"]] == [("First try", "Withdrawn")]


def test_without_any_evaluation_the_five_requirements_are_still_told():
    cast = paper.cast_of()
    judged = data_of(paper.begun(cast))["judged"]
    assert [each["number"] for each in judged["requirements"]] == [1, 2, 3, 4, 5]
    assert (judged["questions"], judged["tools"]) == ([], [])


def test_it_is_judged_as_of_its_own_day(story: paper.Story):
    content = data_of(story.vendor, at=paper.PRINTED + timedelta(days=400))
    assert (content["standing"]["state"], content["judged_on"]) == ("lapsed", date(2027, 12, 26))
    assert content["standing"]["since_on"] == date(2027, 12, 26)


def test_the_day_is_that_of_the_practice(story: paper.Story):
    content = data_of(story.vendor, at=paper.PRINTED.replace(hour=7))  # 23:00 the day before in Los Angeles
    assert content["judged_on"] == date(2026, 11, 20)


def test_an_ended_vendor_and_one_without_patient_data_say_why():
    cast = paper.cast_of()
    ended, without = paper.begun(cast), paper.begun(cast, vendor="Paylane", tools=())
    end_vendor(vendor=ended, by=cast.owner, version=1, ended_on=date(2026, 11, 20), reason="Too dear.")
    record_no_patient_data(vendor=without, by=cast.owner, version=1, reason="Payroll only.")
    told = [data_of(each) for each in (ended, without)]
    assert [each["standing"]["state"] for each in told] == ["ended", "no_patient_data"]
    assert (told[0]["vendor"]["end_reason"], told[1]["vendor"]["no_patient_data_reason"]) == (
        "Too dear.",
        "Payroll only.",
    )


def test_use_that_is_not_cleared_is_told():
    cast = paper.cast_of()
    vendor = paper.begun(cast)
    paper.used(vendor, reason="We had to.")
    content = data_of(vendor)
    assert content["standing"]["in_use_not_cleared"] is True
    assert content["tools"][0] | {"use": "In use", "use_reason": "We had to."} == content["tools"][0]


def test_every_clause_has_its_reading_and_the_unread_ones_are_named(story: paper.Story):
    agreement = data_of(story.vendor)["agreements"][0]
    b36 = next(each for each in agreement["readings"] if each["code"] == "B36")
    assert (b36["status_label"], b36["quote"], b36["read_by"], b36["read_on"]) == (
        "Absent",
        "",
        "Dana Okafor",
        date(2026, 11, 7),
    )
    assert (agreement["stands"], agreement["unread"], len(agreement["readings"])) == ("In force", [], 45)
    second = record_agreement(
        vendor=story.vendor, by=story.cast.officer, kind_of="qsoa", vendor_party="", plan="", practice_signed_on=None,
        vendor_signed_on=None, effective_on=None, ends_on=None, next_review_on=None, tools=[], evidence=None,
    )  # fmt: skip
    unsigned = next(each for each in data_of(story.vendor)["agreements"] if each["uid"] == second.uid)
    assert (unsigned["stands"], len(unsigned["unread"])) == ("Draft", 45)


def test_reviews_stand_under_their_agreement(story: paper.Story):
    add_review(
        agreement=story.agreement, by=story.cast.officer, on=date(2026, 11, 20), finding="stands", notes="Read again."
    )
    review = data_of(story.vendor)["agreements"][0]["reviews"][0]
    assert (review["by"], review["finding"], review["notes"]) == ("Dana Okafor", "It still stands", "Read again.")


def test_evidence_tells_under_which_questions_it_stands_and_whether_it_expired(story: paper.Story):
    content = data_of(story.vendor, at=paper.PRINTED + timedelta(days=340))
    told = {each["label"]: (each["questions"], each["expired"]) for each in content["evidence"]}
    assert told == {
        "E-01": ([1, 2], False),
        "E-02": ([3], True),
        "E-03": ([4], False),
        "E-04": ([5], False),
        "E-05": ([7], True),
        "E-06": ([1, 6, 8, 9], False),
    }


def test_reminders_tell_to_whom_and_what_became_of_them(story: paper.Story):
    about = {"practice": story.cast.practice, "kind": "review", "subject_kind": "agreement"}
    mails = []
    for rung in (-60, -30, -7):
        to = {"practice": story.cast.practice, "person": story.cast.owner}
        mails.append(
            Mail.objects.create(**to, kind="news", on=date(2027, 9, 7), message_id=f"{rung}@x", state="sending")
        )
        Reminder.objects.create(
            **about, person=story.cast.owner, subject_uid=story.agreement.uid, due_on=date(2027, 11, 6), rung=rung,
            subject=f"Review due {rung}", mail=mails[-1], path="/",
        )  # fmt: skip
    delivery.mark_sent(mail=mails[0], by=None)
    delivery.mark_refused(mail=mails[1], by=None, reason="No such box.")
    told = [
        (each["to"], each["subject"], each["state"], each["sent_at"]) for each in data_of(story.vendor)["reminders"]
    ]
    assert told == [
        ("Maria Reyes", "Review due -60", "Sent", paper.PRINTED),
        ("Maria Reyes", "Review due -30", "Refused by the mail server", None),
    ]


def test_an_exception_that_was_remediated_is_told(story: paper.Story, monkeypatch: pytest.MonkeyPatch):
    paper.used(story.vendor, first_phi_on=date(2026, 11, 3), reason="By mistake.")
    assessed = (ExposureFact(key="x", began_on=date(2026, 11, 3), is_open=False),)
    closed = [replace(each, exposures=assessed) for each in facts.tool_facts(story.vendor, story.vendor.tools.all())]
    monkeypatch.setattr(facts, "tool_facts", lambda vendor, tools: closed)
    standing = data_of(story.vendor)["standing"]
    assert (standing["headline"], len(standing["exceptions"])) == ("Cleared as remediated: five of five", 1)
    assert "before a complete agreement stood" in standing["exceptions"][0]


def test_history_is_the_ledger_of_the_vendor_and_its_records(story: paper.Story):
    lines = data_of(story.vendor)["history"]["lines"]
    assert (lines[0]["who"], lines[0]["says"], lines[0]["label"]) == ("Dana Okafor", "added the vendor", "Claridesk")
    assert [line["says"] for line in lines if line["who"] == "Maria Reyes"] == [
        "countersigned",
        "changed the standing of",
    ]


def test_clauses_read_in_a_row_are_one_line_with_every_clause_in_it(story: paper.Story):
    lines = data_of(story.vendor)["history"]["lines"]
    read = [line for line in lines if line["says"] == "read"]
    assert [(line["label"], line["last"] - line["first"] + 1) for line in read] == [
        ("45 clauses of the Business associate agreement with Claridesk", 45)
    ]
    assert "B36 absent" in read[0]["detail"]


def test_a_legal_hold_and_a_proposal_to_remove_are_told(story: paper.Story):
    cast, vendor = story.cast, story.vendor
    hold = place_hold(vendor=vendor, by=cast.officer, reason="A letter of counsel.", since=date(2026, 11, 20))
    said = {"since_on": date(2026, 11, 20), "reason": "A letter of counsel.", "placed_by": "Dana Okafor"}
    content = data_of(vendor)
    assert content["holds"] == [{**said, "lifted_at": None, "lifted_by": "", "lift_reason": ""}]
    lift_hold(hold=hold, by=cast.owner, version=1, reason="They settled.")
    removal = make_removal(vendor=vendor, by=cast.officer)
    withdraw_removal(removal=removal, by=cast.officer)
    content = data_of(vendor)
    lifted = {"lifted_at": paper.PRINTED, "lifted_by": "Maria Reyes", "lift_reason": "They settled."}
    assert content["holds"] == [{**said, **lifted}]
    lines = [(line["says"], line["detail"]) for line in content["history"]["lines"]]
    assert [line for line in lines if re.search("hold|propos", line[0])] == [
        ("placed a legal hold on", "“A letter of counsel.”"),
        ("lifted the legal hold on", "“They settled.”"),
        ("withdrew the proposal to remove the records of", ""),
    ]


def test_every_record_of_a_vendor_is_among_those_that_its_ledger_is_searched_for(story: paper.Story):
    place_hold(vendor=story.vendor, by=story.cast.officer, reason="A letter.", since=date(2026, 11, 20))
    add_review(agreement=story.agreement, by=story.cast.officer, on=date(2026, 11, 20), finding="same")
    found = belongings(story.vendor).uids
    assert {"hold", "review", "citation", "attestation", "evidence"} - {
        kind for kind, uids in found.items() if uids
    } == set()
    assert {uid for uids in found.values() for uid in uids} - dossier_history.uids_about(story.vendor) == set()


def test_of_a_long_history_the_newest_are_printed_and_the_rest_is_counted(story: paper.Story):
    vendor = vendor_file.load(story.vendor)
    assert vendor is not None
    every = dossier_history.history_of(vendor, until=10_000)
    some = dossier_history.history_of(vendor, until=10_000, most=5)
    assert (some["lines"][-1], every["left_out"]) == (every["lines"][-1], 0)
    assert some["left_out"] > 50


def test_the_head_of_the_ledger_is_that_of_the_practice(story: paper.Story):
    head = LedgerHead.objects.get(practice_uid=story.cast.practice.uid)
    assert data_of(story.vendor)["ledger"] == {"entries": head.seq, "digest": head.digest}


def test_nothing_of_another_practice_is_in_it(story: paper.Story):
    theirs = paper.cast_of(name="Quiet Pines Therapy", owner="Olga Fremd", officer="Otto Fremd")
    other = paper.begun(theirs, tools=("Fremd tool",))
    paper.file_of(other, by=theirs.officer, number=1, title="Fremd file")
    make_tool(vendor=other, name="Fremd second")
    text = snapshot.text_of(data_of(story.vendor))
    assert "Fremd" not in text
    assert "Quiet Pines" not in text


def test_the_moment_it_was_made_is_kept():
    with clock.set_to(paper.PRINTED):
        assert data_of(paper.begun(paper.cast_of()))["made_at"] == paper.PRINTED


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"before": "in_evaluation", "after": "cleared"}, "in evaluation to cleared"),
        ({"found": "present", "before": ""}, "present"),
        ({"changed": ["said_by", "first_phi_on"]}, "changed said by, first patient data"),
        ({"reason": "Too dear."}, "“Too dear.”"),
        ({"evidence": "E-01 Signed", "sha256": "00"}, "E-01 Signed"),
        ({"tools": ["A", "B"], "edition": "2026-1"}, "for A, B"),
        ({}, ""),
    ],
)
def test_what_an_entry_says_beside_who_and_what(detail: dict[str, Any], words: str):
    assert dossier_history.detail_words(detail) == words
