"""Kinds of documents for tests: their content is made from the job alone, without any other app."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage

from practice_vetting.core import clock
from practice_vetting.core.documents.content import Content, Signer
from practice_vetting.core.ledger import canonical
from practice_vetting.core.models import Document, Job, JobState, Membership, StoredFile
from tests.factories import arranging

SIGNED = datetime(2026, 11, 9, 14, 31, tzinfo=UTC)
STYLE = '<link rel="stylesheet" href="static:css/pdf.css">'

KINDS = {
    kind: f"tests.core.document_kinds.{name}"
    for kind, name in {
        "attestation": "letter",
        "dossier": "letter",
        "long": "long_letter",
        "too_long": "letter_of_too_many_pages",
        "reaching_out": "letter_that_reaches_out",
        "broken": "broken",
    }.items()
}


def letter(job: Job, body: str = "") -> Content:
    head = f'<!doctype html><html lang="en"><head><title>x</title>{STYLE}</head>'
    shown = f"{head}<body><h1>{job.subject_label}</h1><p>Number {job.number}</p>{body}</body></html>"
    return Content(
        html=shown,
        title=f"{job.kind.capitalize()}: {job.subject_label}",
        author=job.practice.name,
        snapshot=canonical({"number": job.number, "subject": job.subject_label}),
        reason=job.kind.capitalize(),
        signers=(Signer("Dana Okafor", "Compliance officer", SIGNED),),
    )


def long_letter(job: Job) -> Content:
    """Takes some seconds to lay out."""
    return letter(job, "<p>One page of many, with words on it.</p>" * 1000)


def letter_of_too_many_pages(job: Job) -> Content:
    return letter(job, '<p style="break-after: page">One page of many.</p>' * 601)


def letter_that_reaches_out(job: Job) -> Content:
    return letter(job, '<img alt="" src="https://elsewhere.example/pixel.png">')


def broken(job: Job) -> Content:
    raise ValueError(f"nothing to say about {job.subject_label}")


def make_job(*, subject: Membership, by: Any = None, kind: str = "attestation", **columns: Any) -> Job:
    """A job that waits, about a membership: a record which the ground has by itself."""
    facts = {"subject_kind": subject.kind(), "subject_uid": subject.uid, "subject_label": "Notewell"}
    columns.setdefault("key", f"{kind}:{subject.uid}")
    by = by or subject.person
    return Job.objects.create(practice=subject.practice, kind=kind, requested_by=by, **facts, **columns)


def make_document(
    *, subject: Membership, content: bytes = b"sealed", number: str = "PV-2026-0001", **columns: Any
) -> Document:
    """A document that was issued, without the work; its bytes are kept."""
    asked = {name: columns.pop(name) for name in ("key", "kind") if name in columns}
    job = make_job(subject=subject, state=JobState.DONE, number=number, attempts=1, **asked)
    digest = sha256(content).hexdigest()
    facts = {"size": len(content), "content_type": "application/pdf", "pages": 3}
    with arranging():
        file = StoredFile.objects.create(practice=job.practice, sha256=digest, **facts)
    place = Path(default_storage.path(file.path))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    columns = {"title": "Attestation: Notewell", "issued_at": clock.now(), **columns}
    same = {name: getattr(job, name) for name in ("practice", "kind", "number", "subject_kind", "subject_uid")}
    return Document.objects.create(job=job, file=file, sha256=digest, **same, **columns)
