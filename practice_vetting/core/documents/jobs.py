"""The durable queue of documents. A row is the truth; the queue only wakes a worker.

    job = enqueue(kind="attestation", subject=evaluation, key=f"attestation:{evaluation.uid}", by=owner)

A worker claims the row by a conditional update, works in a limited child, and ends the job only while the claim
is its own. A worker that dies leaves a lease that runs out; the sweep then wakes another. A message that comes
twice, late, or from nowhere does nothing.
"""

import errno
import hashlib
import logging
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q
from django.utils.module_loading import import_string

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents.issue import (
    KEYS_MISSING,
    Content,
    LostClaim,
    issue,
    make,
    reserve_number,
)
from practice_vetting.core.errors import Refused
from practice_vetting.core.limited import ChildFailed, LimitReached
from practice_vetting.core.models import Job, JobState, Person, Practice, Record, StoredFile

log = logging.getLogger(__name__)

GAPS = [timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10)]
MOST_ATTEMPTS = len(GAPS) + 1
A_SWEEP = 200  # jobs

_BROKE = "The document could not be made, and we do not know why yet. The log of this installation has the details."
_DIED = "The worker was ended in the middle of this document, five times."
_UNKNOWN = "This kind of document is not known any more."
_DISK_FULL = "The disk is full. Who runs this installation must make room; then try again."
_STORAGE = "The storage did not take the file. Who runs this installation must look at it; then try again."


def enqueue(*, kind: str, subject: Record, key: str, by: Person) -> Job:
    """Ask for a document, inside the action that wants it; the job of this key when there is one already.

    `kind` is one of settings.JOB_KINDS. A queue that is down does not matter: the sweep finds the row.
    """
    if kind not in settings.JOB_KINDS:
        raise KeyError(f"{kind} is no kind of document.")
    facts = {
        "practice": subject.practice,
        "kind": kind,
        "subject_kind": subject.kind(),
        "subject_uid": subject.uid,
        "subject_label": str(subject)[:300],
        "requested_by": by,
    }
    job, _ = Job.objects.get_or_create(key=key, defaults=facts)
    transaction.on_commit(lambda: wake(job.uid))
    return job


def wake(uid: str, **options: Any) -> None:
    """Ask a worker to look at the job now. Without one the sweep does: this never fails."""
    from practice_vetting.core.tasks import run_job  # it imports us

    try:
        run_job.apply_async(args=[uid], retry=False, **options)
    except Exception as problem:  # noqa: BLE001 - whatever is wrong with the queue, the row is safe
        log.warning("The queue cannot be reached (%s). The next sweep finds what waits.", type(problem).__name__)


def sweep() -> int:
    """Wake every job that is due, or whose worker died, and tell how many."""
    uids = list(_due().order_by("next_try_at", "id").values_list("uid", flat=True)[:A_SWEEP])
    for uid in uids:
        wake(uid, expires=settings.SWEEP_SECONDS)  # the next sweep wakes it again
    return len(uids)


def _due() -> Any:
    now = clock.now()
    return Job.objects.filter(
        Q(state=JobState.QUEUED, next_try_at__lte=now) | Q(state=JobState.RUNNING, lease_until__lte=now)
    )


def run(uid: str) -> None:
    """Make the document of this job, unless another worker has it, it is done, or there is no such job."""
    job = claim(uid)
    if job is None:
        return
    try:
        _work(job)
    except LostClaim:
        log.warning("The document job %s was taken over while it was being made", job.uid)


def claim(uid: str) -> Job | None:
    """The job, ours until the lease ends; None when it is not to be had."""
    if not (isinstance(uid, str) and uid.isalnum()):
        return None
    lease = {"claim": str(uuid.uuid4()), "lease_until": clock.now() + settings.JOB_LEASE}
    taken = _due().filter(uid=uid).update(state=JobState.RUNNING, attempts=F("attempts") + 1, **lease)
    return Job.objects.select_related("practice", "requested_by").get(uid=uid) if taken else None


def _work(job: Job) -> None:
    if job.attempts > MOST_ATTEMPTS:  # only a worker that died leaves a job behind with all its attempts used
        fail(job=job, by=None, sentence=_DIED)
    elif job.kind not in settings.JOB_KINDS:
        fail(job=job, by=None, sentence=_UNKNOWN)
    else:
        try:
            _make(job)
        except LostClaim:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it is, the person is told, and it is tried again
            log.warning("The document job %s failed", job.uid, exc_info=problem)
            _not_made(job, problem)


def _make(job: Job) -> None:
    reserve_number(job)
    content: Content = import_string(settings.JOB_KINDS[job.kind])(job)
    with _folder(job) as folder:
        issue(job=job, content=content, made=make(job, content, folder), by=None)


@contextmanager
def _folder(job: Job) -> Iterator[Path]:
    """A folder for this claim alone. What a worker that died left of the job goes."""
    home: Path = settings.DATA_DIR / "work" / job.uid
    for left in home.glob("*"):
        _clear(job, left)
    own = home / job.claim
    own.mkdir(mode=0o700, parents=True)
    try:
        yield own
    finally:
        _clear(job, own)
        with suppress(OSError):  # somebody who took the job over works there
            home.rmdir()


def _clear(job: Job, folder: Path) -> None:
    """Remove the folder of a claim; from the storage too its file, when no row was kept that names it."""
    for made in folder.glob("document.pdf"):
        digest = hashlib.sha256(made.read_bytes()).hexdigest()
        kept = StoredFile.objects.filter(practice=job.practice, sha256=digest)
        with suppress(OSError):  # a storage that is away is told by what was tried before
            if not kept.exists():
                default_storage.delete(StoredFile(practice=job.practice, sha256=digest).path)
    shutil.rmtree(folder, ignore_errors=True)


def _not_made(job: Job, problem: Exception) -> None:
    sentence, for_good = explained(problem)
    if for_good or job.attempts >= MOST_ATTEMPTS:
        fail(job=job, by=None, sentence=sentence)
    else:
        next_try_at = clock.now() + GAPS[job.attempts - 1]
        _release(job, state=JobState.QUEUED, next_try_at=next_try_at, last_error=sentence)


def explained(problem: Exception) -> tuple[str, bool]:
    """What went wrong in words for a person, and whether trying again by itself is of no use."""
    if isinstance(problem, ChildFailed):
        if problem.kind == "FileNotFoundError":
            return KEYS_MISSING, False
        full = f"[Errno {errno.ENOSPC}]" in problem.detail
        return _DISK_FULL if full else problem.sentence, problem.kind == "RenderRefused"
    if isinstance(problem, LimitReached | Refused):
        return problem.sentence, False
    if isinstance(problem, OSError):
        return _DISK_FULL if problem.errno == errno.ENOSPC else _STORAGE, False
    return _BROKE, False


@action("document.failed", says="could not make the document")
def fail(*, job: Job, by: None, sentence: str) -> None:
    """Give a claimed job up, until a person asks again. Raises LostClaim when it is not ours any more."""
    _release(job, state=JobState.FAILED, last_error=sentence, finished_at=clock.now())
    ledger.record(job, reason=sentence, about=[job.subject_kind, job.subject_uid])


@action("document.tried_again", says="asked once more for the document")
def try_again(*, job: Job, by: Person) -> None:
    """Begin a job anew that failed, or waits for its next try. Raises Refused when there is nothing to begin."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.state not in (JobState.FAILED, JobState.QUEUED):
        raise Refused("This document is ready, or being made just now. There is nothing to try again.")
    job.state, job.attempts, job.next_try_at, job.finished_at = JobState.QUEUED, 0, clock.now(), None
    job.save(update_fields=["state", "attempts", "next_try_at", "finished_at"])
    ledger.record(job, about=[job.subject_kind, job.subject_uid])
    transaction.on_commit(lambda: wake(job.uid))


def _release(job: Job, **columns: Any) -> None:
    """Write the outcome and give the claim back. Raises LostClaim when it is not ours any more."""
    columns["last_error"] = columns["last_error"][:500]
    ours = Job.objects.filter(pk=job.pk, claim=job.claim, state=JobState.RUNNING)
    if not ours.update(claim="", lease_until=None, **columns):
        raise LostClaim(job.uid)
    for name, value in columns.items():
        setattr(job, name, value)


def latest(practice: Practice, subject_kind: str, subject_uid: str, kind: str) -> Job | None:
    """The newest job of this kind about the record, with its document if it is ready."""
    jobs = documents_of(practice, [(subject_kind, subject_uid)])
    return next((job for job in jobs if job.kind == kind), None)


def documents_of(practice: Practice, kinds_and_uids: Iterable[tuple[str, str]]) -> list[Job]:
    """The jobs about these records, newest first, each with its document: for the fragment core/_documents.html."""
    about = Q(pk__in=[])
    for kind, uid in kinds_and_uids:
        about |= Q(subject_kind=kind, subject_uid=uid)
    jobs = Job.objects.filter(about, practice=practice).select_related("document__file", "requested_by")
    return list(jobs.order_by("-id"))
