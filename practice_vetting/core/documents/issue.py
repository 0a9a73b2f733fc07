"""What a document is made of, and the moment in which it becomes one that we issued.

    content = Content(html=..., title=..., author=practice.name, snapshot=canonical({...}), reason="Attestation")

A kind of document is a function of settings.JOB_KINDS that turns a Job into its Content; it prints `job.number`.
"""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Length

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents import certificates
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import Accepted, keep
from practice_vetting.core.limited import run_limited
from practice_vetting.core.models import Document, Job, JobState, Practice

PREFIX = "PV"
KEYS_MISSING = "The keys that seal documents are missing. Who runs this installation must restore them from a backup."


@dataclass(frozen=True)
class Signer:
    """A person whose signature the document prints; `at` is aware."""

    name: str
    role: str
    at: datetime

    def as_data(self) -> dict[str, str]:
        return {"name": self.name, "role": self.role, "at": self.at.isoformat()}


@dataclass(frozen=True)
class Content:
    """One document before it is laid out.

    `html` names only static: addresses; `author` is the practice; `language` is a BCP 47 tag; `snapshot` is the
    canonical JSON that the document shows, attached to it as snapshot.json; `reason` is what PDF readers show
    beside the seal.
    """

    html: str
    title: str
    author: str
    snapshot: str
    reason: str
    language: str = "en"
    signers: tuple[Signer, ...] = ()

    @property
    def snapshot_sha256(self) -> str:
        return ledger.sha256(self.snapshot)


@dataclass(frozen=True)
class Made:
    """A sealed PDF on the disk: `sha256` of its bytes, `size` in bytes, `fingerprint` of the certificate (hex)."""

    path: Path
    sha256: str
    size: int
    pages: int
    fingerprint: str


class LostClaim(RuntimeError):
    """Another worker took the job over, because our lease had ended."""


def reserve_number(job: Job) -> None:
    """Give the job the next number of its practice and year, such as PV-2026-0007, unless it has one."""
    if job.number:
        return
    with transaction.atomic():
        practice = Practice.objects.select_for_update().get(pk=job.practice_id)  # two workers take turns
        year = job.requested_at.astimezone(ZoneInfo(practice.time_zone)).year
        taken = Job.objects.filter(practice=practice, number__startswith=f"{PREFIX}-{year}-")
        last = taken.order_by(Length("number").desc(), "-number").values_list("number", flat=True).first()
        serial = int(last.rpartition("-")[2]) + 1 if last else 1
        job.number = f"{PREFIX}-{year}-{serial:04}"
        job.save(update_fields=["number"])


def make(job: Job, content: Content, folder: Path) -> Made:
    """Lay out and seal the document in the limited child; the file lies in `folder`.

    Raises LimitReached with a sentence, or Refused when the keys that seal are gone.
    """
    _have_keys(job.practice)
    order = {
        **{name: value for name, value in asdict(content).items() if name not in ("signers", "snapshot")},
        "created": job.requested_at.isoformat(),
        "sealed_at": clock.now().isoformat(),
        "identifier": hashlib.sha256(f"{job.uid}{content.snapshot}".encode()).hexdigest(),
        "keys": str(settings.KEYS_DIR),
        "out": str(folder / "document.pdf"),
        "attachments": [_attached(content)],
    }
    answer = run_limited(
        "practice_vetting.core.documents.produce:produce",
        json.dumps(order).encode(),
        seconds=settings.JOB_SECONDS,
        megabytes=settings.JOB_MEGABYTES,
    )
    return Made(path=folder / "document.pdf", **json.loads(answer))


def _attached(content: Content) -> dict[str, str]:
    data = base64.b64encode(content.snapshot.encode()).decode()
    return {"name": "snapshot.json", "data": data, "description": "What this document shows, as data"}


def _have_keys(practice: Practice) -> None:
    """The authority is made at the first use. Once it sealed something, it is never replaced in silence."""
    if not (settings.KEYS_DIR / "seal.pem").exists() and Document.objects.exists():
        raise Refused(KEYS_MISSING)
    first = Practice.objects.order_by("id").first() or practice
    organisation = f"Practice Vetting at {first.name}"
    certificates.make_authority(settings.KEYS_DIR, organisation=organisation, now=clock.now())


@action("document.issued", says="issued")
def issue(*, job: Job, content: Content, made: Made, by: None) -> Document:
    """Keep the file, and end the job that this worker has claimed. Raises LostClaim when it is not ours any more."""
    now = clock.now()
    over = {"state": JobState.DONE, "claim": "", "lease_until": None, "last_error": "", "finished_at": now}
    if not Job.objects.filter(pk=job.pk, claim=job.claim, state=JobState.RUNNING).update(**over):
        raise LostClaim(job.uid)
    document = Document(
        practice=job.practice, job=job, kind=job.kind, number=job.number, title=content.title,
        subject_kind=job.subject_kind, subject_uid=job.subject_uid, sha256=made.sha256, snapshot=content.snapshot,
        snapshot_sha256=content.snapshot_sha256, signers=[signer.as_data() for signer in content.signers],
        certificate_sha256=made.fingerprint, issued_at=now, file=_kept(job, made),
    )  # fmt: skip
    document.save(force_insert=True)
    about: Any = [job.subject_kind, job.subject_uid]
    ledger.record(document, sha256=made.sha256, about=about, asked_by=job.requested_by.name)
    return document


def _kept(job: Job, made: Made) -> Any:
    name = f"{job.number}.pdf"
    return keep(Accepted(name, made.sha256, made.size, "application/pdf", made.pages, made.path), job.practice)
