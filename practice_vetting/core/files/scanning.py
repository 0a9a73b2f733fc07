"""What the virus scanner says of a file: as it comes in, and later of what it could not look at then."""

import contextlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Q

from practice_vetting.core import clock
from practice_vetting.core.files import virus_scan
from practice_vetting.core.files.infected import AlreadyJudged, withhold_infected
from practice_vetting.core.models import StoredFile
from practice_vetting.core.models.stored_file import ScanState

log = logging.getLogger(__name__)

A_RUN = 50  # files
AGAIN_AFTER = timedelta(hours=1)  # for one that is too large for the scanner, or gone from the storage


@dataclass(frozen=True)
class Scan:
    """The scanner's word on some bytes: nothing found, the name of a virus, or none yet."""

    state: ScanState
    at: datetime | None = None
    virus: str = ""


def look(path: Path) -> Scan:
    """Ask the scanner about a file on the disk. One that is away or not set up refuses nothing."""
    if not virus_scan.is_set_up():
        return Scan(ScanState.NONE)
    try:
        with path.open("rb") as file:
            virus = virus_scan.scan(file)
    except virus_scan.ScannerAway as away:
        log.warning("A file was not scanned: %s", away)
        return Scan(ScanState.WAITING)
    return Scan(ScanState.INFECTED if virus else ScanState.CLEAN, clock.now(), virus)


def scan_waiting() -> int:
    """Scan kept files that the scanner has not seen yet, and tell how many it judged now."""
    if not virus_scan.is_set_up():
        return 0
    judged = 0
    for stored in list(_to_scan().select_related("practice").order_by("id")[:A_RUN]):
        try:
            with default_storage.open(stored.path) as file:
                _keep(stored, virus_scan.scan(file))
            judged += 1
        except (virus_scan.TooLargeToScan, virus_scan.ScannerAway, OSError) as problem:
            log.warning("The file %s cannot be scanned: %s", stored.uid, problem)
            if isinstance(problem, virus_scan.ScannerAway) and _is_away():
                break
            _waiting().filter(pk=stored.pk).update(scan_tried_at=clock.now(), scan_state=ScanState.WAITING)
    return judged


def _is_away() -> bool:
    """Whether the scanner answers nobody: else it is this one file that it cannot deal with, and others go on."""
    try:
        virus_scan.version()
    except virus_scan.ScannerAway:
        return True
    return False


def waiting_count() -> int:
    return _waiting().count()


def _waiting() -> Any:
    return StoredFile.objects.filter(scan_state__in=[ScanState.NONE, ScanState.WAITING], purged_at=None)


def _to_scan() -> Any:
    return _waiting().filter(Q(scan_tried_at=None) | Q(scan_tried_at__lte=clock.now() - AGAIN_AFTER))


def _keep(stored: StoredFile, virus: str) -> None:
    if virus:
        with contextlib.suppress(AlreadyJudged):
            withhold_infected(stored=stored, by=None, virus=virus)
    else:
        keep_clean(stored, clock.now())


def keep_clean(stored: StoredFile, at: datetime | None) -> None:
    """The scanner looked at these bytes then and found nothing."""
    _waiting().filter(pk=stored.pk).update(scan_state=ScanState.CLEAN, scanned_at=at)
