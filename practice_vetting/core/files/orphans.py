"""Bytes without a row: what an action left behind that failed after it had stored them."""

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import default_storage

from practice_vetting.core import clock
from practice_vetting.core.models import StoredFile

log = logging.getLogger(__name__)

OLD = timedelta(days=1)  # nothing is under way for so long


def sweep_files() -> int:
    """Remove files of the storage that are older than a day and have no row, and half-written ones; tell how many."""
    removed = 0
    for folder, name in _old_files():
        practice_uid = folder.partition("/")[0]
        # Asked one by one, just before it goes: a list made at the start would miss what was kept meanwhile.
        # The bytes of a purged file have no business here, however they came back.
        kept = StoredFile.objects.filter(practice__uid=practice_uid, sha256=name, purged_at=None)
        if not kept.exists() and _is_old(f"{folder}/{name}"):
            removed += _removed(f"{folder}/{name}")
    log.info("Files without a record that were removed from the storage: %d", removed)
    return removed


def _old_files() -> Iterator[tuple[str, str]]:
    for practice in _listed("")[0]:
        for shelf in _listed(practice)[0]:
            folder = f"{practice}/{shelf}"
            yield from ((folder, name) for name in _listed(folder)[1] if _is_old(f"{folder}/{name}"))


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _removed(name: str) -> bool:
    """Whether it went. What cannot go today keeps nothing else here."""
    try:
        default_storage.delete(name)
    except OSError:
        log.exception("The bytes %s could not be removed. The next sweep tries again.", name)
        return False
    return True


def _is_old(name: str) -> bool:
    try:
        return default_storage.get_modified_time(name) < clock.now() - OLD
    except FileNotFoundError:  # put in its place, or removed by another run
        return False
