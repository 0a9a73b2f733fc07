"""The state of the parts this installation stands on. Each check answers a word or raises Unwell."""

import os
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection

from practice_vetting.core import clock
from practice_vetting.core.archive import runs
from practice_vetting.core.files import scanning, virus_scan
from practice_vetting.core.models import Job, JobState

_LAST_SWEEP = "last-sweep"


class Unwell(Exception):
    """A part does not answer; the text says which, and never more."""


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        raise Unwell("the database does not answer") from None
    return connection.vendor


def storage() -> str:
    if not hasattr(default_storage, "location"):
        return "answers"
    folder = Path(str(default_storage.location))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise Unwell("the folder for files cannot be made") from None
    if not os.access(folder, os.W_OK):
        raise Unwell("the folder for files cannot be written")
    return "writable"


def queue() -> str:
    """How much is waiting, and when a worker last looked. A late worker is told, not hidden."""
    try:
        waiting = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).count()
    except DatabaseError:
        raise Unwell("the queue cannot be read") from None
    swept = cache.get(_LAST_SWEEP)
    if swept is None:
        return f"{waiting} waiting, no worker has looked yet"
    late = int((clock.now() - swept).total_seconds())
    if late > 5 * settings.SWEEP_SECONDS:
        raise Unwell(f"{waiting} waiting, no worker has looked for {late} seconds")
    return f"{waiting} waiting, a worker looked {late} seconds ago"


def scanner() -> str:
    """Whether the virus scanner answers, where one is set up, and how many files wait for it."""
    if not virus_scan.is_set_up():
        return "not set up"
    try:
        found = virus_scan.version()
    except virus_scan.ScannerAway:
        raise Unwell(f"the virus scanner does not answer, {_unscanned()}") from None
    return f"{found}, {_unscanned()}"


def _unscanned() -> str:
    try:
        count = scanning.waiting_count()
    except DatabaseError:
        raise Unwell("the list of unscanned files cannot be read") from None
    return f"{count} file{'' if count == 1 else 's'} to be scanned"


def backup() -> str:
    """When the last backup was made, where one is made each night."""
    try:
        last, late = runs.newest(), runs.is_late(clock.now())
    except DatabaseError:
        raise Unwell("the list of backups cannot be read") from None
    if not settings.BACKUP_DIR:
        return "not set up"
    when = f"the last was made on {last.started_at:%Y-%m-%d}" if last else "none was made yet"
    if late:
        raise Unwell(when)
    return when


def worker_looked() -> None:
    """Noted by each sweep, so that a dead worker is seen."""
    cache.set(_LAST_SWEEP, clock.now(), timeout=None)


CHECKS: dict[str, Callable[[], str]] = {
    "backup": backup,
    "database": database,
    "queue": queue,
    "scanner": scanner,
    "storage": storage,
}
