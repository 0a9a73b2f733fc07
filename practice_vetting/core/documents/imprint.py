"""What every document prints about itself, so that its reader can check it (templates/pdf: _check, _certificate)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from practice_vetting.core import clock, ledger
from practice_vetting.core.documents import authority, codes
from practice_vetting.core.models import Job, LedgerHead
from practice_vetting.core.qr import Squares, squares_of

_AT_ONCE = timedelta(minutes=1)


@dataclass(frozen=True)
class Imprint:
    """`address` leads to the page that checks it, and `qr` is the same in squares; `sha256` is of its snapshot.

    `made_at` is when its content was laid out, and `asked_at` when it was asked for, None if that was just before.
    `entries` and `digest` are the end of the practice's ledger when it was made. `certificate` is the SHA-256 of the
    certificate that seals it; `time_source` is the host that was asked for a time stamp, "" is this server's clock.
    """

    number: str
    address: str
    qr: Squares
    sha256: str
    made_at: datetime
    asked_at: datetime | None
    entries: int
    digest: str
    certificate: str
    time_source: str


def imprint_of(job: Job, snapshot: str, *, made_at: datetime, end: dict[str, Any] | None = None) -> Imprint:
    """What the document of this job prints, when it is made of this snapshot (canonical JSON) now.

    `end` is the end of the ledger as the snapshot tells it ("entries", "digest"): without it, it is read now.

    Raises Refused when there is no key that can seal.
    """
    end = end or end_of_ledger(job.practice.uid)
    address = codes.address_of(job.uid)
    return Imprint(
        number=job.number,
        address=address,
        qr=squares_of(address),
        sha256=ledger.sha256(snapshot),
        made_at=made_at,
        asked_at=job.requested_at if made_at - job.requested_at > _AT_ONCE else None,
        entries=end["entries"],
        digest=end["digest"],
        certificate=sealing_certificate(),
        time_source=authority.time_source(),
    )


def end_of_ledger(practice_uid: str) -> dict[str, Any]:
    head = LedgerHead.objects.filter(practice_uid=practice_uid).first() or LedgerHead()
    return {"entries": head.seq, "digest": head.digest}


def sealing_certificate() -> str:
    """The fingerprint of the certificate that seals now. Raises Refused when there is no key that can."""
    fingerprint: str = authority.order(clock.now())["fingerprint"]
    return fingerprint
