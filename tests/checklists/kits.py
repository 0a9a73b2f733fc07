"""A bundle as it was handed out, once for all tests that only look at it."""

import subprocess
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pikepdf
from django.core.files.storage import default_storage

from checklists.actions.dossiers import request_bundle
from practice_vetting.core.documents import jobs
from practice_vetting.core.files.keeping import read
from practice_vetting.core.models import Document, Job
from tests.checklists import paper
from vendors.actions.patient_data import quarantine_evidence
from vendors.models import Evidence

CONTENT = f"{paper.FILES[4][0]} 5".encode()


def arranged() -> paper.Story:
    """A cleared vendor; of its six files the bytes of two are there, and one of those is quarantined."""
    story = paper.told()
    for number in (5, 6):
        put(story.vendor.evidence.get(number=number))
    quarantine_evidence(evidence=story.vendor.evidence.get(number=6), by=story.cast.officer, reason="A name is in it.")
    return story


def put(evidence: Evidence) -> None:
    """The bytes of its file, of which paper.file_of gave the hash alone."""
    place = Path(default_storage.path(evidence.file.path))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(f"{evidence.title} {evidence.number}".encode())


def made(job: Job) -> Document:
    for each in (job.after, job):
        if each:
            jobs.run(each.uid)
            each.refresh_from_db()
            assert each.last_error == ""
    return Document.objects.get(job=job)


def bytes_of(document: Document) -> bytes:
    with read(document.file) as file:
        content: bytes = file.read()
    return content


def bundled(story: paper.Story, form_id: str = "1") -> Document:
    return made(request_bundle(vendor=story.vendor, by=story.cast.owner, form_id=form_id))


def typed(line: str, folder: Path) -> str:
    done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def attached(pdf: bytes) -> dict[str, bytes]:
    with pikepdf.open(BytesIO(pdf)) as opened:
        return {name: file.get_file().read_bytes() for name, file in opened.attachments.items()}


@dataclass(frozen=True)
class Kit:
    """A bundle with the dossier in it, and the numbers of the ledger's entries about the vendor itself."""

    bundle: Document
    dossier: Document
    packed: bytes
    numbers: set[int]
    statement: str
    signed_over: str

    @property
    def pdf(self) -> bytes:
        with ZipFile(BytesIO(self.packed)) as packed:
            return packed.read("dossier.pdf")
