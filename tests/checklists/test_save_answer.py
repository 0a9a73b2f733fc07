"""Each answer is saved by itself, with and without JavaScript; two people on one answer lose nothing."""

import uuid

import pytest
import time_machine

from checklists.actions.answers import take_away
from checklists.models import Answer, Citation, Evaluation
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests import files
from tests.checklists.conftest import make_evidence
from tests.conftest import Cast
from tests.factories import arranging, make_agreement, make_vendor
from vendors.models import Standing

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
GIVEN = {
    "response": "said",
    "route": "",
    "said": "They promised it by phone.",
    "said_by": "J. Ames",
    "said_on": "",
}


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


def save(
    client,
    evaluation: Evaluation,
    number: int = 4,
    *,
    htmx: bool = True,
    extra: dict | None = None,
    **changes: object,
):
    url = f"/evaluations/{evaluation.uid}/questions/{number}/"
    return client.post(url, {**GIVEN, "version": 1, **changes, **(extra or {})}, headers=HTMX if htmx else {})


def kept(evaluation: Evaluation, number: int = 4) -> Answer:
    return evaluation.answers.get(question=number)


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("officer", 200), ("staff", 200), ("auditor", 403)])
def test_who_may_answer(draft: Evaluation, cast: Cast, browse, who: str, status: int):
    assert save(browse(getattr(cast, who)), draft).status_code == status


def test_another_practices_answer_is_not_found(draft: Evaluation, strangers: Cast, browse):
    assert save(browse(strangers.officer), draft).status_code == 404
    assert kept(draft).said == ""


def test_a_saved_answer_carries_who_and_when(draft: Evaluation, cast: Cast, browse):
    page = save(browse(cast.officer), draft).content.decode()
    answer = kept(draft)
    assert (answer.response, answer.said, answer.changed_by, answer.version) == (
        "said",
        "They promised it by phone.",
        cast.officer,
        2,
    )
    assert "Saved 21 Nov 2026, 13:00" in page
    entry = LedgerEntry.objects.get(verb="answer.recorded")
    assert (entry.person_name, entry.detail["changed"]) == ("Dana Okafor", ["response", "said", "said_by"])


def test_the_verdict_follows_at_once(draft: Evaluation, cast: Cast, browse):
    page = save(browse(cast.officer), draft, 9, response="vague").content.decode()
    assert "Stopped: requirement 5 failed" in page
    assert Standing.objects.get(vendor=draft.vendor).state == "stopped"


def test_without_javascript_it_leads_back_to_the_question(draft: Evaluation, cast: Cast, browse):
    response = save(browse(cast.officer), draft, htmx=False)
    assert response.headers["Location"] == f"/evaluations/{draft.uid}/#question-4"


def test_the_same_text_again_changes_nothing(draft: Evaluation, cast: Cast, browse):
    client = browse(cast.officer)
    save(client, draft)
    save(client, draft)
    assert (kept(draft).version, LedgerEntry.objects.filter(verb="answer.recorded").count()) == (2, 1)


@pytest.mark.parametrize("htmx", [True, False])
def test_two_people_on_one_answer_see_both_texts(draft: Evaluation, cast: Cast, browse, htmx: bool):
    save(browse(cast.officer), draft, said="Logs for seven years.")
    second = save(browse(cast.staff), draft, said="Logs for ninety days.", htmx=htmx)
    page = second.content.decode()
    assert second.status_code == 409
    assert "Dana Okafor changed this answer" in page
    assert "Logs for seven years." in page
    assert "Logs for ninety days." in page
    assert kept(draft).said == "Logs for seven years."


def test_who_keeps_their_own_text_does_so_knowingly(draft: Evaluation, cast: Cast, browse):
    save(browse(cast.officer), draft, said="Logs for seven years.")
    save(browse(cast.staff), draft, said="Logs for ninety days.", htmx=False, keep="mine", seen_version=2)
    assert kept(draft).said == "Logs for ninety days."
    assert [row.said for row in kept(draft).history.all()] == [
        "Logs for ninety days.",
        "Logs for seven years.",
        "",
    ]


def test_a_third_change_is_seen_before_mine_is_kept(draft: Evaluation, cast: Cast, browse):
    save(browse(cast.officer), draft, said="Logs for seven years.")
    save(browse(cast.owner), draft, said="Logs for eight years.", version=2)
    mine = save(browse(cast.staff), draft, said="Mine.", htmx=False, keep="mine", seen_version=2)
    assert (mine.status_code, kept(draft).said) == (409, "Logs for eight years.")


def test_who_keeps_the_other_text_changes_nothing(draft: Evaluation, cast: Cast, browse):
    save(browse(cast.officer), draft, said="Logs for seven years.")
    save(browse(cast.staff), draft, said="Mine.", version=2, htmx=False, keep="theirs")
    assert kept(draft).said == "Logs for seven years."


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("response", "perhaps"),
        ("route", "sideways"),
        ("said_on", "2027-01-01"),
        ("said_on", "yesterday"),
        ("said", "x" * 5001),
        ("said_by", "x" * 201),
        ("version", ""),
        ("response", "does_not_apply"),
    ],
)
def test_bad_input_is_said_and_nothing_is_kept(draft: Evaluation, cast: Cast, browse, field: str, value: str):
    response = save(browse(cast.officer), draft, **{field: value})
    assert (response.status_code, kept(draft).version) == (422, 1)
    assert "Not saved." in response.content.decode()


def test_bad_input_without_javascript_keeps_the_text(draft: Evaluation, cast: Cast, browse):
    page = save(browse(cast.officer), draft, said="A long story.", said_on="soon", htmx=False)
    assert page.status_code == 422
    assert "A long story." in page.content.decode()


def test_a_question_that_does_not_exist_is_not_found(draft: Evaluation, cast: Cast, browse):
    assert save(browse(cast.officer), draft, 10).status_code == 404


def test_extra_fields_change_nothing(draft: Evaluation, cast: Cast, strangers: Cast, browse):
    extra = {"practice": strangers.practice.pk, "evaluation": 99, "changed_by": cast.owner.pk}
    save(browse(cast.officer), draft, extra=extra)
    assert (kept(draft).practice, kept(draft).changed_by) == (cast.practice, cast.officer)


def test_a_save_that_changes_the_verdict_costs_16_queries(
    draft: Evaluation, cast: Cast, browse, django_assert_num_queries
):
    """Three ask who it is, two mark the transaction; answer and standing are written with their history."""
    client = signed_in(browse, draft, cast)
    with django_assert_num_queries(16):
        save(client, draft)


def test_agreements_and_documents_make_a_save_no_dearer_each(
    cleared: Evaluation, cast: Cast, browse, django_assert_num_queries
):
    client = signed_in(browse, cleared, cast)
    with django_assert_num_queries(16):
        save(client, cleared, version=2)
    add_documents(cleared, cast, 2)
    make_agreement(vendor=cleared.vendor)
    with django_assert_num_queries(16):
        save(client, cleared, version=3, response="in_writing")


def test_a_save_of_words_alone_judges_nothing_and_costs_12_queries(
    draft: Evaluation, cast: Cast, browse, django_assert_num_queries
):
    client = browse(cast.officer)
    save(client, draft)
    with django_assert_num_queries(12):
        page = save(client, draft, version=2, said="They promised it again.").content.decode()
    assert (kept(draft).said, kept(draft).version) == ("They promised it again.", 3)
    assert 'id="verdict"' not in page


def test_the_page_costs_8_queries_with_one_or_three_documents_an_answer(
    cleared: Evaluation, cast: Cast, browse, django_assert_num_queries
):
    client, url = signed_in(browse, cleared, cast), f"/evaluations/{cleared.uid}/"
    with django_assert_num_queries(8):
        client.get(url)
    add_documents(cleared, cast, 2)
    with django_assert_num_queries(8):
        client.get(url)


def signed_in(browse, evaluation: Evaluation, cast: Cast):
    """The officer, who has seen the page: the first request of all asks once whether the place is set up."""
    client = browse(cast.officer)
    client.get(f"/evaluations/{evaluation.uid}/")
    return client


def add_documents(evaluation: Evaluation, cast: Cast, number: int) -> None:
    """So many more documents under each answer."""
    for _ in range(number):
        evidence = make_evidence(vendor=evaluation.vendor, by=cast.officer)
        with arranging(cast.officer):
            for answer in evaluation.answers.all():
                Citation(practice=answer.practice, answer=answer, evidence=evidence).save()


def test_evidence_on_file_is_put_under_an_answer_once(draft: Evaluation, cast: Cast, browse):
    evidence = make_evidence(vendor=draft.vendor, by=cast.officer, title="Retention policy")
    client, url = browse(cast.staff), f"/evaluations/{draft.uid}/questions/4/evidence/"
    page = client.post(url, {"evidence": evidence.uid, "pages": "3"}, headers=HTMX)
    client.post(url, {"evidence": evidence.uid}, headers=HTMX)
    assert "E-01 Retention policy" in page.content.decode()
    assert [(c.evidence, c.pages) for c in kept(draft).citations.all()] == [(evidence, "3")]


def test_evidence_is_taken_away_and_stays_on_file(draft: Evaluation, cast: Cast, browse):
    evidence = make_evidence(vendor=draft.vendor, by=cast.officer)
    client = browse(cast.officer)
    client.post(f"/evaluations/{draft.uid}/questions/4/evidence/", {"evidence": evidence.uid})
    citation = kept(draft).citations.get()
    assert client.post(f"/citations/{citation.uid}/remove/").status_code == 302
    assert (kept(draft).citations.count(), draft.vendor.evidence.count()) == (0, 1)


def test_evidence_of_another_vendor_or_practice_is_refused(draft: Evaluation, cast: Cast, strangers: Cast, browse):
    other = make_evidence(vendor=make_vendor(practice=cast.practice, name="Other"), by=cast.officer)
    foreign = make_evidence(vendor=make_vendor(practice=strangers.practice), by=strangers.officer)
    for evidence in (other, foreign):
        page = browse(cast.officer).post(
            f"/evaluations/{draft.uid}/questions/4/evidence/", {"evidence": evidence.uid}, headers=HTMX
        )
        assert page.status_code == 422
        assert "Choose a document of this vendor." in page.content.decode()
    assert kept(draft).citations.count() == 0


def test_the_page_shows_nine_questions_and_what_is_missing(draft: Evaluation, cast: Cast, browse):
    page = browse(cast.auditor).get(f"/evaluations/{draft.uid}/").content.decode()
    assert page.count('<article class="sheet question"') == 9
    assert "What stands between Notewell and clearance" in page
    assert "<textarea" not in page


def test_everything_documented_is_five_of_five(cleared: Evaluation, cast: Cast, browse):
    page = browse(cast.officer).get(f"/evaluations/{cleared.uid}/").content.decode()
    assert "Cleared: five of five" in page
    assert "Nothing stands in the way" in page


def test_what_is_documented_is_folded_and_what_is_open_is_not(cleared: Evaluation, cast: Cast, browse):
    client = browse(cast.officer)
    save(client, cleared, version=2)
    page = client.get(f"/evaluations/{cleared.uid}/").content.decode()
    assert (page.count('<details class="more change">'), page.count("data-autosave=")) == (8, 9)


def test_the_steps_say_what_is_failed_and_what_is_open(draft: Evaluation, cast: Cast, browse):
    client = browse(cast.officer)
    save(client, draft, 2, response="vague")
    page = client.get(f"/evaluations/{draft.uid}/").content.decode()
    assert "<small>Failed: question 2. Open: questions 1, 6, 8, agreement</small>" in page
    assert "<small>Open: questions 4, 8</small>" in page


def attach(client, draft: Evaluation, number: int = 4, **changes: object):
    given = {
        "form_id": str(uuid.uuid4()),
        "file": files.upload(files.pdf()),
        "kind_of": "policy",
        "no_patient_data": "on",
    }
    url = f"/evaluations/{draft.uid}/questions/{number}/evidence/"
    return client.post(url, {**given, "expires_on": "", "pages": "2", **changes}, headers=HTMX)


def test_a_file_is_kept_and_put_under_the_answer(draft: Evaluation, cast: Cast, browse):
    page = attach(browse(cast.staff), draft)
    cited = kept(draft).citations.get()
    assert (page.status_code, cited.evidence.label, cited.pages, cited.evidence.checked_by) == (
        200,
        "E-01",
        "2",
        cast.staff,
    )


def test_the_same_file_again_is_offered_to_be_linked(draft: Evaluation, cast: Cast, browse):
    client = browse(cast.officer)
    attach(client, draft, 4)
    again = attach(client, draft, 8)
    page = again.content.decode()
    assert again.status_code == 422
    assert "already on file as E-01" in page
    assert "Put E-01 under this answer" in page


def test_a_file_without_the_check_mark_is_not_kept(draft: Evaluation, cast: Cast, browse):
    page = attach(browse(cast.officer), draft, no_patient_data="")
    assert (page.status_code, draft.vendor.evidence.count()) == (422, 0)
    assert "no patient data is in it" in page.content.decode()


def test_an_upload_without_a_file_says_so_and_keeps_the_rest(draft: Evaluation, cast: Cast, browse):
    given = {"form_id": str(uuid.uuid4()), "kind_of": "policy", "expires_on": "2027-01-31", "pages": "4 to 6"}
    url = f"/evaluations/{draft.uid}/questions/4/evidence/"
    response = browse(cast.officer).post(url, given, headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Choose a file." in page
    assert 'value="2027-01-31"' in page
    assert 'value="4 to 6"' in page


def test_a_document_is_taken_away_once(cleared: Evaluation, cast: Cast):
    citation = Citation.objects.filter(answer__evaluation=cleared).first()
    assert citation is not None
    take_away(citation=Citation.objects.get(pk=citation.pk), by=cast.officer)
    with pytest.raises(Refused, match="already"):
        take_away(citation=citation, by=cast.officer)
