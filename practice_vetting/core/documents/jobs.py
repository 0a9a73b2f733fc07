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
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string

from practice_vetting.core import clock, ledger, progress, tracing
from practice_vetting.core.actions import action
from practice_vetting.core.documents.content import Bundle, Content, work_folder
from practice_vetting.core.documents.issue import LostClaim, NotMade, issue, make, reserve_number
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.store import StorageAway
from practice_vetting.core.limited import ChildFailed, LimitReached
from practice_vetting.core.models import Job, JobState, Person, Practice, Record, StoredFile

log = logging.getLogger(__name__)

GAPS = [timedelta(seconds=10), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10)]
MOST_ATTEMPTS = len(GAPS) + 1
PATIENCE = timedelta(
    days=1
)  # with what is others' to mend: a time stamp authority, a token that is unplugged, a storage
_OF_OTHERS = {"TimeStampProblem", "KeyProblem", "StorageAway"}
A_SWEEP = 200  # jobs

_GATHERING = "Gathering what goes into it"
_WRITING = "Writing the pages and sealing them"
_KEEPING = "Putting it away"
_BROKE = "The document could not be made, and we do not know why yet. The log of this installation has the details."
_DIED = "The worker was ended in the middle of this document, five times."
_UNKNOWN = "This kind of document is not known any more."
_DISK_FULL = "The disk is full. Who runs this installation must make room; then try again."
_STORAGE = "The storage did not take the file. Who runs this installation must look at it; then try again."


def enqueue(
    *,
    kind: str,
    subject: Record | Practice,
    key: str,
    by: Person,
    options: dict[str, Any] | None = None,
    after: Job | None = None,
) -> Job:
    """Ask for a document, inside the action that wants it; the job of this key when there is one already.

    `kind` is one of settings.JOB_KINDS; `options` and `after` are as models.Job has them. A queue that is down does not
    matter: the sweep finds the row.
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
        "options": options or {},
        "after": after,
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
    tracing.belongs_to(job.practice)
    try:
        _work(job)
    except LostClaim:
        log.warning("The document job %s was taken over while it was being made", job.uid)
    clear_work(job.uid)
    for waiting in job.waiting.filter(state=JobState.QUEUED).values_list("uid", flat=True):
        wake(waiting)


def claim(uid: str) -> Job | None:
    """The job, ours until the lease ends; None when it is not to be had, or waits for another."""
    if not (isinstance(uid, str) and uid.isalnum()):
        return None
    if Job.objects.filter(uid=uid, after__state__in=[JobState.QUEUED, JobState.RUNNING]).exists():
        return None
    lease = {"claim": str(uuid.uuid4()), "lease_until": clock.now() + settings.JOB_LEASE}
    again = F("takeovers") + Case(When(state=JobState.RUNNING, then=Value(1)), default=Value(0))
    began = {"step": _GATHERING, "step_done": None, "step_of": None, "step_at": clock.now(), "takeovers": again}
    taken = _due().filter(uid=uid).update(state=JobState.RUNNING, attempts=F("attempts") + 1, **began, **lease)
    return Job.objects.select_related("practice", "requested_by", "after").get(uid=uid) if taken else None


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
    mine = Job.objects.filter(pk=job.pk, claim=job.claim, state=JobState.RUNNING)
    with _folder(job) as folder, progress.kept_on(mine):
        told: Content | Bundle = import_string(settings.JOB_KINDS[job.kind])(job)
        if isinstance(told, Content):  # a bundle tells of its files
            progress.tell(_WRITING)
        made = make(job, told, folder)
        progress.tell(_KEEPING)
        issue(job=job, told=told, made=made, by=None)


@contextmanager
def _folder(job: Job) -> Iterator[Path]:
    """A folder for this claim alone. What a worker that died left of the job goes."""
    clear_work(job.uid)
    own = work_folder(job)
    own.mkdir(mode=0o700, parents=True)
    try:
        yield own
    finally:
        _clear(job.practice, own)


def clear_work(uid: str = "*") -> int:
    """Remove what workers that died left on the disk, of this job or of all; tell of how many.

    A half-made bundle holds evidence: no copy of it may outlive its claim, least of all a purge.
    """
    left = [folder for folder in (settings.DATA_DIR / "work").glob(f"{uid}/*") if not _is_live(folder)]
    for folder in left:
        job = Job.objects.select_related("practice").filter(uid=folder.parent.name).first()
        _clear(job.practice if job else None, folder)
    for parent in {folder.parent for folder in left} | set((settings.DATA_DIR / "work").glob(uid)):
        with suppress(OSError):  # somebody works there
            parent.rmdir()
    return len(left)


def _is_live(folder: Path) -> bool:
    """Asked after the folder was seen: a claim is on record before its folder is made."""
    running = Job.objects.filter(uid=folder.parent.name, claim=folder.name, state=JobState.RUNNING)
    return running.filter(lease_until__gt=clock.now()).exists()


def _clear(practice: Practice | None, folder: Path) -> None:
    """Remove the folder of a claim; from the storage too its file, when no row was kept that names it."""
    for made in folder.glob("document.*") if practice else ():
        with made.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        kept = StoredFile.objects.filter(practice=practice, sha256=digest)
        with suppress(OSError), transaction.atomic():  # a storage that is away is told by what was tried before
            # Who issues the very same bytes at this moment, a bundle, holds the job until they are on record.
            list(Job.objects.select_for_update(no_key=True).filter(uid=folder.parent.name))
            if not kept.exists():
                default_storage.delete(StoredFile(practice=practice, sha256=digest).path)
    shutil.rmtree(folder, ignore_errors=True)


def _not_made(job: Job, problem: Exception) -> None:
    sentence, for_good = explained(problem)
    attempts = job.attempts
    if is_of_others(problem) and clock.now() - job.requested_at < PATIENCE:
        attempts = min(attempts, len(GAPS))  # it goes on waiting as long as the last time
    if for_good or attempts >= MOST_ATTEMPTS:
        fail(job=job, by=None, sentence=sentence)
    else:
        next_try_at = clock.now() + GAPS[attempts - 1]
        _release(job, state=JobState.QUEUED, next_try_at=next_try_at, last_error=sentence, attempts=attempts)


def is_of_others(problem: BaseException) -> bool:
    """Whether it goes away by itself, once somebody else has mended something."""
    kind = problem.kind if isinstance(problem, ChildFailed) else type(problem).__name__
    return kind in _OF_OTHERS or (isinstance(problem, Refused) and isinstance(problem.__cause__, StorageAway))


def explained(problem: Exception) -> tuple[str, bool]:
    """What went wrong in words for a person, and whether trying again by itself is of no use."""
    if isinstance(problem, ChildFailed):
        full = f"[Errno {errno.ENOSPC}]" in problem.detail
        return _DISK_FULL if full else problem.sentence, problem.kind == "RenderRefused"
    if isinstance(problem, LimitReached | Refused):
        return problem.sentence, isinstance(problem, NotMade)
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
    """Begin a job anew that failed, or waits for its next try, and first the one that it waits for if that failed too.

    Raises Refused when there is nothing to begin.
    """
    job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    if job.after_id and (first := Job.objects.filter(pk=job.after_id, state=JobState.FAILED).first()):
        try_again(job=first, by=by)
    if job.state not in (JobState.FAILED, JobState.QUEUED):
        raise Refused("This document is ready, or being made just now. There is nothing to try again.")
    anew = {"state": JobState.QUEUED, "attempts": 0, "takeovers": 0, "next_try_at": clock.now(), "finished_at": None}
    for name, value in anew.items():
        setattr(job, name, value)
    job.save(update_fields=list(anew))
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
    return list(shown(practice).filter(about).order_by("-id"))


def shown(practice: Practice) -> QuerySet[Job]:
    """The jobs of the practice for the fragment core/_job.html.

    `bundle` is the number of the one around it; `before` is how many of the practice stand before one that waits, and
    `after_state` is how it goes with the one that it waits for.
    """
    around = Job.objects.filter(after=OuterRef("pk")).order_by("-pk").values("number")[:1]
    ahead = Job.objects.filter(practice=OuterRef("practice"), pk__lt=OuterRef("pk"))
    ahead = ahead.filter(Q(state=JobState.RUNNING) | Q(state=JobState.QUEUED, next_try_at__lte=clock.now()))
    before = Coalesce(Subquery(ahead.order_by().values("practice").annotate(Count("pk")).values("pk__count")), 0)
    return (
        Job.objects.filter(practice=practice)
        .select_related("document__file", "requested_by")
        .annotate(
            bundle=Subquery(around),
            before=Case(When(state=JobState.QUEUED, then=before), default=Value(0)),
            after_state=F("after__state"),
        )
    )
