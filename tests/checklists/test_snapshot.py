"""The snapshot: complete, alone readable, and the same bytes for the same facts."""

import json
from datetime import date, datetime

import pytest
import time_machine

from checklists import snapshot
from checklists.actions.answers import cite, record_answer, take_away
from checklists.catalogue import current
from checklists.models import Citation, Evaluation
from practice_vetting.core.ledger import canonical
from tests.checklists.conftest import TODAY, make_evidence
from tests.checklists.signing import submit
from tests.conftest import Cast
from tests.factories import arranging, make_agreement, make_tool
from vendors.clauses import CURRENT, clause_list

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


def built(evaluation: Evaluation) -> dict:
    fresh = Evaluation.objects.get(pk=evaluation.pk)
    return json.loads(snapshot.text_of(snapshot.build(fresh, on=TODAY)))


def test_the_same_facts_give_the_same_bytes(cleared: Evaluation):
    first, second = (
        snapshot.text_of(snapshot.build(Evaluation.objects.get(pk=cleared.pk), on=TODAY)) for _ in range(2)
    )
    assert first == second
    assert first == canonical(json.loads(first))


def test_it_holds_every_part_of_what_is_signed(cleared: Evaluation):
    assert sorted(built(cleared)) == [
        "advice", "agreements", "clause_list", "edition", "evaluation", "evidence", "format", "history", "judged_on",
        "practice", "questions", "requirements", "software", "tools", "vendor", "verdict",
    ]  # fmt: skip


def test_it_names_the_edition_and_the_clauses_by_their_digests(cleared: Evaluation):
    content = built(cleared)
    assert (content["edition"]["digest"], content["clause_list"]["digest"]) == (
        current().digest,
        clause_list(CURRENT).digest,
    )
    assert len(content["edition"]["digest"]) == len(content["clause_list"]["digest"]) == 64


def test_the_verdict_stands_in_it_with_a_reason_for_each_requirement(cleared: Evaluation):
    content = built(cleared)
    assert (content["verdict"]["outcome"], content["verdict"]["headline"]) == ("cleared", "Cleared: five of five")
    assert [each["state"] for each in content["requirements"]] == ["met"] * 5
    assert all(each["findings"] and each["title"] and each["plain"] for each in content["requirements"])


def test_each_of_the_nine_questions_has_its_words_and_its_answer(cleared: Evaluation, cast: Cast):
    questions = built(cleared)["questions"]
    assert [each["number"] for each in questions] == list(range(1, 10))
    assert [each["ask"] for each in questions] == [each.ask for each in current().questions]
    assert {each["response_label"] for each in questions} == {"Yes, in writing"}
    assert (questions[2]["route"], questions[2]["said"], questions[2]["recorded_by"]) == (
        "deidentified",
        "Answer 3 of the vendor.",
        cast.officer.name,
    )
    assert questions[2]["route_label"] == current().question(3).routes[0].label
    assert questions[0]["evidence"] == [{"label": "E-01", "title": "Answer in writing", "pages": ""}]


def test_the_evidence_stands_in_it_once_with_its_whole_hash(cleared: Evaluation):
    (evidence,) = built(cleared)["evidence"]
    assert (evidence["label"], evidence["sha256"], evidence["size"]) == ("E-01", f"{1:064}", 9)


def test_the_file_of_an_agreement_is_evidence_too(cleared: Evaluation, cast: Cast):
    agreement = cleared.vendor.agreements.get()
    with arranging(cast.officer):
        agreement.evidence = make_evidence(vendor=cleared.vendor, by=cast.officer, title="Signed agreement")
        agreement.save()
    content = built(cleared)
    assert [each["title"] for each in content["evidence"]] == ["Answer in writing", "Signed agreement"]
    assert content["agreements"][0]["evidence"] == "E-02"


def test_the_agreement_stands_in_it_with_every_reading(cleared: Evaluation):
    (agreement,) = built(cleared)["agreements"]
    assert (agreement["practice_signed_on"], agreement["vendor_signed_on"], agreement["executed_on"]) == (
        "2026-11-01",
        "2026-11-02",
        "2026-11-02",
    )
    assert [each["code"] for each in agreement["readings"]] == sorted(c.code for c in clause_list(CURRENT).clauses)
    assert {each["status_label"] for each in agreement["readings"]} == {"Present"}


def test_only_tools_in_scope_and_their_agreements_stand_in_it(cleared: Evaluation):
    other = make_tool(vendor=cleared.vendor, name="Notewell Billing")
    make_agreement(vendor=cleared.vendor, tools=[other])
    content = built(cleared)
    assert [each["name"] for each in content["tools"]] == ["Notewell Scribe"]
    assert len(content["agreements"]) == 1


def test_read_gives_days_and_moments_back(cleared: Evaluation):
    content = snapshot.read(snapshot.text_of(snapshot.build(cleared, on=TODAY)))
    assert (content["judged_on"], content["agreements"][0]["ends_on"]) == (TODAY, None)
    assert isinstance(content["questions"][0]["recorded_at"], datetime)
    assert content["agreements"][0]["next_review_on"] == date(2027, 11, 2)


def test_text_that_looks_like_a_day_stays_text(cleared: Evaluation, cast: Cast):
    answer = cleared.answers.get(question=4)
    record_answer(answer=answer, by=cast.officer, version=answer.version, said="2026-11-21")
    content = snapshot.read(snapshot.text_of(snapshot.build(cleared, on=TODAY)))
    assert content["questions"][3]["said"] == "2026-11-21"


def test_its_history_tells_what_was_done_and_by_whom(draft: Evaluation, cast: Cast):
    answer = draft.answers.get(question=4)
    record_answer(answer=answer, by=cast.staff, version=1, response="said")
    assert [each["sentence"] for each in built(draft)["history"]] == [
        "Dana Okafor started 2026 evaluation of Notewell.",
        "Sam Lindqvist recorded the answer to Question 4 of 2026 evaluation of Notewell.",
    ]


def test_the_same_change_in_a_row_is_told_once_with_its_last_time(draft: Evaluation, cast: Cast):
    answer = draft.answers.get(question=4)
    record_answer(answer=answer, by=cast.staff, version=1, said="They")
    with time_machine.travel("2026-11-21T18:05:00Z", tick=False):
        record_answer(answer=answer, by=cast.staff, version=2, said="They promised.")
    history = built(draft)["history"]
    assert [each["told_at"] for each in history] == ["2026-11-21T18:00:00Z", "2026-11-21T18:05:00Z"]


def test_evidence_that_was_taken_away_again_stays_in_the_history(draft: Evaluation, cast: Cast):
    evidence = make_evidence(vendor=draft.vendor, by=cast.officer)
    cite(answer=draft.answers.get(question=4), evidence=evidence, by=cast.officer)
    take_away(citation=Citation.objects.get(), by=cast.officer)
    sentences = [each["sentence"] for each in built(draft)["history"]]
    assert sentences[1:] == [
        "Dana Okafor put evidence under Question 4 of 2026 evaluation of Notewell.",
        "Dana Okafor took evidence away from Question 4 of 2026 evaluation of Notewell.",
    ]


def test_a_rebuilt_one_equals_the_stored_one_on_a_later_day(cleared: Evaluation, cast: Cast):
    submitted = submit(cleared, cast.officer)
    with time_machine.travel("2026-12-01T18:00:00Z", tick=False):
        assert snapshot.rebuilt(Evaluation.objects.get(pk=submitted.pk)) == submitted.snapshot


def test_a_newer_release_of_the_software_rebuilds_the_same(cleared: Evaluation, cast: Cast, monkeypatch):
    submitted = submit(cleared, cast.officer)
    monkeypatch.setattr(snapshot, "software_version", lambda: "99.0.0")
    assert snapshot.rebuilt(Evaluation.objects.get(pk=submitted.pk)) == submitted.snapshot
    assert snapshot.build(submitted, on=TODAY)["software"] == "99.0.0"


def test_another_fact_gives_another_text(cleared: Evaluation, cast: Cast):
    submitted = submit(cleared, cast.officer)
    with arranging(cast.officer):
        tool = submitted.tools.get()
        tool.purpose = "Drafts progress notes"
        tool.save()
    assert snapshot.rebuilt(Evaluation.objects.get(pk=submitted.pk)) != submitted.snapshot
