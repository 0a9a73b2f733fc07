"""Backups with a row each that says what became of them: of a command, and of the clock."""

import errno
import logging
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from practice_vetting.core import clock
from practice_vetting.core.archive import backup, scratch
from practice_vetting.core.archive.backup import Made
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.store import StorageAway
from practice_vetting.core.models import BackupRun, BackupState, Installation

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=20)  # after that, whoever made it is dead
STALE = timedelta(days=2)
_FULL = "The disk for backups is full. Make room in the folder for backups, or let BACKUP_DIR name a larger one."
_NOT_TAKEN = "The folder for backups cannot be written ({why}). Look at BACKUP_DIR."
_AWAY = "The file storage does not answer, so there is no backup. The log of this installation has the details."
_NOT_TRIED = "There was no trial ({why}). It needs room and a folder under DATA_DIR. The log has the details."
_NOT_PRUNED = "Older backups could not be removed ({why}). Look at BACKUP_DIR, before the disk is full."
BROKE = "It broke, and we do not know why yet. The log of this installation has the details."
DIED = "It was ended in the middle: the machine or its worker stopped."


def folder() -> Path:
    """Where backups go that are told no other place."""
    return Path(settings.BACKUP_DIR or settings.DATA_DIR / "backups")


def make(to: Path, passphrase: str, night: date | None = None) -> Made:
    """Make a backup, and keep what became of it. Raises Refused with a sentence when there is none."""
    with transaction.atomic():
        run = BackupRun.objects.create(night=night, started_at=clock.now())
    try:
        made = backup.make(to, passphrase)
    except BaseException as problem:
        sentence = _explained(problem)
        log.error("No backup could be made", exc_info=problem)
        _end(run, state=BackupState.FAILED, problem=sentence)
        if isinstance(problem, Exception):
            raise Refused(sentence) from problem
        raise
    facts = {"file_name": made.path.name, "size": made.size, "sha256": made.sha256}
    _end(run, state=BackupState.DONE, problem="; ".join(made.problems)[:1000], **facts)
    return made


def was_begun(night: date) -> bool:
    return BackupRun.objects.filter(night=night).exists()


def failed_before_it_began(night: date, problem: str) -> None:
    now = clock.now()
    BackupRun.objects.create(night=night, started_at=now, finished_at=now, state=BackupState.FAILED, problem=problem)


def _reason(problem: Exception) -> str:
    return (problem.strerror if isinstance(problem, OSError) else "") or type(problem).__name__


def _end(run: BackupRun, **columns: object) -> None:
    BackupRun.objects.filter(pk=run.pk).update(finished_at=clock.now(), **columns)


def _explained(problem: BaseException) -> str:
    if isinstance(problem, Refused):
        return problem.sentence
    if isinstance(problem, StorageAway):
        return _AWAY
    if isinstance(problem, OSError):
        full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
        return _FULL if full else _NOT_TAKEN.format(why=_reason(problem))
    return BROKE if isinstance(problem, Exception) else DIED


def end_the_dead() -> list[BackupRun]:
    """Say of those that nobody makes any more that they failed, and give those of the clock."""
    dead = list(BackupRun.objects.filter(state=BackupState.RUNNING, started_at__lte=clock.now() - LONGEST))
    for run in dead:
        _end(run, state=BackupState.FAILED, problem=DIED)
    return [run for run in dead if run.night]


def newest() -> BackupRun | None:
    """The newest backup that was made."""
    return BackupRun.objects.filter(state=BackupState.DONE).order_by("-started_at").first()


def is_late(now: datetime) -> bool:
    """Whether a nightly backup is set up, and the newest is older than it may be, or there never was one."""
    last = newest()
    since = last.started_at if last else Installation.objects.values_list("set_up_at", flat=True).first()
    return bool(settings.BACKUP_DIR and since and since < now - STALE)


def prune(kept_in: Path) -> str:
    """Keep the newest BACKUP_KEEP of what we wrote there, and nothing half-written of another day.

    What is wrong with that in words, or "".
    """
    pattern = f"{backup.PREFIX}*{backup.ENDING}"
    yesterday = clock.now() - timedelta(days=1)
    try:
        for old in sorted(kept_in.glob(pattern), reverse=True)[settings.BACKUP_KEEP :]:
            old.unlink(missing_ok=True)
        for part in kept_in.glob(f".{backup.PREFIX}*.part"):
            if part.stat().st_mtime < yesterday.timestamp():
                part.unlink(missing_ok=True)
    except OSError as problem:
        log.warning("Older backups stay", exc_info=problem)
        return _NOT_PRUNED.format(why=_reason(problem))
    return ""


def _what_is_wrong(said: str) -> str:
    """The lines of a report that say no; else its last, which is why it ended."""
    lines = [line.removeprefix("CommandError: ") for line in said.splitlines() if line.strip()]
    return " ".join([line for line in lines if line.startswith("NO ")] or lines[-1:])


def check(run: BackupRun, passphrase: str) -> str:
    """Try the backup out, keep what came of it, and give what is wrong with it, or ""."""
    file = folder() / run.file_name
    try:
        passed, said = scratch.check(file, passphrase) if file.exists() else (False, "The file is not there any more.")
    except Exception as fault:  # noqa: BLE001 - whatever it is, it was not tried out
        log.warning("The newest backup could not be tried out", exc_info=fault)
        passed, said = False, _NOT_TRIED.format(why=_reason(fault))
    problem = "" if passed else _what_is_wrong(said)[:1000]
    BackupRun.objects.filter(pk=run.pk).update(checked_at=clock.now(), check_problem=problem)
    return problem
