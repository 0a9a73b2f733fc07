"""Checking the answers, and submitting them: only what is cleared today, and once."""

import pytest
import time_machine

from checklists import snapshot
from checklists.actions.answers import record_answer
from checklists.models import Evaluation
from practice_vetting.core.errors import Refused
from practice_vetting.core.ledger import sha256
from practice_vetting.core.models import LedgerEntry
from tests.checklists.signing import submit
from tests.conftest import Cast
from tests.factories import arranging

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


def now(evaluation: Evaluation) -> Evaluation:
    return Evaluation.objects.get(pk=evaluation.pk)


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("officer", 200), ("staff", 403), ("auditor", 403)])
def test_who_may_check(cleared: Evaluation, cast: Cast, browse, who: str, status: int):
    assert browse(getattr(cast, who)).get(f"/evaluations/{cleared.uid}/check/").status_code == status


@pytest.mark.parametrize(("who", "state"), [("owner", "submitted"), ("officer", "submitted"), ("staff", "draft")])
def test_who_may_submit(cleared: Evaluation, cast: Cast, browse, who: str, state: str):
    browse(getattr(cast, who)).post(f"/evaluations/{cleared.uid}/submit/")
    assert now(cleared).state == state


def test_another_practices_evaluation_is_not_found(cleared: Evaluation, strangers: Cast, browse):
    client = browse(strangers.officer)
    assert client.get(f"/evaluations/{cleared.uid}/check/").status_code == 404
    assert client.post(f"/evaluations/{cleared.uid}/submit/").status_code == 404


def test_the_check_page_shows_every_answer_with_its_change_link(cleared: Evaluation, cast: Cast, browse):
    page = browse(cast.officer).get(f"/evaluations/{cleared.uid}/check/").content.decode()
    for number in range(1, 10):
        assert f"Answer {number} of the vendor." in page
        link = f'<a href="/evaluations/{cleared.uid}/#question-{number}">Change'
        assert f'{link}<span class="visually-hidden"> the answer to question {number}</span></a>' in page
    assert ("Cleared: five of five" in page, f'action="/evaluations/{cleared.uid}/submit/"' in page) == (True, True)


def test_a_draft_that_is_not_cleared_has_a_dead_button_and_says_why(draft: Evaluation, cast: Cast, browse):
    page = browse(cast.officer).get(f"/evaluations/{draft.uid}/check/").content.decode()
    assert 'aria-disabled="true" aria-describedby="why-not-submit"' in page
    assert "It cannot be submitted yet. Not cleared: 0 of 5." in page
    assert f"/evaluations/{draft.uid}/submit/" not in page


def test_submitting_what_is_not_cleared_is_refused_with_the_verdict(draft: Evaluation, cast: Cast, browse):
    response = browse(cast.officer).post(f"/evaluations/{draft.uid}/submit/")
    assert (response.status_code, now(draft).state, now(draft).snapshot) == (422, "draft", "")
    assert "The verdict of today is “Not cleared: 0 of 5”." in response.content.decode()


def test_submitting_freezes_the_snapshot_with_its_hash_and_who_and_when(cleared: Evaluation, cast: Cast, browse):
    browse(cast.officer).post(f"/evaluations/{cleared.uid}/submit/")
    kept = now(cleared)
    assert (kept.state, kept.submitted_by, kept.submitted_at.isoformat()) == (
        "submitted",
        cast.officer,
        "2026-11-21T18:00:00+00:00",
    )
    assert kept.snapshot_sha256 == sha256(kept.snapshot)
    assert snapshot.read(kept.snapshot)["evaluation"]["uid"] == kept.uid
    entry = LedgerEntry.objects.get(verb="evaluation.submitted")
    assert entry.detail == {"snapshot_sha256": kept.snapshot_sha256}


def test_submitting_twice_is_harmless(cleared: Evaluation, cast: Cast, browse):
    client = browse(cast.officer)
    answers = [client.post(f"/evaluations/{cleared.uid}/submit/") for _ in range(2)]
    assert [each.headers["Location"] for each in answers] == [f"/evaluations/{cleared.uid}/"] * 2
    assert LedgerEntry.objects.filter(verb="evaluation.submitted").count() == 1


def test_a_submitted_evaluation_cannot_be_submitted_by_another_way(cleared: Evaluation, cast: Cast):
    submit(cleared, cast.officer)
    with pytest.raises(Refused, match="waits for the officer's attestation"):
        submit(cleared, cast.owner)


def test_a_submitted_answer_cannot_change(cleared: Evaluation, cast: Cast):
    submit(cleared, cast.officer)
    answer = cleared.answers.get(question=4)
    with pytest.raises(Refused):
        record_answer(answer=answer, by=cast.officer, version=answer.version, said="Something else.")


def test_the_check_page_of_a_submitted_one_leads_to_the_evaluation(cleared: Evaluation, cast: Cast, browse):
    submit(cleared, cast.officer)
    response = browse(cast.officer).get(f"/evaluations/{cleared.uid}/check/")
    assert response.headers["Location"] == f"/evaluations/{cleared.uid}/"


def test_what_expired_yesterday_keeps_it_from_being_submitted(cleared: Evaluation, cast: Cast):
    evidence = cleared.vendor.evidence.get()
    with arranging(cast.officer):
        evidence.expires_on = "2026-11-20"
        evidence.save()
    with pytest.raises(Refused, match="Document what is missing, then submit it"):
        submit(cleared, cast.officer)


def test_if_the_ledger_cannot_be_written_nothing_is_submitted(cleared: Evaluation, cast: Cast, monkeypatch):
    def broken(*args: object, **columns: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("practice_vetting.core.ledger._append", broken)
    with pytest.raises(OSError, match="disk full"):
        submit(cleared, cast.officer)
    assert (now(cleared).state, now(cleared).snapshot_sha256) == ("draft", "")
