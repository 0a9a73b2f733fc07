"""A quarantined document: released as a false alarm, or purged for good; both by the owner alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.test import Client

from checklists import dossier, snapshot
from checklists.actions.answers import cite
from checklists.models import Evaluation
from practice_vetting.core import clock, ledger
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import keeping
from practice_vetting.core.models import LedgerEntry
from practice_vetting.core.models.stored_file import StoredFile
from tests import factories
from tests import files as made
from tests.checklists.conftest import draft
from tests.conftest import Cast
from vendors.actions.evidence import add_evidence
from vendors.actions.patient_data import purge_evidence, quarantine_evidence, release_evidence
from vendors.models import Evidence

__all__ = ["draft"]  # a fixture
pytestmark = pytest.mark.django_db

Browse = Callable[..., Client]
WHY = "It names two patients"
BYTES = b"actor,action\r\n"


@pytest.fixture
def log(cast: Cast, draft: Evaluation) -> Evidence:
    """Quarantined evidence under question 4 of Notewell."""
    accepted = made.accepted(BYTES)
    evidence = add_evidence(vendor=draft.vendor, by=cast.staff, accepted=accepted, no_patient_data=True)
    cite(answer=draft.answers.get(question=4), evidence=evidence, by=cast.staff)
    return quarantine_evidence(evidence=evidence, by=cast.staff, reason="Names on page 3")


def test_a_false_alarm_opens_and_counts_again(cast: Cast, browse: Browse, log: Evidence) -> None:
    response = browse(cast.owner).post(f"/evidence/{log.uid}/release/", {"reason": "They are made up"})
    log.refresh_from_db()
    assert (response.status_code, log.is_usable) == (302, True)
    opened = browse(cast.auditor).get(f"/evidence/{log.uid}/download/")
    assert b"".join(opened.streaming_content) == BYTES
    entry = LedgerEntry.objects.get(verb="evidence.released")
    assert (entry.person_name, entry.detail["reason"]) == ("Maria Reyes", "They are made up")


def test_the_bytes_go_and_the_record_stays(cast: Cast, browse: Browse, log: Evidence) -> None:
    client = browse(cast.owner)
    page = client.get(f"/evidence/{log.uid}/purge/").content.decode()
    assert ("The file itself will be lost." in page, "Backups made before now still hold it." in page) == (True, True)
    assert client.post(f"/evidence/{log.uid}/purge/", {"reason": WHY}).status_code == 302
    stored = StoredFile.objects.get()
    assert (default_storage.exists(stored.path), stored.purged_by, stored.purge_reason) == (False, cast.owner, WHY)
    entry = LedgerEntry.objects.get(verb="evidence.purged")
    kept = {"vendor": "Notewell", "sha256": stored.sha256, "file_name": "log.csv", "size": 14, "reason": WHY}
    assert (entry.person_name, entry.detail) == ("Maria Reyes", kept)
    response = client.get(f"/evidence/{log.uid}/download/")
    assert (response.status_code, f"The reason: “{WHY}”" in response.content.decode()) == (410, True)
    with pytest.raises(keeping.Damaged):
        keeping.read(stored)
    assert ledger.broken_at(cast.practice.uid) is None


@pytest.mark.parametrize("act", ["release", "purge"])
def test_the_owner_alone_decides(cast: Cast, strangers: Cast, browse: Browse, log: Evidence, act: str) -> None:
    people = [cast.officer, cast.staff, cast.auditor, strangers.owner]
    for method in ("get", "post"):
        url = f"/evidence/{log.uid}/{act}/"
        assert [getattr(browse(person), method)(url).status_code for person in people] == [403, 403, 403, 404]
    assert StoredFile.objects.get().purged_at is None


def test_the_same_file_is_not_taken_again_anywhere_in_the_practice(cast: Cast, strangers: Cast, log: Evidence) -> None:
    purge_evidence(evidence=log, by=cast.owner, reason=WHY)
    with pytest.raises(Refused) as refused:
        keeping.accept(practice=cast.practice, upload=made.upload(BYTES, "another.csv"), by=cast.staff)
    assert refused.value.field == "file"
    assert refused.value.sentence.startswith("This very file was purged on ")
    assert f"by Maria Reyes, because it held patient data: “{WHY}”." in refused.value.sentence
    with pytest.raises(Refused):
        keeping.keep(made.accepted(BYTES), cast.practice)
    assert keeping.keep(made.accepted(BYTES), strangers.practice).purged_at is None
    assert not default_storage.exists(StoredFile.objects.get(practice=cast.practice).path)


def test_the_same_bytes_under_other_evidence_go_with_it(cast: Cast, draft: Evaluation) -> None:
    other = factories.make_vendor(practice=cast.practice, name="Other")
    factories.make_standing(vendor=other)
    facts: dict[str, Any] = {"by": cast.staff, "no_patient_data": True}
    pair = [add_evidence(vendor=each, accepted=made.accepted(BYTES), **facts) for each in (draft.vendor, other)]
    quarantine_evidence(evidence=pair[0], by=cast.staff, reason=WHY)
    purge_evidence(evidence=pair[1], by=cast.owner, reason=WHY)
    assert Evidence.objects.usable().count() == 0
    labels = LedgerEntry.objects.filter(verb="evidence.purged").values_list("record_uid", flat=True)
    assert set(labels) == {each.uid for each in pair}


def test_only_what_is_quarantined_is_purged_and_only_once(cast: Cast, draft: Evaluation, log: Evidence) -> None:
    fresh = add_evidence(vendor=draft.vendor, by=cast.staff, accepted=made.accepted(b"1"), no_patient_data=True)
    with pytest.raises(Refused):
        purge_evidence(evidence=fresh, by=cast.owner, reason=WHY)
    with pytest.raises(Refused):
        release_evidence(evidence=fresh, by=cast.owner, reason=WHY)
    with pytest.raises(Refused):
        purge_evidence(evidence=log, by=cast.owner, reason=" ")
    purge_evidence(evidence=log, by=cast.owner, reason=WHY)
    for action in (purge_evidence, release_evidence, quarantine_evidence):
        with pytest.raises(Refused):
            action(evidence=log, by=cast.owner, reason=WHY)


def test_a_double_click_is_told_once(cast: Cast, browse: Browse, log: Evidence) -> None:
    client = browse(cast.owner)
    answers = [client.post(f"/evidence/{log.uid}/purge/", {"reason": WHY}).status_code for _ in range(2)]
    assert (answers, LedgerEntry.objects.filter(verb="evidence.purged").count()) == ([302, 422], 1)


def test_a_storage_that_keeps_the_bytes_purges_nothing(
    cast: Cast, log: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileSystemStorage, "delete", lambda storage, name: None)
    with pytest.raises(Refused):
        purge_evidence(evidence=log, by=cast.owner, reason=WHY)
    assert StoredFile.objects.get().purged_at is None


def test_pages_and_dossier_keep_saying_what_was_cited(
    cast: Cast, browse: Browse, draft: Evaluation, log: Evidence
) -> None:
    purge_evidence(evidence=log, by=cast.owner, reason=WHY)
    page = browse(cast.auditor).get(f"/evaluations/{draft.uid}/").content.decode()
    assert "purged on" in page
    assert "because it held patient data" in page
    content = snapshot.read(snapshot.text_of(dossier.build(draft.vendor, at=clock.now())))
    assert [(each["label"], each["questions"]) for each in content["evidence"]] == [("E-01", [4])]
    assert content["evidence"][0]["set_aside"].startswith("purged on ")
    assert (content["evidence"][0]["checked_by"], content["evidence"][0]["sha256"]) == (
        "Sam Lindqvist",
        log.file.sha256,
    )
