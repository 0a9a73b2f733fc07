"""A stored file as it stood at a moment of the past: what came later is taken back."""

from datetime import datetime

from practice_vetting.core.models import StoredFile
from practice_vetting.core.models.stored_file import ScanState


def file_then(stored: StoredFile, at: datetime) -> StoredFile:
    """The same object with its scan and its purge as they stood at `at`. It is to be read, never saved.

    Of two scans the last alone is kept. Only that a virus was found changes anything, and nothing is scanned after it.
    """
    if stored.scanned_at and stored.scanned_at > at:
        stored.scan_state, stored.scanned_at, stored.virus = ScanState.WAITING, None, ""
    if stored.purged_at and stored.purged_at > at:
        stored.purged_at, stored.purged_by, stored.purge_reason = None, None, ""
    return stored
