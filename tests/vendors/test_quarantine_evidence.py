"""“This contains patient data”: nobody opens it, nothing rests on it, and who has to decide is told."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core.files.storage import storages
from django.test import Client

from checklists.actions.answers import cite
from checklists.facts import judge_evaluation
from checklists.models import Evaluation
from checklists.today import needs
from practice_vetting.core import ledger
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import held
from practice_vetting.core.models import LedgerEntry, Reminder
from tests import factories
from tests import files as made
from tests.checklists.conftest import cleared, draft
from tests.conftest import Cast
from tests.core.document_kinds import make_document
from tests.doors import read_out
from vendors.actions.agreements import change_agreement
from vendors.actions.evidence import add_evidence
from vendors.actions.patient_data import quarantine_evidence
from vendors.models import Evidence, Standing, Vendor

__all__ = ["cleared", "draft"]  # fixtures
pytestmark = pytest.mark.django_db

Browse = Callable[..., Client]
WHY = "Names of two patients on page 3"


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice, name="Claridesk")
    factories.make_standing(vendor=vendor)
    return vendor


@pytest.fixture
def log(cast: Cast, notewell: Vendor) -> Evidence:
    return add_evidence(vendor=notewell, by=cast.staff, accepted=made.accepted(), no_patient_data=True)


def url(evidence: Evidence) -> str:
    return f"/evidence/{evidence.uid}/quarantine/"


@pytest.mark.parametrize("role", ["owner", "officer", "staff"])
def test_everybody_who_works_here_may_say_so(cast: Cast, browse: Browse, log: Evidence, role: str) -> None:
    client = browse(getattr(cast, role))
    assert "This contains patient data" in client.get(f"/evidence/{log.uid}/").content.decode()
    response = client.post(url(log), {"reason": WHY})
    log.refresh_from_db()
    assert (response.status_code, log.quarantined_by, log.quarantine_reason) == (302, getattr(cast, role), WHY)


def test_an_auditor_may_not_and_a_stranger_finds_nothing(
    cast: Cast, strangers: Cast, browse: Browse, log: Evidence
) -> None:
    for method in ("get", "post"):
        people = [cast.auditor, strangers.owner]
        assert [getattr(browse(person), method)(url(log)).status_code for person in people] == [403, 404]


def test_without_a_reason_nothing_happens(cast: Cast, browse: Browse, log: Evidence) -> None:
    response = browse(cast.staff).post(url(log), {"reason": " "})
    assert (response.status_code, Evidence.objects.usable().count()) == (422, 1)
    assert response.context["form"].errors == {"reason": ["Say why, so that others understand it."]}


def test_from_that_moment_nobody_opens_it(cast: Cast, browse: Browse, log: Evidence) -> None:
    before = browse(cast.owner).get(f"/evidence/{log.uid}/download/")
    assert b"".join(before.streaming_content) == b"actor,action\r\n"
    quarantine_evidence(evidence=log, by=cast.staff, reason=WHY)
    response = browse(cast.owner).get(f"/evidence/{log.uid}/download/")
    page = response.content.decode()
    assert (response.status_code, "Content-Disposition" in response.headers) == (410, False)
    assert ("by Sam Lindqvist: patient data may be in it." in page, WHY in page) == (True, True)
    looking = browse(cast.owner).get(f"/evidence/{log.uid}/?page=1").content.decode()
    assert ("actor" in looking, "/download/" in looking, "Purge it" in looking) == (False, False, True)
    assert "Purge it" not in browse(cast.officer).get(f"/evidence/{log.uid}/").content.decode()


def test_owners_and_officers_are_told_by_mail_without_the_reason(cast: Cast, log: Evidence) -> None:
    quarantine_evidence(evidence=log, by=cast.staff, reason=WHY)
    mails = list(Reminder.objects.filter(kind="quarantine").order_by("person__name"))
    assert [mail.person for mail in mails] == [cast.officer, cast.owner]
    assert {mail.subject for mail in mails} == {"E-01 of Claridesk may hold patient data: decide"}
    assert "release it or purge it" in mails[1].text
    assert not any(WHY in mail.text + mail.html for mail in mails)


def test_the_owner_finds_it_on_today(cast: Cast, log: Evidence) -> None:
    quarantine_evidence(evidence=log, by=cast.staff, reason=WHY)
    today = cast.practice.today()
    owners = [need.sentence for need in needs(cast.owner.memberships.get(), today)]
    assert "E-01 may hold patient data. Release it, or purge it." in owners
    assert not any("E-01" in need.sentence for need in needs(cast.officer.memberships.get(), today))


def test_answers_that_rested_on_it_open_again(cast: Cast, cleared: Evaluation) -> None:
    on = cast.practice.today()
    assert judge_evaluation(cleared, on=on).met_count == 5
    quarantine_evidence(evidence=cleared.vendor.evidence.get(), by=cast.staff, reason=WHY)
    verdict = judge_evaluation(Evaluation.objects.get(), on=on)
    codes = {finding.code for finding in verdict.missing}
    assert (verdict.met_count, codes) == (0, {"evidence-set-aside"})
    assert Standing.objects.get(vendor=cleared.vendor).met_count == 0


def test_an_agreement_that_rested_on_it_opens_again(cast: Cast, cleared: Evaluation) -> None:
    vendor = cleared.vendor
    file = add_evidence(vendor=vendor, by=cast.officer, accepted=made.accepted(b"The BAA"), no_patient_data=True)
    agreement = vendor.agreements.get()
    change_agreement(agreement=agreement, by=cast.officer, version=agreement.version, evidence=file)
    quarantine_evidence(evidence=file, by=cast.staff, reason=WHY)
    verdict = judge_evaluation(Evaluation.objects.get(), on=cast.practice.today())
    assert [(each.code, each.requirement) for each in verdict.missing] == [("agreement-file-set-aside", 1)]
    assert Standing.objects.get(vendor=vendor).met_count == 4


def test_it_is_put_under_no_answer_and_no_agreement(cast: Cast, draft: Evaluation) -> None:
    file = add_evidence(vendor=draft.vendor, by=cast.officer, accepted=made.accepted(), no_patient_data=True)
    agreement = factories.make_agreement(vendor=draft.vendor, vendor_signed_on=date(2026, 1, 1))
    quarantine_evidence(evidence=file, by=cast.staff, reason=WHY)
    file.refresh_from_db()
    with pytest.raises(Refused):
        cite(answer=draft.answers.get(question=4), evidence=file, by=cast.officer)
    with pytest.raises(Refused):
        change_agreement(agreement=agreement, by=cast.officer, version=1, evidence=file)


def test_the_same_bytes_under_another_vendor_are_the_same_patient_data(cast: Cast, log: Evidence) -> None:
    other = factories.make_vendor(practice=cast.practice, name="Other")
    factories.make_standing(vendor=other)
    twin = add_evidence(vendor=other, by=cast.staff, accepted=made.accepted(), no_patient_data=True)
    quarantine_evidence(evidence=log, by=cast.staff, reason=WHY)
    twin.refresh_from_db()
    assert (twin.is_usable, LedgerEntry.objects.filter(verb="evidence.quarantined").count()) == (False, 2)
    third = factories.make_vendor(practice=cast.practice, name="Third")
    with pytest.raises(Refused) as refused:
        add_evidence(vendor=third, by=cast.staff, accepted=made.accepted(), no_patient_data=True)
    assert refused.value.field == "file"


def test_another_practice_keeps_its_own_copy(cast: Cast, strangers: Cast, log: Evidence) -> None:
    theirs = factories.make_vendor(practice=strangers.practice)
    factories.make_standing(vendor=theirs)
    copy = add_evidence(vendor=theirs, by=strangers.staff, accepted=made.accepted(), no_patient_data=True)
    quarantine_evidence(evidence=log, by=cast.staff, reason=WHY)
    copy.refresh_from_db()
    assert copy.is_usable


def test_a_double_click_is_told_once(cast: Cast, browse: Browse, log: Evidence) -> None:
    answers = [browse(cast.staff).post(url(log), {"reason": WHY}).status_code for _ in range(2)]
    assert (answers, LedgerEntry.objects.filter(verb="evidence.quarantined").count()) == ([302, 422], 1)
    assert ledger.broken_at(cast.practice.uid) is None


def test_copies_that_we_hold_go_at_once(cast: Cast, log: Evidence) -> None:
    token = held.hold(made.accepted(), held.Looked("read"), practice=cast.practice, person=cast.owner)
    quarantine_evidence(evidence=log, by=cast.staff, reason=WHY)
    known = held.read_token(token, practice=cast.practice, person=cast.owner)
    assert known is not None
    assert not storages["held"].exists(known.path)


def test_when_the_ledger_fails_it_stays_open(cast: Cast, log: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **detail: object) -> None:
        raise RuntimeError("the ledger is away")

    monkeypatch.setattr("vendors.actions.patient_data.ledger.record", broken)
    with pytest.raises(RuntimeError):
        quarantine_evidence(evidence=log, by=cast.staff, reason=WHY)
    log.refresh_from_db()
    assert log.is_usable


def test_a_document_of_ours_that_is_evidence_is_not_downloaded_as_the_document(
    cast: Cast, browse: Browse, notewell: Vendor
) -> None:
    document = make_document(subject=cast.owner.memberships.get())
    report = factories.make_evidence(vendor=notewell, checked_by=cast.staff, file=document.file)
    address, owner = f"/documents/{document.uid}/download/", browse(cast.owner)
    assert read_out(owner.get(address)) == b"sealed"
    quarantine_evidence(evidence=report, by=cast.staff, reason=WHY)
    response = owner.get(address)
    assert response.status_code == 409
    assert "a file that nobody opens any more" in response.content.decode()
