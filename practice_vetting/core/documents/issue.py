"""The moment in which a document becomes one that we issued.

A kind of document is a function of settings.JOB_KINDS that turns a Job into its Content, which prints `job.number`, or
into a Bundle around a document that was issued before.
"""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Length
from django.utils.module_loading import import_string

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents import authority, codes
from practice_vetting.core.documents.content import Bundle, Content, EvidenceFile
from practice_vetting.core.documents.pack import pack
from practice_vetting.core.documents.proof import proof_of
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import Accepted, keep
from practice_vetting.core.limited import run_limited
from practice_vetting.core.models import Document, Job, JobState, Practice

PREFIX = "PV"
_TYPES = {".pdf": "application/pdf", ".zip": "application/zip"}


@dataclass(frozen=True)
class Made:
    """A sealed PDF or a packed bundle on the disk: `sha256` of its bytes, `size` in bytes, `fingerprint` of the
    certificate (hex), and who vouches for the time of the seal ("" is this server's clock).
    """

    path: Path
    sha256: str
    size: int
    pages: int | None
    fingerprint: str
    time_source: str = ""


class NotMade(Refused):
    """The document cannot be made of what was asked for; trying again by itself is of no use."""


class LostClaim(RuntimeError):
    """Another worker took the job over, because our lease had ended."""


def reserve_number(job: Job) -> None:
    """Give the job the next number of its practice and year, such as PV-2026-0007, unless it has one."""
    if job.number:
        return
    with transaction.atomic():
        practice = Practice.objects.select_for_update(no_key=True).get(pk=job.practice_id)  # two workers take turns
        year = job.requested_at.astimezone(ZoneInfo(practice.time_zone)).year
        taken = Job.objects.filter(practice=practice, number__startswith=f"{PREFIX}-{year}-")
        last = taken.order_by(Length("number").desc(), "-number").values_list("number", flat=True).first()
        serial = int(last.rpartition("-")[2]) + 1 if last else 1
        job.number = f"{PREFIX}-{year}-{serial:04}"
        job.save(update_fields=["number"])


def make(job: Job, told: Content | Bundle, folder: Path) -> Made:
    """Lay out and seal the document in the limited child, or pack the bundle; the file lies in `folder`.

    Raises LimitReached with a sentence, or Refused when there is no key that can seal.
    """
    if isinstance(told, Bundle):
        path = folder / "document.zip"
        sha256 = pack(told.members, path, at=job.requested_at)
        return Made(path, sha256, path.stat().st_size, None, told.certificate_sha256, told.time_source)
    sealed_at = clock.now()
    seal, time_source = authority.order(sealed_at, printed=told.certificate), authority.time_source()
    proof = proof_of(job, told, fingerprint=seal["fingerprint"], time_source=time_source, sealed_at=sealed_at)
    order = {
        **{name: getattr(told, name) for name in ("html", "title", "author", "language", "reason")},
        "created": (told.made_at or job.requested_at).isoformat(),
        "sealed_at": sealed_at.isoformat(),
        "identifier": codes.identifier_of(job.uid, told.snapshot),
        "seal": seal,
        "out": str(folder / "document.pdf"),
        "attachments": [
            _attached("snapshot.json", told.snapshot, "What this document shows, as data"),
            _attached("proof.json", proof, "What proves this document, as data"),
            *([_attached("signed-snapshot.json", told.signed, "What was signed over, as data")] if told.signed else []),
            *map(_carried, told.inside),
        ],
    }
    answer = run_limited(
        "practice_vetting.core.documents.produce:produce",
        json.dumps(order).encode(),
        seconds=settings.JOB_SECONDS,
        megabytes=settings.JOB_MEGABYTES,
    )
    made = json.loads(answer)
    kept = {name: made.pop(name) for name in ("certificate", "chain")}
    authority.remember(fingerprint=made["fingerprint"], **kept, now=sealed_at)
    return Made(path=folder / "document.pdf", **made)


def _attached(name: str, text: str, description: str) -> dict[str, str]:
    return {"name": name, "data": base64.b64encode(text.encode()).decode(), "description": description}


def _carried(each: EvidenceFile) -> dict[str, str]:
    dated = {"dated": each.dated_at.isoformat()} if each.dated_at else {}
    said = {"name": each.name, "path": str(each.path), "sha256": each.sha256, "description": each.about}
    return {**said, **dated, "relationship": "Supplement"}


@action("document.issued", says="issued")
def issue(*, job: Job, told: Content | Bundle, made: Made, by: None) -> Document:
    """Keep the file, and end the job that this worker has claimed.

    Raises LostClaim when it is not ours any more, and Refused when a file inside was withheld while it was made: the
    next try tells of it as missing.
    """
    now, inside = clock.now(), [each.sha256 for each in told.inside]
    over = {"state": JobState.DONE, "claim": "", "lease_until": None, "last_error": "", "finished_at": now}
    if not Job.objects.filter(pk=job.pk, claim=job.claim, state=JobState.RUNNING).update(**over):
        raise LostClaim(job.uid)
    if why := withheld(job.practice, inside):
        raise Refused(f"A file inside was withheld while this was being made: {why}.")
    document = Document(
        practice=job.practice, job=job, kind=job.kind, number=job.number, title=told.title,
        subject_kind=job.subject_kind, subject_uid=job.subject_uid, sha256=made.sha256, snapshot=told.snapshot,
        snapshot_sha256=told.snapshot_sha256, signers=[signer.as_data() for signer in told.signers],
        certificate_sha256=made.fingerprint, time_source=made.time_source, as_of=told.as_of,
        ledger_seq=told.ledger_seq, ledger_digest=told.ledger_digest, carries="\n".join(inside), issued_at=now,
        file=_kept(job, made),
    )  # fmt: skip
    document.save(force_insert=True)
    ledger.bind(document)
    about: Any = [job.subject_kind, job.subject_uid]
    ledger.record(document, sha256=made.sha256, about=about, asked_by=job.requested_by.name)
    return document


def withheld(practice: Practice, hashes: list[str]) -> str:
    """Why files of these hashes may not leave any more, in words; "" when they all may."""
    why: str = import_string(settings.FILE_WITHHELD)(practice, hashes) if hashes else ""
    return why


def _kept(job: Job, made: Made) -> Any:
    content_type = _TYPES[made.path.suffix]
    name = f"{job.number}{made.path.suffix}"
    return keep(Accepted(name, made.sha256, made.size, content_type, made.pages, made.path), job.practice)
