"""Where bytes lie: a folder on this machine, or an S3-compatible storage that many machines share.

All that differs between the two stands here; everywhere else default_storage is asked.
"""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

from practice_vetting.core.models.record import new_uid


class StorageAway(OSError):
    """The storage did not answer, or not as it should. Nothing is known about the file."""

    def __init__(self, detail: str) -> None:
        super().__init__(errno.EIO, f"the file storage does not answer ({detail})")


def is_a_folder() -> bool:
    """Whether the files lie on this machine alone."""
    return isinstance(default_storage, FileSystemStorage)


def put(name: str, source: Path) -> None:
    """A copy of `source` under that name, whole or not at all, in place of what was there. Raises OSError."""
    if is_a_folder():
        _write(Path(default_storage.path(name)), source)
    else:
        with source.open("rb") as given:
            default_storage.save(name, File(given))


def move(name: str, source: Path) -> None:
    """The same where nobody needs `source` any more."""
    if is_a_folder():
        place = Path(default_storage.path(name))
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, place)
    else:
        put(name, source)


def renew(name: str, source: Path, is_intact: Callable[[], bool]) -> None:
    """Like `put`, and nothing is written where the bytes are there already; they are young again for orphans.py."""
    if is_a_folder() and is_intact():
        os.utime(default_storage.path(name))
    else:
        put(name, source)


def look() -> str:
    """A word for how it is, asked of itself and without writing. Raises OSError, ENOSPC without room for one more."""
    if not is_a_folder():
        cast(Any, default_storage).look()
        return "answers"
    folder = Path(default_storage.path(""))
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError
    if shutil.disk_usage(folder).free < settings.UPLOAD_LIMIT:
        raise OSError(errno.ENOSPC, "no room for one more file")
    return "writable"


def _write(place: Path, source: Path) -> None:
    """Beside its place first, then moved there whole; a failure leaves nothing behind."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.{new_uid()}.part")
    try:
        with source.open("rb") as given, part.open("xb") as taken:
            shutil.copyfileobj(given, taken)
            taken.flush()
            os.fsync(taken.fileno())
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    for folder in [place.parent, place.parent.parent]:
        _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
