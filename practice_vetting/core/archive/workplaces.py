"""Folders in which something lies in the clear for a while: locked while somebody works there, swept when nobody does.

A process that is ended at once removes nothing. Its lock ends with it, and that is how the sweep knows.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from practice_vetting.core import clock

OLD = timedelta(hours=6)  # longer than it takes to lock what was just made
TRIAL, RESTORING, EXPORT = "check-", "restoring-", "export-"


def _work() -> Path:
    work: Path = settings.DATA_DIR / "work"
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    return work


@contextmanager
def workplace(name: str) -> Iterator[Path]:
    """An empty folder of this name, and removed with all it holds."""
    folder = _work() / name
    shutil.rmtree(folder, ignore_errors=True)  # what a process that died left
    folder.mkdir(mode=0o700)
    try:
        with _locked(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def one_trial() -> Iterator[int]:
    """Take turns: two trials at once need twice the room. What earlier ones left is gone then.

    The number is that of the lock, so that a process which goes on alone can hold it.
    """
    with _locked(_work()) as lock:
        sweep(TRIAL, old=timedelta(0))
        yield lock


def sweep(*kinds: str, old: timedelta = OLD) -> None:
    """Remove the folders in which nobody works any more; those of all kinds unless some are named."""
    before = (clock.now() - old).timestamp()
    for folder in _work().iterdir():
        if folder.name.startswith(kinds or (TRIAL, RESTORING, EXPORT)):
            try:
                with _locked(folder, wait=False):
                    if folder.stat().st_mtime <= before:
                        shutil.rmtree(folder, ignore_errors=True)
            except (BlockingIOError, FileNotFoundError):
                continue  # somebody works there, or it is gone


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[int]:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield lock
    finally:
        os.close(lock)
