"""Sending back: before anybody signed, with a reason, and the snapshot is dropped."""

import pytest

from checklists.actions.answers import record_answer
from checklists.models import Evaluation
from practice_vetting.core.models import LedgerEntry
from tests.checklists.signing import attest, submit
from tests.conftest import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
REASON = {"reason": "Question 4 names the wrong log."}


@pytest.fixture
def submitted(cleared: Evaluation, cast: Cast) -> Evaluation:
    return submit(cleared, cast.officer)


def url(evaluation: Evaluation) -> str:
    return f"/evaluations/{evaluation.uid}/send-back/"


@pytest.mark.parametrize(("who", "status"), [("owner", 302), ("officer", 302), ("staff", 403), ("auditor", 403)])
def test_who_may_send_back(submitted: Evaluation, cast: Cast, browse, who: str, status: int):
    assert browse(getattr(cast, who)).post(url(submitted), REASON).status_code == status


def test_another_practices_evaluation_is_not_found(submitted: Evaluation, strangers: Cast, browse):
    assert browse(strangers.owner).post(url(submitted), REASON).status_code == 404


def test_it_is_a_draft_again_without_a_snapshot(submitted: Evaluation, cast: Cast, browse):
    browse(cast.owner).post(url(submitted), REASON)
    kept = Evaluation.objects.get()
    assert (kept.state, kept.snapshot, kept.snapshot_sha256, kept.submitted_at, kept.submitted_by) == (
        "draft",
        "",
        "",
        None,
        None,
    )
    detail = LedgerEntry.objects.get(verb="evaluation.sent_back").detail
    assert detail == {"reason": REASON["reason"], "dropped_sha256": submitted.snapshot_sha256}


def test_a_reason_is_needed(submitted: Evaluation, cast: Cast, browse):
    response = browse(cast.owner).post(url(submitted), {"reason": "  "})
    assert (response.status_code, Evaluation.objects.get().state) == (422, "submitted")
    assert response.context["form"].errors["reason"] == [
        "Say why it goes back, so that the next person knows what to correct."
    ]


def test_the_page_asks_for_the_reason(submitted: Evaluation, cast: Cast, browse):
    page = browse(cast.officer).get(url(submitted)).content.decode()
    assert "What has to be corrected?" in page


def test_the_answers_can_change_again_and_it_can_be_submitted_once_more(submitted: Evaluation, cast: Cast, browse):
    browse(cast.owner).post(url(submitted), REASON)
    answer = submitted.answers.get(question=4)
    record_answer(answer=answer, by=cast.officer, version=answer.version, said="The right log.")
    again = submit(submitted, cast.officer)
    assert (again.state, again.snapshot_sha256 == submitted.snapshot_sha256) == ("submitted", False)


def test_an_attested_one_cannot_be_sent_back(submitted: Evaluation, cast: Cast, browse):
    attest(submitted, cast.officer)
    page = browse(cast.owner).post(url(submitted), REASON, follow=True).content.decode()
    assert Evaluation.objects.get().state == "attested"
    assert "This evaluation is attested and cannot change." in page
