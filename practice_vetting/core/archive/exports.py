"""Exports that owners ask for: a worker makes them, one a practice at a time, and they are gone after a day."""

import logging
from datetime import datetime, timedelta
from hashlib import file_digest
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q

from practice_vetting.core import clock, ledger, progress, tracing
from practice_vetting.core.actions import action
from practice_vetting.core.archive.export import write_file
from practice_vetting.core.archive.workplaces import EXPORT, workplace
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import store
from practice_vetting.core.models import ExportState, Person, Practice, PracticeExport

log = logging.getLogger(__name__)

LEASE = timedelta(hours=2)  # longer than gigabytes take
MOST_ATTEMPTS = 3
STAYS = timedelta(days=1)
GONE = "This file was removed, because a day has passed. Ask for a new one."
_BROKE = "It could not be made, and we do not know why yet. The log of this installation has the details."
_DISK = "The disk did not take it. Who runs this installation must make room; then ask again."
_AWAY = "The file storage does not answer right now. Try again later."


@action("practice.export_asked", says="asked for everything of")
def ask(*, practice: Practice, by: Person) -> PracticeExport:
    """Ask for everything of the practice as one file; the one that is being made when there is one."""
    Practice.objects.select_for_update(no_key=True).get(pk=practice.pk)  # two clicks take turns
    export = _under_way().filter(practice=practice).first()
    if export is None:
        export = PracticeExport.objects.create(practice=practice, requested_by=by, requested_at=clock.now())
    ledger.record(practice, export=export.uid)
    transaction.on_commit(lambda: wake(export.uid))
    return export


@action("practice.export_downloaded", says="took away everything of")
def record_download(*, export: PracticeExport, by: Person) -> None:
    ledger.record(export.practice, export=export.uid, sha256=export.sha256, size=export.size)


@action("practice.exported", says="wrote a file with everything of")
def tell_exported(*, practice: Practice, by: None) -> None:
    """For the command, which somebody called on the server."""
    ledger.record(practice)


def _under_way() -> Any:
    return PracticeExport.objects.filter(state__in=[ExportState.WAITING, ExportState.RUNNING])


def wake(uid: str) -> None:
    """Ask a worker to make it now. Without one the sweep does: this never fails."""
    from practice_vetting.core.tasks import make_export  # it imports us

    try:
        make_export.apply_async(args=[uid], retry=False)
    except Exception as problem:  # noqa: BLE001 - whatever is wrong with the queue, the row is safe
        log.warning("The queue cannot be reached (%s). The next sweep finds what waits.", type(problem).__name__)


def sweep() -> None:
    """Wake what waits, and what nobody makes any more."""
    for uid in list(_due().values_list("uid", flat=True)[:20]):
        wake(uid)


def _due() -> Any:
    return PracticeExport.objects.filter(
        Q(state=ExportState.WAITING) | Q(state=ExportState.RUNNING, lease_until__lte=clock.now())
    )


def make(uid: str) -> None:
    """Make the export, unless another worker does or did."""
    lease = {"state": ExportState.RUNNING, "lease_until": clock.now() + LEASE}
    began = {"step": "", "step_done": None, "step_of": None, "step_at": clock.now()}
    if not _due().filter(uid=uid).update(**lease, **began, attempts=F("attempts") + 1):
        return
    export = PracticeExport.objects.select_related("practice").get(uid=uid)
    tracing.belongs_to(export.practice)
    mine = PracticeExport.objects.filter(uid=uid, state=ExportState.RUNNING, lease_until=export.lease_until)
    try:
        if export.attempts > MOST_ATTEMPTS:
            raise Refused("The worker was ended in the middle of it, three times.")
        with progress.kept_on(mine):
            facts = _made(export)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the person is told
        log.warning("The export %s failed", uid, exc_info=problem)
        facts = {"state": ExportState.FAILED, "problem": _explained(problem)}
    mine.update(lease_until=None, finished_at=clock.now(), **facts)


def _explained(problem: Exception) -> str:
    if isinstance(problem, Refused):
        return problem.sentence
    if isinstance(problem, OSError):
        return _AWAY if isinstance(problem, store.StorageAway) else _DISK
    return _BROKE


def _made(export: PracticeExport) -> dict[str, Any]:
    with workplace(f"{EXPORT}{export.uid}") as folder:
        place = folder / "export.zip"
        missing = write_file(export.practice, place)
        progress.tell("Putting it away")
        with place.open("rb") as file:
            sha256 = file_digest(file, "sha256").hexdigest()
        store.put(export.path, place)
        size = place.stat().st_size
    problem = f"{len(missing)} files are not in it; its README says which." if missing else ""
    return {"state": ExportState.DONE, "size": size, "sha256": sha256, "problem": problem}


def of(practice: Practice) -> list[PracticeExport]:
    rows = PracticeExport.objects.filter(practice=practice).select_related("requested_by")
    return list(rows.order_by("-id")[:10])


def until(export: PracticeExport) -> datetime | None:
    """When its file goes; None while there is none."""
    return export.finished_at and export.finished_at + STAYS


def open_file(export: PracticeExport) -> Any:
    """The file, open at its start. Raises Refused when it is not to be had any more."""
    over = export.finished_at is None or clock.now() > export.finished_at + STAYS
    if export.state != ExportState.DONE or over:
        raise Refused(GONE)
    try:
        return default_storage.open(export.path)
    except FileNotFoundError:
        raise Refused(GONE) from None
    except OSError as fault:
        log.exception("An export could not be opened")
        raise Refused(_AWAY) from fault
