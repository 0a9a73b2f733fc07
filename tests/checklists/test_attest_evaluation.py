"""The officer's signature: the four things it captures, and all that keeps it from being given."""

import re

import pytest
import time_machine

from checklists.actions.signing import send_back_evaluation
from checklists.models import Attestation, Evaluation
from checklists.statements import CONSENT, STATEMENT_EDITION
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests.checklists import signing
from tests.conftest import Cast
from tests.factories import arranging, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]


@pytest.fixture
def submitted(cleared: Evaluation, cast: Cast) -> Evaluation:
    return signing.submit(cleared, cast.officer)


def url(evaluation: Evaluation) -> str:
    return f"/evaluations/{evaluation.uid}/attest/"


def send(client, evaluation: Evaluation, cast: Cast, **changes: object):
    return client.post(url(evaluation), signing.form(evaluation, cast.officer, **changes))


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("officer", 200), ("staff", 403), ("auditor", 403)])
def test_who_may_attest(submitted: Evaluation, cast: Cast, browse, who: str, status: int):
    assert browse(getattr(cast, who)).get(url(submitted)).status_code == status


def test_another_practices_evaluation_is_not_found(submitted: Evaluation, strangers: Cast, browse):
    assert browse(strangers.officer).get(url(submitted)).status_code == 404


def test_the_page_shows_all_that_is_signed_and_no_mark_is_made_beforehand(submitted, cast: Cast, browse):
    page = browse(cast.officer).get(url(submitted)).content.decode()
    assert "I read the nine answers and opened the evidence listed with them." in page
    assert all(f"Answer {number} of the vendor." in page for number in range(1, 10))
    assert page.count(submitted.snapshot_sha256) == 2
    assert re.findall(r'<input type="checkbox" name="(\w+)"([^>]*)\bchecked\b', page) == []
    assert '<input type="checkbox" name="consent"' in page


def test_a_signature_captures_who_what_when_how_and_under_which_words(submitted, cast: Cast, browse):
    response = send(browse(cast.officer), submitted, cast)
    kept = Attestation.objects.get()
    assert response.headers["Location"] == f"/evaluations/{submitted.uid}/#signatures"
    assert (kept.part, kept.person, kept.person_name, kept.person_role) == (
        "officer",
        cast.officer,
        "Dana Okafor",
        "Compliance officer",
    )
    assert (kept.method, kept.address, kept.signed_at.isoformat(), kept.alone) == (
        "password",
        "127.0.0.1",
        "2026-11-21T18:00:00+00:00",
        False,
    )
    assert (kept.snapshot_sha256, kept.statement_edition) == (submitted.snapshot_sha256, STATEMENT_EDITION)
    assert kept.statement.split("\n\n")[-1] == CONSENT
    assert "“Cleared: five of five”" in kept.statement
    assert Evaluation.objects.get().state == "attested"


def test_the_ledger_binds_the_signature(submitted, cast: Cast):
    kept = signing.attest(submitted, cast.officer)
    detail = LedgerEntry.objects.get(verb="evaluation.attested").detail
    assert (detail["uid"], detail["snapshot_sha256"], len(detail["statement_sha256"])) == (
        kept.uid,
        submitted.snapshot_sha256,
        64,
    )


@pytest.mark.parametrize("typed", ["dana okafor", "  DANA   OKAFOR ", "Dana Okafor"])
def test_the_typed_name_may_differ_in_case_and_spaces(submitted, cast: Cast, browse, typed: str):
    send(browse(cast.officer), submitted, cast, typed_name=typed)
    assert Evaluation.objects.get().state == "attested"


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"typed_name": "Maria Reyes"}, "typed_name", "Type your name as your account has it: Dana Okafor."),
        ({"typed_name": ""}, "typed_name", "Type your full name."),
        ({"consent": None}, "consent", "Mark this if you mean it. Without it, nothing is signed."),
    ],
)
def test_without_name_or_intent_nothing_is_signed(submitted, cast, browse, changes, field, sentence):
    response = send(browse(cast.officer), submitted, cast, **changes)
    assert (response.status_code, Attestation.objects.count()) == (422, 0)
    assert response.context["form"].errors == {field: [sentence]}


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_showed_nothing_for_five_minutes_is_asked_first(submitted, cast: Cast, browse, method: str):
    with time_machine.travel("2026-11-21T17:55:00Z", tick=False):
        client = browse(cast.officer)
    response = getattr(client, method)(url(submitted), signing.form(submitted, cast.officer))
    assert response.headers["Location"].startswith("/account/again/?next=/")
    assert Attestation.objects.count() == 0


def test_what_is_no_longer_cleared_today_is_refused(submitted, cast: Cast, browse):
    evidence = submitted.vendor.evidence.get()
    with arranging(cast.officer):
        evidence.expires_on = "2026-11-20"
        evidence.save()
    response = send(browse(cast.officer), submitted, cast)
    assert (response.status_code, Attestation.objects.count()) == (422, 0)
    assert "Send it back, and document what is missing." in response.content.decode()


def test_what_changed_since_it_was_submitted_is_refused(submitted, cast: Cast, browse):
    with arranging(cast.officer):
        tool = submitted.tools.get()
        tool.name = "Notewell Scribe 2"
        tool.save()
    response = send(browse(cast.officer), submitted, cast)
    assert (response.status_code, Attestation.objects.count()) == (422, 0)
    assert "Something that it rests on changed since it was submitted. Send it back" in response.content.decode()


def test_a_stored_snapshot_that_was_tampered_with_is_refused(submitted, cast: Cast):
    with arranging(cast.officer):
        submitted.snapshot = submitted.snapshot.replace("Answer 4", "Answer X")
        submitted.save()
    with pytest.raises(Refused, match="changed since it was submitted"):
        signing.attest(submitted, cast.officer)


def test_nobody_signs_what_they_did_not_see(submitted, cast: Cast, browse):
    client, before = browse(cast.officer), submitted.snapshot_sha256
    send_back_evaluation(evaluation=submitted, by=cast.owner, reason="The log.")
    again = signing.submit(submitted, cast.officer)
    response = send(client, submitted, cast, snapshot_sha256=before)
    page = response.content.decode()
    assert (response.status_code, Attestation.objects.count()) == (422, 0)
    assert "It was sent back and submitted again while you read." in page
    assert f'value="{again.snapshot_sha256}"' in page


def test_attesting_twice_makes_one_signature_and_says_so(submitted, cast: Cast, browse):
    client = browse(cast.officer)
    answers = [send(client, submitted, cast) for _ in range(2)]
    assert [each.status_code for each in answers] == [302, 302]
    assert Attestation.objects.count() == 1
    page = client.get(f"/evaluations/{submitted.uid}/").content.decode()
    assert "Dana Okafor signed this already. It counts once." in page


def test_two_people_at_once_make_one_signature(submitted, cast: Cast, browse, monkeypatch):
    """The second browser loaded its evaluation before the first one signed, and acts after."""
    from checklists.views import signing as view

    act = view.actions.attest_evaluation

    def slower(**given: object) -> object:
        signing.attest(submitted, cast.owner)
        return act(**given)

    monkeypatch.setattr(view.actions, "attest_evaluation", slower)
    response = send(browse(cast.officer), submitted, cast)
    assert (response.status_code, Attestation.objects.get().person) == (302, cast.owner)


def test_a_draft_cannot_be_attested(cleared: Evaluation, cast: Cast, browse):
    client = browse(cast.officer)
    assert client.get(url(cleared)).headers["Location"] == f"/evaluations/{cleared.uid}/"
    with pytest.raises(Refused, match="still being filled in"):
        signing.attest(cleared, cast.officer)


@pytest.mark.parametrize("who", ["staff", "auditor"])
def test_the_action_itself_knows_who_may_sign(submitted, cast: Cast, who: str):
    with pytest.raises(Refused, match="Your role cannot sign this part"):
        signing.attest(submitted, getattr(cast, who))


def test_who_left_the_practice_cannot_sign(submitted, cast: Cast):
    gone = make_member(
        practice=cast.practice, name="Kim Lo", role="officer", email="kim@lo.example", ended_on="2026-11-20"
    )
    with pytest.raises(Refused, match="Your role cannot sign this part"):
        signing.attest(submitted, gone)


@pytest.mark.parametrize(("trusted", "address"), [(0, "127.0.0.1"), (1, "198.51.100.2")])
def test_the_address_is_that_of_the_person_and_no_forged_one(
    submitted: Evaluation, cast: Cast, browse, settings, trusted: int, address: str
):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = trusted
    told = {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.2"}
    assert browse(cast.officer).post(url(submitted), signing.form(submitted, cast.officer), **told).status_code == 302
    assert Attestation.objects.get().address == address
