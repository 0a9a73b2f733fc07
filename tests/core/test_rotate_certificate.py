"""A new certificate for the seal: old documents keep verifying, every ledger is told, nothing is lost on the way."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from practice_vetting.core import clock
from practice_vetting.core.documents import authority, certificates, jobs, rotation
from practice_vetting.core.documents.seal import check_seal
from practice_vetting.core.documents.seal_keys import KeyProblem
from practice_vetting.core.documents.verification import Outcome, verify
from practice_vetting.core.files.keeping import read
from practice_vetting.core.models import Document, JobState, LedgerEntry, Membership, SealCertificate
from tests.conftest import Cast
from tests.core.document_kinds import KINDS, make_job
from tests.core.seal_material import MADE

pytestmark = pytest.mark.django_db
NOW = MADE + timedelta(days=8)
LATER = NOW + timedelta(days=400)


@pytest.fixture(autouse=True)
def at_that_time(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.JOB_KINDS, settings.DATA_DIR = KINDS, tmp_path
    with clock.set_to(NOW):
        yield


@pytest.fixture
def subject(cast: Cast) -> Membership:
    return Membership.objects.get(person=cast.officer)


def issued(subject: Membership, key: str) -> bytes:
    job = make_job(subject=subject, key=key)
    jobs.run(job.uid)
    job.refresh_from_db()
    assert job.last_error == ""
    with read(Document.objects.get(job=job).file) as file:
        content: bytes = file.read()
    return content


def rotated(*options: str) -> str:
    out = StringIO()
    call_command("rotate_certificate", *options, stdout=out)
    return out.getvalue()


def refusal(*options: str) -> str:
    with pytest.raises(CommandError) as raised:
        rotated(*options)
    return str(raised.value)


def in_the_file(settings: Any) -> str:
    return certificates.fingerprint(certificates.load(settings.KEYS_DIR).certificate)


def told() -> list[tuple[str, Any]]:
    found = LedgerEntry.objects.filter(verb="seal.changed").order_by("seq", "practice_uid")
    return [(entry.practice_uid, entry.detail) for entry in found]


def test_documents_of_three_certificates_verify(subject: Membership, settings: Any) -> None:
    pdfs = [issued(subject, "1")]
    for key in ("2", "3"):
        rotated("--reason", "every year")
        pdfs.append(issued(subject, key))
    assert [verify(pdf).outcome for pdf in pdfs] == [Outcome.VALID] * 3
    assert len(set(Document.objects.values_list("certificate_sha256", flat=True))) == 3
    assert Document.objects.latest("id").certificate_sha256 == in_the_file(settings) == authority.in_charge()


def test_every_practice_of_the_installation_is_told_in_its_ledger(
    subject: Membership, strangers: Cast, settings: Any
) -> None:
    issued(subject, "1")
    old = authority.in_charge()
    said = rotated("--reason", "Sam left")
    detail = {"certificate": in_the_file(settings), "retired": [old], "reason": "Sam left"}
    assert dict(told()) == {subject.practice.uid: detail, strangers.practice.uid: detail}
    assert in_the_file(settings) in said


def test_the_old_certificate_is_kept_as_retired_and_its_key_is_gone(subject: Membership, settings: Any) -> None:
    issued(subject, "1")
    old = certificates.load(settings.KEYS_DIR)
    with clock.set_to(LATER):
        rotated()
    first, second = SealCertificate.objects.order_by("id")
    assert (first.certificate.encode(), first.chain.encode()) == (old.certificate, old.root)
    assert (first.retired_at, second.retired_at, second.first_used_at) == (LATER, None, LATER)
    files = [path for path in settings.KEYS_DIR.rglob("*") if path.is_file()]
    assert [path.name for path in files if old.key in path.read_bytes()] == []


def test_old_documents_verify_when_the_folder_of_keys_is_lost(subject: Membership, settings: Any) -> None:
    pdfs = [issued(subject, "1")]
    rotated()
    pdfs.append(issued(subject, "2"))
    shutil.rmtree(settings.KEYS_DIR)
    assert [verify(pdf).outcome for pdf in pdfs] == [Outcome.VALID] * 2


@pytest.mark.parametrize("options", [(), ("--keys-are-lost",)])
def test_before_the_first_document_there_is_nothing_to_rotate(cast: Cast, options: tuple[str, ...]) -> None:
    assert refusal(*options) == "There is no certificate of ours yet. The first one is made with the first document."


def test_without_a_practice_there_is_nobody_to_tell(installed: None) -> None:
    assert refusal() == "There is no certificate of ours yet. The first one is made with the first document."


# --- loss -----------------------------------------------------------------------------------------------------


def test_lost_keys_are_told_and_replaced_when_that_is_typed(subject: Membership, settings: Any) -> None:
    before = issued(subject, "1")
    (settings.KEYS_DIR / "seal.pem").unlink()
    job = make_job(subject=subject, key="2")
    jobs.run(job.uid)
    job.refresh_from_db()
    sentence = (
        "The keys that seal documents are missing. Who runs this installation must restore them from a backup. If they "
        "are lost for good: manage.py rotate_certificate --keys-are-lost"
    )
    assert (job.state, job.last_error, refusal()) == (JobState.QUEUED, sentence, sentence)
    rotated("--keys-are-lost")
    after = issued(subject, "3")
    assert (verify(before).is_valid, verify(after).is_valid) == (True, True)
    assert told()[-1][1]["reason"] == "the keys are lost"


def test_damaged_keys_are_set_aside_and_replaced(subject: Membership, settings: Any) -> None:
    before = issued(subject, "1")
    (settings.KEYS_DIR / "seal.pem").write_bytes(b"half of it")
    job = make_job(subject=subject, key="2")
    jobs.run(job.uid)
    job.refresh_from_db()
    assert job.last_error.startswith("The file with the keys that seal documents is damaged.")
    rotated("--keys-are-lost")
    assert (settings.KEYS_DIR / "unreadable-seal.pem").read_bytes() == b"half of it"
    assert (verify(before).is_valid, verify(issued(subject, "3")).is_valid) == (True, True)


def test_keys_that_are_there_are_not_called_lost(subject: Membership, settings: Any) -> None:
    issued(subject, "1")
    before = in_the_file(settings)
    assert refusal("--keys-are-lost") == "The keys are not lost. Leave --keys-are-lost out."
    assert in_the_file(settings) == before


# --- where the key is not ours ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "where"), [("SEAL_PKCS12", "SEAL_PKCS12 decides"), ("SEAL_PKCS11_LIBRARY", "The token decides")]
)
def test_a_certificate_of_the_practice_is_changed_where_it_lies(
    subject: Membership, settings: Any, setting: str, where: str
) -> None:
    issued(subject, "1")
    before = in_the_file(settings)
    setattr(settings, setting, "/somewhere")
    said = refusal()
    assert (said[: len(where)], "Put the new one there" in said) == (where, True)
    assert (in_the_file(settings), told()) == (before, [])


# --- on the way ---------------------------------------------------------------------------------------------------


def test_killed_before_the_ledger_was_told_the_next_document_tells_it(
    subject: Membership, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = issued(subject, "1")
    old = authority.in_charge()
    with monkeypatch.context() as killed:
        killed.setattr(authority, "change_certificate", lambda **named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rotated()
    assert (authority.in_charge(), told()) == (old, [])
    after = issued(subject, "2")
    new = in_the_file(settings)
    assert (authority.in_charge(), [detail["retired"] for _, detail in told()]) == (new, [[old]])
    assert (verify(before).is_valid, verify(after).is_valid) == (True, True)


def test_killed_before_the_new_key_was_in_place_nothing_happened(
    subject: Membership, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued(subject, "1")
    before = certificates.load(settings.KEYS_DIR)
    with monkeypatch.context() as killed:
        killed.setattr(certificates, "_put", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rotated()
    assert (certificates.load(settings.KEYS_DIR), told()) == (before, [])
    assert verify(issued(subject, "2")).is_valid
    assert SealCertificate.objects.count() == 1


def test_a_document_that_a_rotation_overtakes_is_made_again_with_the_new_certificate(
    subject: Membership, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued(subject, "1")
    order = authority.order

    def overtaken(*given: Any, **named: Any) -> Any:
        told = order(*given, **named)
        monkeypatch.setattr(authority, "order", order)
        rotated()
        return told

    monkeypatch.setattr(authority, "order", overtaken)
    job = make_job(subject=subject, key="2")
    jobs.run(job.uid)
    job.refresh_from_db()
    assert (job.state, job.last_error.startswith("The certificate of the seal was changed")) == (JobState.QUEUED, True)
    with clock.set_to(job.next_try_at):
        jobs.run(job.uid)
    assert Document.objects.get(job=job).certificate_sha256 == in_the_file(settings)


def test_a_document_that_printed_another_certificate_is_not_sealed_by_this_one(
    subject: Membership, settings: Any
) -> None:
    issued(subject, "1")
    printed = in_the_file(settings)
    assert authority.order(NOW, printed=printed)["fingerprint"] == printed
    rotated()
    with pytest.raises(KeyProblem, match="was changed while this document was being made"):
        authority.order(NOW, printed=printed)


def test_a_document_sealed_just_before_a_rotation_does_not_bring_the_old_certificate_back(
    subject: Membership, settings: Any
) -> None:
    issued(subject, "1")
    old = SealCertificate.objects.get()
    rotated()
    facts = {"fingerprint": old.fingerprint, "certificate": old.certificate, "chain": old.chain}
    authority.remember(**facts, now=NOW)
    assert authority.in_charge() == in_the_file(settings) != old.fingerprint
    assert len(told()) == 1


def test_whoever_tells_late_of_a_certificate_that_was_replaced_does_not_put_it_in_charge(
    subject: Membership, settings: Any, tmp_path: Path
) -> None:
    issued(subject, "1")
    certificates.make_authority(tmp_path / "replaced", organisation="x", now=NOW)
    replaced = certificates.load(tmp_path / "replaced")
    late = {"certificate": replaced.certificate.decode(), "chain": replaced.root.decode()}
    authority.remember(fingerprint=certificates.fingerprint(replaced.certificate), **late, now=NOW)
    assert authority.in_charge() == in_the_file(settings)
    assert (list(SealCertificate.objects.order_by("id").values_list("retired_at", flat=True)), told()) == (
        [None, NOW],
        [],
    )


def test_of_two_at_once_one_changes_it_and_the_other_is_told(
    subject: Membership, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued(subject, "1")
    replace = certificates.replace_authority

    def beaten(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(certificates, "replace_authority", replace)
        rotated("--reason", "the quicker one")
        return replace(*given, **named)

    monkeypatch.setattr(certificates, "replace_authority", beaten)
    assert refusal() == "Somebody else changed the certificate at this very moment. It is new now."
    assert [detail["reason"] for _, detail in told()] == ["the quicker one"]
    assert verify(issued(subject, "2")).is_valid


@pytest.mark.django_db(transaction=True)
def test_readers_find_all_of_one_certificate_or_all_of_another(subject: Membership, settings: Any) -> None:
    """Eight rotations while another thread reads without a pause: each reading fits together."""
    issued(subject, "1")
    seen, ended = set(), []

    def look() -> None:
        while not ended:
            made = certificates.load(settings.KEYS_DIR)
            key = authority.seal_keys.load_key({"source": "own", "keys": settings.KEYS_DIR}, at=NOW)
            assert key.private.public_key() == key.certificate.public_key()
            seen.add(certificates.fingerprint(made.certificate))

    reader = Thread(target=look)
    reader.start()
    for _ in range(8):
        rotation.rotate(reason="again", keys_are_lost=False, now=NOW)
    ended.append(True)
    reader.join()
    assert len(seen) > 1
    roots = [root.encode() for root in authority.trusted_roots()]
    assert (len(roots), check_seal(issued(subject, "2"), trusted=roots).holds) == (9, True)
