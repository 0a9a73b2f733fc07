"""The durable queue: rows are the truth, whatever messages, workers and disks do."""

import errno
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from kombu.exceptions import OperationalError

from practice_vetting.core import clock, ledger, tasks
from practice_vetting.core.actions import action
from practice_vetting.core.documents import issue, jobs
from practice_vetting.core.documents.seal_keys import KEYS_MISSING
from practice_vetting.core.errors import Refused
from practice_vetting.core.limited import ChildFailed, TooLarge, TooLong
from practice_vetting.core.models import Document, Job, JobState, LedgerEntry, Membership, Person, StoredFile
from tests.conftest import Cast
from tests.core.document_kinds import KINDS, make_job

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)


@action("test.wanted_a_document", says="wanted a document about")
def want(*, subject: Membership, by: Person, kind: str = "attestation") -> Job:
    job = jobs.enqueue(kind=kind, subject=subject, key=f"{kind}:{subject.uid}", by=by)
    ledger.record(subject)
    return job


@pytest.fixture(autouse=True)
def at_noon(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.JOB_KINDS, settings.DATA_DIR = KINDS, tmp_path
    with clock.set_to(NOON):
        yield


@pytest.fixture
def subject(cast: Cast) -> Membership:
    return Membership.objects.get(person=cast.officer)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The uids that a worker was asked to look at."""
    uids: list[str] = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda args, **options: uids.extend(args))
    return uids


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[str]]:
    """Lets a function stand for the limited child; gives the numbers of the jobs for which it ran."""

    def stand_in(behave: Any) -> list[str]:
        numbers: list[str] = []

        def make(job: Job, content: Any, folder: Path) -> issue.Made:
            numbers.append(job.number)
            if isinstance(behave, Exception):
                raise behave
            return behave(job, folder)

        monkeypatch.setattr(jobs, "make", make)
        return numbers

    return stand_in


def a_file(job: Job, folder: Path, text: str = "sealed") -> issue.Made:
    path = folder / "document.pdf"
    path.write_text(text)
    return issue.Made(path=path, sha256=ledger.sha256(text), size=len(text), pages=1, fingerprint="f" * 64)


def stored(folder: Path) -> list[str]:
    """The names, which are hashes, of the files in the storage."""
    return [path.name for path in (folder / "files").rglob("*") if path.is_file()]


def after(seconds: float) -> Any:
    return clock.set_to(NOON + timedelta(seconds=seconds))


def state(job: Job) -> tuple[str, int, str]:
    job.refresh_from_db()
    return job.state, job.attempts, job.last_error


# --- asking ---------------------------------------------------------------------------------------------


def test_a_job_wakes_a_worker_once_its_action_is_kept(
    subject: Membership, woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = want(subject=subject, by=subject.person)
        assert woken == []
    assert (woken, job.state, job.subject_label) == ([job.uid], JobState.QUEUED, str(subject))


def test_an_action_that_is_undone_leaves_no_job(subject: Membership, woken: list[str]) -> None:
    with transaction.atomic():
        want(subject=subject, by=subject.person)
        transaction.set_rollback(True)
    assert (Job.objects.count(), woken) == (0, [])


def test_asking_twice_with_one_key_is_one_job(subject: Membership) -> None:
    assert want(subject=subject, by=subject.person) == want(subject=subject, by=subject.person)
    assert Job.objects.count() == 1


def test_a_queue_that_is_down_fails_no_request(
    subject: Membership, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def down(args: Any, **options: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.run_job, "apply_async", down)
    with django_capture_on_commit_callbacks(execute=True):
        want(subject=subject, by=subject.person)
    assert Job.objects.get().state == JobState.QUEUED


def test_a_kind_that_is_not_in_the_settings_is_a_fault(subject: Membership) -> None:
    with pytest.raises(KeyError, match="no kind of document"):
        want(subject=subject, by=subject.person, kind="poster")


# --- working --------------------------------------------------------------------------------------------


def test_a_job_ends_in_one_document_with_its_ledger_entry(subject: Membership, making: Any) -> None:
    making(a_file)
    job = make_job(subject=subject)
    jobs.run(job.uid)
    document, entry = Document.objects.get(), LedgerEntry.objects.get()
    assert state(job) == (JobState.DONE, 1, "")
    assert (document.job, document.number, document.sha256) == (job, "PV-2026-0001", ledger.sha256("sealed"))
    assert (entry.verb, entry.record_uid, entry.person_name) == (
        "document.issued",
        document.uid,
        "Practice Vetting",
    )
    assert entry.detail["asked_by"] == "Dana Okafor"


def test_messages_that_come_again_do_nothing(subject: Membership, making: Any) -> None:
    numbers = making(a_file)
    job = make_job(subject=subject)
    for _ in range(3):
        tasks.run_job(job.uid)
    assert (numbers, Document.objects.count()) == (["PV-2026-0001"], 1)


@pytest.mark.parametrize("uid", ["zzzzzzzzzzzz", "", "a\x00b", "'; drop table", None, 7, ["x"], {"uid": 1}])
def test_messages_from_nowhere_do_nothing(cast: Cast, uid: Any) -> None:
    tasks.run_job(uid)
    assert Job.objects.count() == 0


def test_a_job_whose_kind_is_gone_is_given_up_at_once(subject: Membership) -> None:
    job = make_job(subject=subject, kind="poster")
    jobs.run(job.uid)
    assert state(job) == (JobState.FAILED, 1, "This kind of document is not known any more.")


def test_numbers_run_by_practice_and_by_its_own_year(cast: Cast, strangers: Cast, making: Any) -> None:
    making(lambda job, folder: a_file(job, folder, job.uid))
    mine, theirs = (Membership.objects.get(person=each.officer) for each in (cast, strangers))
    new_year = datetime(2027, 1, 1, 2, tzinfo=UTC)  # in New York the old year has three hours to go
    asked = [(mine, NOON), (mine, NOON), (theirs, NOON), (mine, new_year), (mine, new_year + timedelta(hours=4))]
    rows = [make_job(subject=s, key=str(i), requested_at=at) for i, (s, at) in enumerate(asked)]
    for job in rows:
        jobs.run(job.uid)
    assert [Document.objects.get(job=job).number for job in rows] == [
        "PV-2026-0001",
        "PV-2026-0002",
        "PV-2026-0001",
        "PV-2026-0003",
        "PV-2027-0001",
    ]


def test_numbers_go_on_after_the_ten_thousandth(subject: Membership) -> None:
    for number in ("PV-2026-9999", "PV-2026-10000"):
        make_job(subject=subject, key=number, number=number)
    job = make_job(subject=subject, requested_at=NOON)
    issue.reserve_number(job)
    assert job.number == "PV-2026-10001"


# --- workers that die -----------------------------------------------------------------------------------


def test_a_claimed_job_is_left_alone_until_its_lease_ends(subject: Membership, settings: Any) -> None:
    job = make_job(subject=subject)
    lease = settings.JOB_LEASE.total_seconds()
    assert jobs.claim(job.uid) is not None
    with after(lease - 1):
        assert jobs.claim(job.uid) is None
    with after(lease):
        again = jobs.claim(job.uid)
    assert again is not None
    assert again.attempts == 2


def test_the_sweep_wakes_what_is_due_and_what_a_dead_worker_left(
    subject: Membership, woken: list[str], settings: Any
) -> None:
    waiting, later, left, held, done = (
        make_job(subject=subject, key=str(i), **columns)
        for i, columns in enumerate(
            [
                {},
                {"next_try_at": NOON + timedelta(seconds=1)},
                {"state": JobState.RUNNING, "claim": "dead", "lease_until": NOON - timedelta(seconds=1)},
                {"state": JobState.RUNNING, "claim": "alive", "lease_until": NOON + timedelta(seconds=1)},
                {"state": JobState.DONE},
            ]
        )
    )
    assert (jobs.sweep(), sorted(woken)) == (2, sorted([waiting.uid, left.uid]))


def test_the_second_worker_prints_the_same_number(subject: Membership, making: Any, settings: Any) -> None:
    numbers = making(a_file)
    job = make_job(subject=subject)
    first = jobs.claim(job.uid)
    assert first is not None
    issue.reserve_number(first)
    with clock.set_to(NOON + settings.JOB_LEASE):
        jobs.run(job.uid)
    assert numbers == [first.number]


def test_a_worker_that_was_overtaken_issues_nothing(subject: Membership, making: Any, settings: Any) -> None:
    def overtaken(job: Job, folder: Path) -> issue.Made:
        made = a_file(job, folder, "slow")
        making(lambda job, folder: a_file(job, folder, "fast"))
        with clock.set_to(NOON + settings.JOB_LEASE):
            jobs.run(job.uid)
        return made

    making(overtaken)
    job = make_job(subject=subject)
    jobs.run(job.uid)
    assert [document.sha256 for document in Document.objects.all()] == [ledger.sha256("fast")]
    assert state(job) == (JobState.DONE, 2, "")
    assert LedgerEntry.objects.filter(verb="document.issued").count() == 1


def test_a_worker_that_was_overtaken_and_fails_changes_nothing(subject: Membership, making: Any, settings: Any) -> None:
    def overtaken(job: Job, folder: Path) -> issue.Made:
        with clock.set_to(NOON + settings.JOB_LEASE):
            jobs.claim(job.uid)
        raise RuntimeError

    making(overtaken)
    job = make_job(subject=subject)
    jobs.run(job.uid)
    assert state(job) == (JobState.RUNNING, 2, "")


def test_a_job_that_ends_each_worker_is_given_up(subject: Membership, making: Any) -> None:
    making(a_file)
    dead = {"state": JobState.RUNNING, "claim": "dead", "lease_until": NOON - timedelta(seconds=1), "attempts": 5}
    job = make_job(subject=subject, **dead)
    jobs.run(job.uid)
    assert state(job)[0] == JobState.FAILED
    assert "five times" in job.last_error


def test_what_a_dead_worker_left_on_the_disk_goes(subject: Membership, making: Any, tmp_path: Path) -> None:
    job = make_job(subject=subject)
    left = tmp_path / "work" / job.uid / "dead"
    left.mkdir(parents=True)
    (left / "document.pdf.123.new").write_text("half")
    making(a_file)
    jobs.run(job.uid)
    assert list((tmp_path / "work").iterdir()) == []


def test_a_file_stored_by_a_worker_that_died_before_its_row_goes(
    subject: Membership, making: Any, tmp_path: Path
) -> None:
    job = make_job(subject=subject)
    left = tmp_path / "work" / job.uid / "dead"
    left.mkdir(parents=True)
    made = a_file(job, left, "nobody's")
    default_storage.save(StoredFile(practice=job.practice, sha256=made.sha256).path, ContentFile(b"nobody's"))
    making(a_file)
    jobs.run(job.uid)
    assert stored(tmp_path) == [ledger.sha256("sealed")]


def half_made(tmp_path: Path, job: Job, claim: str) -> Path:
    """What a worker lays on the disk before it is done."""
    folder = tmp_path / "work" / job.uid / claim
    folder.mkdir(parents=True)
    (folder / "document.zip").write_text("Jane Doe, born 4 May 1990")
    return folder


def test_nothing_is_left_on_the_disk_when_a_job_that_ends_each_worker_is_given_up(
    subject: Membership, tmp_path: Path
) -> None:
    dead = {"state": JobState.RUNNING, "claim": "dead", "lease_until": NOON - timedelta(seconds=1), "attempts": 5}
    job = make_job(subject=subject, **dead)
    half_made(tmp_path, job, "dead")
    jobs.run(job.uid)
    assert (state(job)[0], list((tmp_path / "work").iterdir())) == (JobState.FAILED, [])


def test_the_sweep_clears_what_no_running_claim_holds(
    subject: Membership, woken: list[str], tmp_path: Path, settings: Any
) -> None:
    running = {"state": JobState.RUNNING, "claim": "alive", "lease_until": NOON + timedelta(seconds=1)}
    job, over = make_job(subject=subject, key="1", **running), make_job(subject=subject, key="2", state=JobState.FAILED)
    held = half_made(tmp_path, job, "alive")
    for each, claim in ((job, "dead"), (over, "dead"), (Job(uid="goneforgood1"), "x")):
        half_made(tmp_path, each, claim)
    tasks.sweep()
    assert list((tmp_path / "work").glob("*/*")) == [held]
    with after(1):
        tasks.sweep()
    assert list((tmp_path / "work").iterdir()) == []


# --- failures -------------------------------------------------------------------------------------------


def test_a_failure_is_tried_again_with_growing_gaps_then_given_up(subject: Membership, making: Any) -> None:
    numbers = making(TooLong("This took longer than 60 seconds and was stopped."))
    job = make_job(subject=subject)
    now, gaps = NOON, []
    for _ in range(5):
        with clock.set_to(now):
            jobs.run(job.uid)
        job.refresh_from_db()
        gaps.append((job.next_try_at - now).total_seconds())
        now = max(job.next_try_at, now)
    assert gaps[:4] == [10, 30, 120, 600]
    assert state(job) == (JobState.FAILED, 5, "This took longer than 60 seconds and was stopped.")
    assert numbers == ["PV-2026-0001"] * 5
    assert [entry.verb for entry in LedgerEntry.objects.all()] == ["document.failed"]


def test_what_is_somebody_elses_to_mend_is_waited_for_a_day(subject: Membership, making: Any) -> None:
    making(ChildFailed("The time stamp authority does not answer.", kind="TimeStampProblem"))
    with clock.set_to(NOON):
        job, now, tries = make_job(subject=subject), NOON, 0
    while job.state == JobState.QUEUED:
        with clock.set_to(now):
            jobs.run(job.uid)
        job.refresh_from_db()
        now, tries = max(job.next_try_at, now), tries + 1
    assert (state(job)[0], job.finished_at - NOON > timedelta(days=1), tries) == (JobState.FAILED, True, 148)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (TooLarge("This needs more memory."), "This needs more memory."),
        (ChildFailed("Broke.", kind="ValueError", detail="x"), "Broke."),
        (ChildFailed("Broke.", kind="OSError", detail="[Errno 28] No space left on device"), "The disk is full."),
        (ChildFailed(KEYS_MISSING, kind="KeyProblem", detail="seal.key"), "The keys that seal documents"),
        (Refused("The file could not be kept."), "The file could not be kept."),
        (OSError(errno.ENOSPC, "No space"), "The disk is full."),
        (OSError(errno.EIO, "Input/output error"), "The storage did not take the file."),
        (ValueError("secret detail"), "The document could not be made"),
    ],
)
def test_each_failure_is_told_in_words_and_tried_again(
    subject: Membership, making: Any, problem: Exception, words: str
) -> None:
    making(problem)
    job = make_job(subject=subject)
    jobs.run(job.uid)
    assert state(job)[:2] == (JobState.QUEUED, 1)
    assert job.last_error.startswith(words)


def test_content_that_raises_is_a_failure_like_any_other(subject: Membership) -> None:
    job = make_job(subject=subject, kind="broken")
    jobs.run(job.uid)
    assert state(job)[:2] == (JobState.QUEUED, 1)
    assert "Notewell" not in job.last_error


def test_what_can_never_be_rendered_is_given_up_at_once(subject: Membership, making: Any) -> None:
    making(ChildFailed("This document would have 700 pages.", kind="RenderRefused", detail=""))
    job = make_job(subject=subject)
    jobs.run(job.uid)
    assert state(job) == (JobState.FAILED, 1, "This document would have 700 pages.")


def test_a_ledger_that_cannot_be_written_leaves_neither_document_nor_file(
    subject: Membership, making: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*args: Any, **detail: Any) -> None:
        raise RuntimeError

    making(a_file)
    monkeypatch.setattr(issue.ledger, "record", broken)
    job = make_job(subject=subject)
    jobs.run(job.uid)
    assert (state(job)[0], Document.objects.count(), stored(tmp_path)) == (JobState.QUEUED, 0, [])


# --- once more ------------------------------------------------------------------------------------------


def test_a_failed_job_begins_anew_when_a_person_asks(subject: Membership, making: Any) -> None:
    making(a_file)
    job = make_job(subject=subject, state=JobState.FAILED, attempts=5, number="PV-2026-0004")
    jobs.try_again(job=job, by=subject.person)
    assert state(job)[:2] == (JobState.QUEUED, 0)
    jobs.run(job.uid)
    assert Document.objects.get().number == "PV-2026-0004"


@pytest.mark.parametrize("done", [JobState.RUNNING, JobState.DONE])
def test_what_runs_or_is_ready_cannot_begin_anew(subject: Membership, done: JobState) -> None:
    job = make_job(subject=subject, state=done, claim="x", lease_until=NOON)
    with pytest.raises(Refused, match="nothing to try again"):
        jobs.try_again(job=job, by=subject.person)


def test_the_newest_job_of_a_kind_is_found(cast: Cast, strangers: Cast, subject: Membership) -> None:
    other = Membership.objects.get(person=strangers.officer)
    make_job(subject=other)
    old, new = make_job(subject=subject, key="1"), make_job(subject=subject, key="2")
    dossier = make_job(subject=subject, kind="dossier")
    about = (cast.practice, "membership", subject.uid)
    assert (jobs.latest(*about, "attestation"), jobs.latest(*about, "poster")) == (new, None)
    assert jobs.documents_of(cast.practice, [("membership", subject.uid)]) == [dossier, new, old]
    assert jobs.documents_of(strangers.practice, [("membership", subject.uid)]) == []
