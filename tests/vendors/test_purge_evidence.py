"""A quarantined document: released as a false alarm, or purged for good; both by the owner alone."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
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
from practice_vetting.core.files.orphans import sweep_files
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
def on_commit(django_capture_on_commit_callbacks: Any) -> Any:
    """`with on_commit(execute=True)`: what waits for the commit is done at the end of the block."""
    return django_capture_on_commit_callbacks


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


def test_the_bytes_go_and_the_record_stays(cast: Cast, browse: Browse, log: Evidence, on_commit: Any) -> None:
    client = browse(cast.owner)
    page = client.get(f"/evidence/{log.uid}/purge/").content.decode()
    assert ("The file itself will be lost." in page, "Backups made before now still hold it." in page) == (True, True)
    with on_commit(execute=True):
        assert client.post(f"/evidence/{log.uid}/purge/", {"reason": WHY}).status_code == 302
    stored = StoredFile.objects.get()
    assert (default_storage.exists(stored.path), stored.purged_by, stored.purge_reason) == (False, cast.owner, WHY)
    entry = LedgerEntry.objects.get(verb="evidence.purged")
    kept = {"vendor": "Notewell", "sha256": stored.sha256, "file_name": "log.csv", "size": 14, "reason": WHY}
    assert (entry.person_name, entry.detail) == ("Maria Reyes", kept)
    response = client.get(f"/evidence/{log.uid}/download/")
    page = response.content.decode()
    assert (response.status_code, f"The reason: “{WHY}”" in page, "bytes are gone for good" in page) == (
        410,
        True,
        True,
    )
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


def test_no_copy_of_it_stays_where_a_worker_died(cast: Cast, log: Evidence, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    left = tmp_path / "work" / "abcdefghjkmn" / "dead"
    left.mkdir(parents=True)
    (left / "document.zip").write_text("Jane Doe, born 4 May 1990")
    purge_evidence(evidence=log, by=cast.owner, reason=WHY)
    assert list((tmp_path / "work").iterdir()) == []


def test_the_same_file_is_not_taken_again_anywhere_in_the_practice(
    cast: Cast, strangers: Cast, log: Evidence, on_commit: Any
) -> None:
    with on_commit(execute=True):
        purge_evidence(evidence=log, by=cast.owner, reason=WHY)
    with pytest.raises(Refused) as refused:
        keeping.accept(practice=cast.practice, upload=made.upload(BYTES, "another.csv"), by=cast.staff)
    assert refused.value.field == "file"
    assert refused.value.sentence.startswith("This very file was purged on ")
    assert f"by Maria Reyes, because it held patient data: “{WHY}”." in refused.value.sentence
    with pytest.raises(Refused):
        made.kept(made.accepted(BYTES), cast.practice)
    assert made.kept(made.accepted(BYTES), strangers.practice).purged_at is None
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


def test_what_fails_in_the_end_loses_no_bytes(
    cast: Cast, log: Evidence, monkeypatch: pytest.MonkeyPatch, on_commit: Any
) -> None:
    """The ledger is appended after all that the action does; when that fails, nothing is purged."""
    monkeypatch.setattr(ledger, "_extend", lambda *told: 1 / 0)
    with on_commit(execute=True), pytest.raises(ZeroDivisionError):
        purge_evidence(evidence=log, by=cast.owner, reason=WHY)
    stored = StoredFile.objects.get()
    assert (stored.purged_at, default_storage.exists(stored.path)) == (None, True)


def test_what_the_storage_keeps_is_being_removed_until_the_sweep_took_it(
    cast: Cast, browse: Browse, log: Evidence, monkeypatch: pytest.MonkeyPatch, on_commit: Any
) -> None:
    def read_only(storage: FileSystemStorage, name: str) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as broken, on_commit(execute=True):
        broken.setattr(FileSystemStorage, "delete", read_only)
        purge_evidence(evidence=log, by=cast.owner, reason=WHY)
    page = browse(cast.auditor).get(f"/evidence/{log.uid}/").content.decode()
    assert ("its bytes are being removed" in page, "gone for good" in page) == (True, False)
    with clock.set_to(clock.now() + timedelta(days=2)):
        with monkeypatch.context() as broken:
            broken.setattr(FileSystemStorage, "delete", read_only)
            assert sweep_files() == 0
        assert sweep_files() == 1
    assert "bytes are gone for good" in browse(cast.auditor).get(f"/evidence/{log.uid}/").content.decode()


def test_a_storage_that_is_away_purges_nothing(cast: Cast, log: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(storage: FileSystemStorage, name: str) -> bool:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "exists", away)
        with pytest.raises(Refused, match="does not answer, so nothing was purged"):
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
