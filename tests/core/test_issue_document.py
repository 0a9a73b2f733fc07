"""From a job to a sealed PDF on the disk, through the real limited child; read back with other people's tools."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography import x509
from django.core.files.storage import default_storage
from pypdf import PdfReader

from practice_vetting.core import clock
from practice_vetting.core.documents import certificates, codes, jobs
from practice_vetting.core.documents.seal import check_seal
from practice_vetting.core.files.keeping import read
from practice_vetting.core.models import Document, Job, JobState, LedgerEntry, Membership, StoredFile
from tests.conftest import Cast
from tests.core.document_kinds import KINDS, make_job
from tests.core.pdf_tools import text_of, tool

pytestmark = pytest.mark.django_db
ASKED = datetime(2026, 11, 9, 14, 31, tzinfo=UTC)
MADE = datetime(2026, 11, 9, 14, 33, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_that_time(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.JOB_KINDS, settings.DATA_DIR = KINDS, tmp_path
    with clock.set_to(MADE):
        yield


@pytest.fixture
def subject(cast: Cast) -> Membership:
    return Membership.objects.get(person=cast.officer)


def issued(subject: Membership, **columns: Any) -> Document:
    job = make_job(subject=subject, requested_at=ASKED, **columns)
    jobs.run(job.uid)
    job.refresh_from_db()
    assert job.last_error == ""
    return Document.objects.get(job=job)


def failed(subject: Membership, **columns: Any) -> Job:
    job = make_job(subject=subject, **columns)
    jobs.run(job.uid)
    job.refresh_from_db()
    assert (Document.objects.count(), StoredFile.objects.count()) == (0, 0)
    return job


def bytes_of(document: Document) -> bytes:
    with read(document.file) as file:
        content: bytes = file.read()
    return content


def test_the_document_prints_its_number_and_carries_its_snapshot(subject: Membership) -> None:
    document = issued(subject)
    pdf = bytes_of(document)
    with pikepdf.open(BytesIO(pdf)) as opened:
        attached = opened.attachments["snapshot.json"].get_file().read_bytes()
    assert "Number PV-2026-0001" in text_of(pdf)
    assert json.loads(attached) == {"number": "PV-2026-0001", "subject": "Notewell"}
    assert (attached.decode(), sha256(attached).hexdigest()) == (document.snapshot, document.snapshot_sha256)


def test_the_row_says_what_the_file_is(subject: Membership, cast: Cast) -> None:
    document = issued(subject)
    pdf = bytes_of(document)
    row = (document.title, document.number, document.sha256, document.file.size, document.file.content_type)
    assert row == ("Attestation: Notewell", "PV-2026-0001", sha256(pdf).hexdigest(), len(pdf), "application/pdf")
    assert (document.file.pages, document.issued_at, document.practice) == (1, MADE, cast.practice)
    assert document.signers == [
        {"name": "Dana Okafor", "role": "Compliance officer", "at": "2026-11-09T14:31:00+00:00"}
    ]
    assert LedgerEntry.objects.get().detail["sha256"] == document.sha256


def test_the_seal_holds_for_pyhanko_and_for_poppler(subject: Membership, settings: Any, tmp_path: Path) -> None:
    document = issued(subject)
    pdf = bytes_of(document)
    found = check_seal(pdf, trusted=certificates.trusted(settings.KEYS_DIR))
    (tmp_path / "document.pdf").write_bytes(pdf)
    said = tool("pdfsig", tmp_path / "document.pdf")
    assert (found.holds, found.signed_at, found.fingerprint) == (True, MADE, document.certificate_sha256)
    assert ("Signature is Valid" in said, "Total document signed" in said) == (True, True)


def test_the_authority_is_made_once_and_names_the_place_but_no_practice(
    subject: Membership, strangers: Cast, settings: Any
) -> None:
    settings.SITE_URL = "https://vetting.example:8443"
    first = issued(subject)
    second = issued(Membership.objects.get(person=strangers.officer))
    root = x509.load_pem_x509_certificate(certificates.load(settings.KEYS_DIR).root)
    assert "O=Practice Vetting at vetting.example" in root.subject.rfc4514_string()
    assert first.certificate_sha256 == second.certificate_sha256


def test_the_dates_and_the_identifier_come_from_the_request(subject: Membership) -> None:
    document = issued(subject)
    reader = PdfReader(BytesIO(bytes_of(document)))
    identifier = codes.identifier_of(document.job.uid, document.snapshot)
    assert codes.code_in(identifier) == document.job.uid
    assert reader.metadata is not None
    assert reader.metadata.creation_date == ASKED
    trailer: Any = reader.trailer
    assert trailer["/ID"][0].original_bytes == identifier.encode()
    assert (reader.metadata.title, reader.metadata.author) == ("Attestation: Notewell", "Harbor Light Counseling")


def test_only_the_kept_file_is_left_on_the_disk(subject: Membership, tmp_path: Path) -> None:
    document = issued(subject)
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "keys"]
    assert left == [Path(default_storage.path(document.file.path))]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("too_long", "This document would have 601 pages; at most 600 can be made."),
        ("reaching_out", "The document asked for something outside of this installation"),
    ],
)
def test_what_may_not_be_rendered_says_why(subject: Membership, kind: str, words: str) -> None:
    job = failed(subject, kind=kind)
    assert job.state == JobState.FAILED
    assert job.last_error.startswith(words)


def test_a_render_that_takes_too_long_is_stopped(subject: Membership, settings: Any) -> None:
    settings.JOB_SECONDS = 0.2
    job = failed(subject)
    assert (job.state, job.attempts) == (JobState.QUEUED, 1)
    assert job.last_error == "This took longer than 0.2 seconds and was stopped."


def test_keys_that_sealed_something_are_never_replaced(subject: Membership, settings: Any) -> None:
    issued(subject)
    (settings.KEYS_DIR / "seal.pem").unlink()
    job = make_job(subject=subject, key="second")
    jobs.run(job.uid)
    job.refresh_from_db()
    assert (job.state, job.last_error[:42]) == (JobState.QUEUED, "The keys that seal documents are missing. ")
    assert not (settings.KEYS_DIR / "seal.pem").exists()


def test_a_storage_that_takes_nothing_leaves_no_row(subject: Membership, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    job = failed(subject)
    assert job.state == JobState.QUEUED
    assert job.last_error.startswith("The file could not be kept")
