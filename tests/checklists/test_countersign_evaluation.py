"""The owner's signature: it freezes the evaluation for good, clears the vendor, and asks for the document."""

import pytest

from checklists.actions.answers import cite, record_answer, take_away
from checklists.actions.evaluations import withdraw_evaluation
from checklists.actions.signing import send_back_evaluation
from checklists.models import Attestation, Citation, Evaluation
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Job, Membership
from practice_vetting.core.roles import Role
from tests.checklists import signing
from tests.checklists.conftest import make_evidence
from tests.conftest import Cast
from tests.factories import arranging, make_member
from vendors.models import Standing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]


@pytest.fixture
def attested(cleared: Evaluation, cast: Cast) -> Evaluation:
    signing.submit(cleared, cast.officer)
    signing.attest(cleared, cast.officer)
    return Evaluation.objects.get()


@pytest.fixture
def frozen(attested: Evaluation, cast: Cast) -> Evaluation:
    signing.countersign(attested, cast.owner)
    return Evaluation.objects.get()


@pytest.fixture
def by_yourself(cleared: Evaluation, cast: Cast) -> Evaluation:
    """Only the owner is left, and has attested."""
    with arranging(cast.owner):
        for membership in Membership.objects.of(cast.practice).filter(role=Role.OFFICER):
            membership.ended_on = "2026-11-20"
            membership.save()
    signing.submit(cleared, cast.owner)
    signing.attest(cleared, cast.owner)
    return Evaluation.objects.get()


def url(evaluation: Evaluation) -> str:
    return f"/evaluations/{evaluation.uid}/countersign/"


def send(client, evaluation: Evaluation, cast: Cast, **changes: object):
    return client.post(url(evaluation), signing.form(evaluation, cast.owner, **changes))


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("officer", 403), ("staff", 403), ("auditor", 403)])
def test_who_may_countersign(attested: Evaluation, cast: Cast, browse, who: str, status: int):
    assert browse(getattr(cast, who)).get(url(attested)).status_code == status


def test_another_practices_evaluation_is_not_found(attested: Evaluation, strangers: Cast, browse):
    assert browse(strangers.owner).post(url(attested), {}).status_code == 404


def test_the_page_shows_the_attestation_under_it(attested: Evaluation, cast: Cast, browse):
    page = browse(cast.owner).get(url(attested)).content.decode()
    assert "I read the nine answers and opened the evidence listed with them." in page
    assert "I read this evaluation of Notewell and the attestation under it." in page
    assert "Dana Okafor, compliance officer" in page


def test_a_countersigned_evaluation_is_signed_and_the_vendor_cleared(attested: Evaluation, cast: Cast, browse):
    before = Standing.objects.get(vendor=attested.vendor).state
    response = send(browse(cast.owner), attested, cast)
    kept = Evaluation.objects.get()
    assert response.headers["Location"] == f"/evaluations/{attested.uid}/#signatures"
    assert (kept.state, kept.signed_at.isoformat()) == ("signed", "2026-11-21T18:00:00+00:00")
    assert (before, Standing.objects.get(vendor=attested.vendor).state) == ("in_evaluation", "cleared")


def test_both_signatures_stand_over_the_same_snapshot(frozen: Evaluation):
    kept = Attestation.objects.order_by("pk")
    assert [(each.part, each.person_name, each.snapshot_sha256, each.alone) for each in kept] == [
        ("officer", "Dana Okafor", frozen.snapshot_sha256, False),
        ("owner", "Maria Reyes", frozen.snapshot_sha256, False),
    ]


def test_the_document_is_asked_for_once(frozen: Evaluation, cast: Cast, browse):
    send(browse(cast.owner), frozen, cast)
    (job,) = Job.objects.all()
    assert (job.kind, job.subject_uid, job.key, job.requested_by) == (
        "attestation",
        frozen.uid,
        f"attestation:{frozen.uid}",
        cast.owner,
    )


def test_the_evaluation_shows_both_signatures_and_its_document(frozen: Evaluation, cast: Cast, browse):
    page = browse(cast.auditor).get(f"/evaluations/{frozen.uid}/").content.decode()
    assert page.count("Dana Okafor, compliance officer") == page.count("Maria Reyes, practice owner") == 1
    assert frozen.snapshot_sha256 in page
    assert 'class="document preparing"' in page


def test_who_attested_cannot_countersign_while_somebody_else_could(cleared: Evaluation, cast: Cast, browse):
    signing.submit(cleared, cast.officer)
    signing.attest(cleared, cast.owner)
    page = browse(cast.owner).get(url(cleared)).content.decode()
    assert ("You attested this evaluation." in page, 'name="typed_name"' in page) == (True, False)
    response = send(browse(cast.owner), cleared, cast)
    assert (response.status_code, Attestation.objects.count()) == (422, 1)
    assert "You attested this evaluation. Another owner has to countersign it." in response.content.decode()


def test_another_owner_countersigns_what_an_owner_attested(cleared: Evaluation, cast: Cast):
    second = make_member(practice=cast.practice, name="Ann Vo", role=Role.OWNER, email="ann@vo.example")
    signing.submit(cleared, cast.officer)
    signing.attest(cleared, cast.owner)
    assert signing.countersign(cleared, second).alone is False


def test_a_practice_of_one_signs_both_parts_and_the_statements_say_so(by_yourself: Evaluation, cast: Cast, browse):
    send(browse(cast.owner), by_yourself, cast)
    kept = Attestation.objects.order_by("pk")
    assert [(each.part, each.person, each.alone) for each in kept] == [
        ("officer", cast.owner, True),
        ("owner", cast.owner, True),
    ]
    assert all("One person signs in both parts" in each.statement for each in kept)


def test_a_practice_that_grew_in_between_needs_its_second_owner(by_yourself: Evaluation, cast: Cast):
    second = make_member(practice=cast.practice, name="Ann Vo", role=Role.OWNER, email="ann@vo.example")
    with pytest.raises(Refused, match="Another owner has to countersign it"):
        signing.countersign(by_yourself, cast.owner)
    assert signing.countersign(by_yourself, second).alone is False


def test_an_officer_cannot_countersign_by_another_way(attested: Evaluation, cast: Cast):
    other = make_member(practice=cast.practice, name="Kim Lo", role=Role.OFFICER, email="kim@lo.example")
    with pytest.raises(Refused, match="Your role cannot sign this part"):
        signing.countersign(attested, other)


def test_what_changed_since_the_attestation_is_refused(attested: Evaluation, cast: Cast, browse):
    with arranging(cast.officer):
        tool = attested.tools.get()
        tool.data_classes = ["notes", "audio", "billing"]
        tool.save()
    response = send(browse(cast.owner), attested, cast)
    assert (response.status_code, Evaluation.objects.get().state, Job.objects.count()) == (422, "attested", 0)
    assert "Withdraw it, and start a new one with what is true now." in response.content.decode()


def test_countersigning_twice_makes_one_signature(attested: Evaluation, cast: Cast, browse):
    client = browse(cast.owner)
    assert [send(client, attested, cast).status_code for _ in range(2)] == [302, 302]
    assert (Attestation.objects.filter(part="owner").count(), Job.objects.count()) == (1, 1)
    assert "Maria Reyes signed this already." in client.get(f"/evaluations/{attested.uid}/").content.decode()


def test_what_nobody_attested_cannot_be_countersigned(cleared: Evaluation, cast: Cast, browse):
    signing.submit(cleared, cast.officer)
    assert browse(cast.owner).get(url(cleared)).headers["Location"] == f"/evaluations/{cleared.uid}/"
    with pytest.raises(Refused, match="Attest it first"):
        signing.countersign(cleared, cast.owner)


def test_an_attested_one_can_be_withdrawn_on_its_page(attested: Evaluation, cast: Cast, browse):
    client = browse(cast.officer)
    assert "It was attested, so it cannot be corrected." in client.get(f"/evaluations/{attested.uid}/").content.decode()
    client.post(f"/evaluations/{attested.uid}/withdraw/", {"reason": "The tool changed."})
    assert (Evaluation.objects.get().state, Attestation.objects.count()) == ("withdrawn", 1)


WRITES = {
    "record an answer": lambda e, cast: record_answer(
        answer=e.answers.get(question=4), by=cast.officer, version=e.answers.get(question=4).version, said="x"
    ),
    "cite": lambda e, cast: cite(
        answer=e.answers.get(question=4), evidence=make_evidence(vendor=e.vendor, by=cast.officer), by=cast.officer
    ),
    "take away": lambda e, cast: take_away(
        citation=Citation.objects.filter(answer__evaluation=e).first(), by=cast.officer
    ),
    "submit": lambda e, cast: signing.submit(e, cast.officer),
    "send back": lambda e, cast: send_back_evaluation(evaluation=e, by=cast.owner, reason="x"),
    "attest": lambda e, cast: signing.attest(e, cast.officer),
    "countersign": lambda e, cast: signing.countersign(e, cast.owner),
    "withdraw": lambda e, cast: withdraw_evaluation(evaluation=e, by=cast.officer, reason="x"),
}


@pytest.mark.parametrize("write", WRITES)
def test_nothing_can_be_written_to_a_signed_evaluation(frozen: Evaluation, cast: Cast, write: str):
    before = list(Evaluation.objects.values()), list(Citation.objects.values()), list(frozen.answers.values())
    with pytest.raises(Refused):
        WRITES[write](frozen, cast)
    assert (list(Evaluation.objects.values()), list(Citation.objects.values()), list(frozen.answers.values())) == before


def test_a_signed_snapshot_stays_when_the_facts_move_on(frozen: Evaluation, cast: Cast):
    text = frozen.snapshot
    with arranging(cast.officer):
        tool = frozen.tools.get()
        tool.name = "Notewell Scribe 2"
        tool.save()
    assert Evaluation.objects.get().snapshot == text
    assert '"name":"Notewell Scribe"' in text
