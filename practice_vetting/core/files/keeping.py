"""Files that people give us: look at them, keep the bytes exactly as they came, give them back unchanged.

    accepted = accept(practice=practice, upload=upload, by=person)
    stored = keep(accepted, practice)
    response = serve(stored, name)

Accept before any transaction, because it takes a moment; keep inside the action that refers to the file.
"""

import errno
import hashlib
import json
import logging
import re
import tempfile
import unicodedata
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse
from django.utils import timezone
from django.utils.formats import date_format

from practice_vetting.core import clock
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import infected, scanning, store
from practice_vetting.core.files.file_types import CONTENT_TYPES, IN_WORDS, INSTEAD, MAKE_PLAIN, ending
from practice_vetting.core.files.scanning import Scan
from practice_vetting.core.limited import ChildFailed, LimitReached, run_limited
from practice_vetting.core.models import Person, Practice
from practice_vetting.core.models.stored_file import ScanState, StoredFile

log = logging.getLogger(__name__)

INSPECT_SECONDS, INSPECT_MEGABYTES = 30, 1000
NAME_LENGTH = 255

_DAMAGED = "We could not read this file: it is damaged, or not what its name says. Ask the vendor for it again."
_CONTAINS_A_VIRUS = "This file contains a virus, so it was not kept. Delete it, and ask the vendor for a clean one."
_TOO_MUCH = f"This file takes more time or memory to check than we allow. {MAKE_PLAIN}"


@dataclass(frozen=True)
class Accepted:
    """A file that may be kept. Its bytes lie at `path`, and go away with this object."""

    name: str
    sha256: str
    size: int
    content_type: str
    pages: int | None
    path: Path
    upload: Any = None  # the temporary file lives as long as it
    scan: Scan = Scan(ScanState.NONE)


class Damaged(Refused):
    """The bytes in the storage are gone, or not those that were kept."""


class Infected(Damaged):
    """A virus was found in the bytes after they were kept."""


class Away(Refused):
    """The storage does not answer. What is wrong with the bytes, if anything is, nobody knows now."""


def accept(*, practice: Practice, upload: UploadedFile, by: Person | None = None) -> Accepted:
    """Look at a file that somebody gives us: by the virus scanner, then in the limited child.

    Raises Refused(field="file") with what is wrong and what to do. A virus is told in the ledger as brought
    by `by`, so call this outside of any transaction.
    """
    with _refusing("file"):
        name = clean_name(upload.name or "")
        content_type = _type_by_name(name)
        _refuse_size(upload)
        path = _on_disk(upload)
        with path.open("rb") as file:
            sha256 = _digest(file)
        _refuse_purged(practice, sha256)
        known = StoredFile.objects.filter(practice=practice, sha256=sha256).first()
        scan = _scan(path, known)
        if scan.virus:
            infected.refuse_infected(practice=practice, by=by, name=name, sha256=sha256, virus=scan.virus)
            raise Refused(_CONTAINS_A_VIRUS)
        same = known and known.content_type == content_type
        pages = known.pages if known and same else _inspect(path, ending(name))["pages"]
    return Accepted(name, sha256, path.stat().st_size, content_type, pages, path, upload, scan)


def keep(accepted: Accepted, practice: Practice) -> StoredFile:
    """Store the bytes once a practice, and return their row, held. Raises Refused when the disk does not take them.

    The bytes are on the disk before the row is kept for good: an action that fails later leaves bytes without a row,
    never a row without bytes.
    """
    facts = {"size": accepted.size, "content_type": accepted.content_type, "pages": accepted.pages}
    facts |= {"scan_state": accepted.scan.state, "scanned_at": accepted.scan.at}
    with _refusing("file"), transaction.atomic():
        _, made = StoredFile.objects.get_or_create(practice=practice, sha256=accepted.sha256, defaults=facts)
        # Held until the caller's action is done: a quarantine or purge of these bytes comes before it or after it.
        rows = StoredFile.objects.select_for_update(no_key=True, of=("self",)).select_related("practice")
        kept = rows.get(practice=practice, sha256=accepted.sha256)
        _refuse_purged(practice, accepted.sha256)
        store.renew(kept.path, accepted.path, lambda: _is_intact(kept))
    if not made and accepted.scan.state == ScanState.CLEAN:
        scanning.keep_clean(kept, accepted.scan.at)
    return kept


def purge(stored: StoredFile, *, by: Person, reason: str) -> None:
    """Refuse these bytes from now on, and give them to nobody. The row stays with the hash.

    The bytes go after the commit, so that an action that fails loses none. Raises Refused when the storage does not
    answer; what it does not give up after the commit, the daily sweep takes.
    """
    try:
        default_storage.exists(stored.path)
    except OSError as fault:
        log.exception("A file could not be purged")
        raise Refused("The file storage does not answer, so nothing was purged. Try again later.") from fault
    stored.purged_at, stored.purged_by, stored.purge_reason = clock.now(), by, reason
    stored.save(update_fields=["purged_at", "purged_by", "purge_reason"])
    transaction.on_commit(lambda: remove_bytes(stored.practice.uid, stored.sha256, stored.path), robust=True)


def remove_bytes(practice_uid: str, sha256: str, path: str) -> None:
    """Remove bytes that were purged, or whose row is gone, from the storage: after the commit, and never before.

    What the storage does not give up now, the daily sweep takes.
    """
    if StoredFile.objects.filter(practice__uid=practice_uid, sha256=sha256, purged_at=None).exists():
        return  # somebody added the very same file in this moment
    try:
        default_storage.delete(path)
    except OSError:
        log.exception("The bytes %s could not be removed. The daily sweep tries again.", path)


def is_being_removed(stored: StoredFile) -> bool:
    """Whether the storage still has the bytes of a purged file, or does not say."""
    try:
        return stored.purged_at is not None and default_storage.exists(stored.path)
    except OSError:
        return True


def read(stored: StoredFile) -> File:
    """The bytes as they were kept, open at their start.

    Raises Damaged when they are not those any more, Infected when a virus was found in them, Away when the storage
    gives none today.
    """
    if stored.is_infected:
        raise Infected(f"It contains a virus ({stored.virus}), so nobody gets it any more. Ask for a clean copy.")
    if stored.purged_at:
        raise Damaged("This file was purged, because it held patient data. Nobody gets it any more.")
    try:
        file = default_storage.open(stored.path)
        intact = _digest(file) == stored.sha256
    except (FileNotFoundError, NotADirectoryError):
        raise Damaged("This file is missing from the storage. Restore it from a backup, or add it again.") from None
    except OSError as fault:
        log.exception("A file could not be read")
        raise Away("The file storage does not answer, so nobody can open files right now. Try again later.") from fault
    if not intact:
        file.close()
        raise Damaged("This file changed in the storage since it was kept. Restore it from a backup, or add it again.")
    file.seek(0)
    return file


def serve(stored: StoredFile, name: str) -> FileResponse:
    """The bytes as a download that no browser runs or shows from our address. Raises Damaged."""
    response = FileResponse(read(stored), as_attachment=True, filename=name, content_type=stored.content_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def clean_name(name: str) -> str:
    """The last part of a file name without invisible or direction-changing characters, 255 long at most."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(" " if c.isspace() else c for c in base if c.isspace() or unicodedata.category(c)[0] != "C")
    plain = " ".join(seen.split()) or "file"
    ends = ending(plain) if len(ending(plain)) <= 10 else ""
    return plain if len(plain) <= NAME_LENGTH else plain[: NAME_LENGTH - len(ends)].rstrip() + ends


def _refuse_purged(practice: Practice, sha256: str) -> None:
    """The bytes that were purged are not taken again, under whatever name."""
    gone = StoredFile.objects.filter(practice=practice, sha256=sha256).exclude(purged_at=None)
    if purged := gone.select_related("purged_by").first():
        assert purged.purged_by
        on = date_format(timezone.localtime(purged.purged_at, ZoneInfo(practice.time_zone)), "j M Y")
        raise Refused(
            f"This very file was purged on {on} by {purged.purged_by.name}, because it held patient data: "
            f"“{purged.purge_reason}”. Take the patient data out, and add the clean copy."
        )


def _type_by_name(name: str) -> str:
    ends = ending(name)
    if ends not in CONTENT_TYPES:
        raise Refused(INSTEAD.get(ends, f"We do not keep this type of file. Choose a {IN_WORDS}."))
    return CONTENT_TYPES[ends]


def _refuse_size(upload: UploadedFile) -> None:
    limit = settings.UPLOAD_LIMIT
    if not upload.size:
        raise Refused("This file is empty. Open it to see whether it holds anything, then choose it again.")
    if upload.size > limit:
        raise Refused(
            f"This file is larger than {limit // 1024**2} MB. Save it smaller, or only the part that matters."
        )
    if fault := getattr(upload, "fault", None):
        raise fault


def _on_disk(upload: UploadedFile) -> Path:
    """Where the bytes lie while the upload lives: it brought a temporary file, or gets one now."""
    if hasattr(upload, "temporary_file_path"):
        return Path(upload.temporary_file_path())
    copy = tempfile.NamedTemporaryFile(prefix="upload-")  # noqa: SIM115  closed by the next line
    weakref.finalize(upload, copy.close)
    for chunk in upload.chunks():
        copy.write(chunk)
    copy.flush()
    return Path(copy.name)


def _scan(path: Path, known: StoredFile | None) -> Scan:
    """What the scanner says now. What it finds now in a file that we keep is withheld from now on, too."""
    if known and known.is_infected:
        return Scan(ScanState.INFECTED, known.scanned_at, known.virus)
    scan = scanning.look(path)
    if scan.virus and known:
        with suppress(infected.AlreadyJudged):  # by somebody who adds it in this very moment
            infected.withhold_infected(stored=known, by=None, virus=scan.virus)
    return scan


def _inspect(path: Path, name_ends: str) -> Any:
    asked = json.dumps({"path": str(path), "ending": name_ends}).encode()
    limits = {"seconds": INSPECT_SECONDS, "megabytes": INSPECT_MEGABYTES}
    try:
        return json.loads(run_limited("practice_vetting.core.files.inspect_file:inspect", asked, **limits))
    except ChildFailed as failure:
        if failure.kind != "Refused":
            log.warning("A file could not be inspected: %s", failure)
        raise Refused(failure.sentence if failure.kind == "Refused" else _DAMAGED) from None
    except LimitReached as failure:
        log.warning("A file could not be inspected: %s", failure)
        raise Refused(_TOO_MUCH) from None


@contextmanager
def _refusing(field: str) -> Iterator[None]:
    """Whatever is refused within the block is about this field; so is a disk that takes no more."""
    try:
        yield
    except Refused as refusal:
        refusal.field = field
        raise
    except OSError as fault:
        log.exception("A file could not be kept")
        full = fault.errno in {errno.ENOSPC, errno.EDQUOT}
        why = "because the disk is full" if full else "because the storage did not take it"
        sentence = f"The file could not be kept {why}; nothing was saved. Tell who runs this installation."
        raise Refused(sentence, field=field) from fault


def _is_intact(stored: StoredFile) -> bool:
    try:
        read(stored).close()
    except (Damaged, Away):
        return False
    return True


def _digest(file: IO[bytes] | File) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()
