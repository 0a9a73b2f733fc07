"""A file that we asked about: looked through for patient data, and held for an hour while a person answers.

    looked = look_through(accepted)                    what its text holds, read in the limited child
    token = hold(accepted, looked, practice=, person=) the bytes stay here; the token goes into the form
    accepted, looked = take(token, practice=, person=) the same file, without choosing it again

The token is signed and names practice, person and hash: it opens nothing to anybody else. Held bytes lie in a storage
of their own beside the others, because the answer may come to another machine. They are never served, and the clock
sweeps them.
"""

import hashlib
import json
import logging
import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core import signing
from django.core.files import File
from django.core.files.storage import Storage, storages

from practice_vetting.core import clock
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.file_types import ending
from practice_vetting.core.files.keeping import Accepted
from practice_vetting.core.files.patient_data import Finding, as_data, from_data, stopping
from practice_vetting.core.files.scanning import Scan
from practice_vetting.core.limited import LimitReached, run_limited
from practice_vetting.core.models import Person, Practice
from practice_vetting.core.models.record import new_uid
from practice_vetting.core.models.stored_file import ScanState

log = logging.getLogger(__name__)

HELD_FOR = timedelta(hours=1)
SEARCH_SECONDS, SEARCH_MEGABYTES = 30, 1000

GONE = "We no longer have this file. Choose it again."
_signer = signing.Signer(salt="practice_vetting.core.files.held")


@dataclass(frozen=True)
class Looked:
    """How far a file's text could be read ("read", "partly", "no_text" or "failed"), and what was found in it."""

    state: str
    findings: tuple[Finding, ...] = ()

    @property
    def stops(self) -> list[Finding]:
        return stopping(self.findings)


def look_through(accepted: Accepted) -> Looked:
    """Look through the text of an accepted file. It never fails: what cannot be read is told as such."""
    asked = json.dumps({"path": str(accepted.path), "ending": ending(accepted.name)}).encode()
    limits = {"seconds": SEARCH_SECONDS, "megabytes": SEARCH_MEGABYTES}
    try:
        told = json.loads(run_limited("practice_vetting.core.files.file_text:search", asked, **limits))
    except LimitReached as failure:
        log.warning("The text of a file could not be read: %s", failure.kind or type(failure).__name__)
        return Looked("failed")
    return Looked(told["state"], tuple(from_data(told["findings"])))


@dataclass(frozen=True)
class Held:
    """What a token says. `until` is a moment in seconds since 1970."""

    practice: str
    person: int
    until: int
    place: str
    name: str
    sha256: str
    size: int
    content_type: str
    pages: int | None
    scan: tuple[str, str, str]
    state: str
    findings: list[dict[str, Any]]

    @property
    def looked(self) -> Looked:
        return Looked(self.state, tuple(from_data(self.findings)))

    @property
    def path(self) -> str:
        """In the storage of held files."""
        return f"{self.practice}/{self.place}"


def hold(accepted: Accepted, looked: Looked, *, practice: Practice, person: Person) -> str:
    """Keep the bytes for an hour and return the token. A disk that takes no more holds nothing; the token still says
    what was found, and the file is asked for again.
    """
    until = int((clock.now() + HELD_FOR).timestamp())
    place = f"{until}-{accepted.sha256}-{new_uid()}"
    held = Held(
        practice.uid, person.pk, until, place, accepted.name, accepted.sha256, accepted.size, accepted.content_type,
        accepted.pages, _scan_data(accepted.scan), looked.state, as_data(looked.findings),
    )  # fmt: skip
    try:
        with accepted.path.open("rb") as given:
            _held().save(held.path, File(given))
    except OSError:
        log.exception("A file could not be held")
        _remove(held.path)
    return _signer.sign_object(asdict(held))


def read_token(token: str, *, practice: Practice, person: Person) -> Held | None:
    """What the token says, while it is of this practice and person and its hour has not passed."""
    try:
        held = Held(**_signer.unsign_object(token))
    except (signing.BadSignature, TypeError, ValueError):
        return None
    if (held.practice, held.person) != (practice.uid, person.pk) or held.until <= clock.now().timestamp():
        return None
    return held


def take(held: Held) -> Accepted:
    """The held file as it was accepted. Raises Refused when its bytes are gone, or are others."""
    copy = tempfile.NamedTemporaryFile(prefix="held-")  # noqa: SIM115  it lives as long as what is accepted
    try:
        with _held().open(held.path) as file:
            shutil.copyfileobj(file, copy)
        copy.seek(0)
        if hashlib.file_digest(copy, "sha256").hexdigest() != held.sha256:
            raise OSError("They are not the bytes that were held.")
    except OSError as fault:
        copy.close()
        log.warning("A held file is not to be had: %s", fault)
        raise Refused(GONE, field="file") from fault
    state, at, virus = held.scan
    scan = Scan(ScanState(state), datetime.fromisoformat(at) if at else None, virus)
    facts = (held.name, held.sha256, held.size, held.content_type, held.pages)
    return Accepted(*facts, Path(copy.name), copy, scan)


def sweep() -> int:
    """Remove what was held for longer than its hour, and tell how many files that were."""
    now = int(clock.now().timestamp())
    return sum(_remove(path) for practice in _listed("")[0] for path in _of(practice) if _until(path) <= now)


def drop(practice: Practice, sha256: str) -> None:
    """Remove every held copy of these bytes in the practice."""
    for path in _of(practice.uid):
        if f"-{sha256}-" in path:
            _remove(path)


def _scan_data(scan: Scan) -> tuple[str, str, str]:
    return str(scan.state.value), scan.at.isoformat() if scan.at else "", scan.virus


def _held() -> Storage:
    return storages["held"]


def _of(practice_uid: str) -> list[str]:
    return [f"{practice_uid}/{name}" for name in _listed(practice_uid)[1]]


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """What lies there; nothing when nobody ever held a file, or the storage is away: the next sweep asks again."""
    with suppress(OSError):
        return _held().listdir(folder)
    return [], []


def _until(path: str) -> int:
    until = path.partition("/")[2].partition("-")[0]
    return int(until) if until.isdigit() else 0


def _remove(path: str) -> bool:
    """Whether it went. What cannot go now, a later sweep takes."""
    try:
        _held().delete(path)
    except OSError:
        log.exception("The held file %s could not be removed", path)
        return False
    return True
