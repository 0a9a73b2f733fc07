"""A file that we asked about: looked through for patient data, and held for an hour while a person answers.

    looked = look_through(accepted)                    what its text holds, read in the limited child
    token = hold(accepted, looked, practice=, person=) the bytes stay here; the token goes into the form
    accepted, looked = take(token, practice=, person=) the same file, without choosing it again

The token is signed and names practice, person and hash: it opens nothing to anybody else. Held bytes lie beside the
file storage, are never served, and are swept by the clock.
"""

import json
import logging
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import signing

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
    def path(self) -> Path:
        return _folder(self.practice) / self.place


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
        held.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with accepted.path.open("rb") as given, open(held.path, "xb", opener=_private) as taken:
            shutil.copyfileobj(given, taken)
    except OSError:
        log.exception("A file could not be held")
        held.path.unlink(missing_ok=True)
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
    """The held file as it was accepted. Raises Refused when its bytes are gone."""
    if not held.path.is_file():
        raise Refused(GONE, field="file")
    state, at, virus = held.scan
    scan = Scan(ScanState(state), datetime.fromisoformat(at) if at else None, virus)
    return Accepted(held.name, held.sha256, held.size, held.content_type, held.pages, held.path, scan=scan)


def sweep() -> int:
    """Remove what was held for longer than its hour, and tell how many files that were."""
    now, count = int(clock.now().timestamp()), 0
    for path in _root().glob("*/*-*-*"):
        if not path.name.split("-")[0].isdigit() or int(path.name.split("-")[0]) <= now:
            path.unlink(missing_ok=True)
            count += 1
    return count


def drop(practice: Practice, sha256: str) -> None:
    """Remove every held copy of these bytes in the practice."""
    for path in _folder(practice.uid).glob(f"*-{sha256}-*"):
        path.unlink(missing_ok=True)


def _scan_data(scan: Scan) -> tuple[str, str, str]:
    return str(scan.state.value), scan.at.isoformat() if scan.at else "", scan.virus


def _root() -> Path:
    return Path(settings.HELD_DIR)


def _folder(practice_uid: str) -> Path:
    return _root() / practice_uid


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
