"""Whether a file is a document that this installation issued: each point by itself, and what they mean together.

Nothing of the file is kept. What we know of it from our own records is told only to who holds its exact bytes.
"""

import hashlib
import json
import logging
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings

from practice_vetting.core.documents import certificates
from practice_vetting.core.documents.issue import Signer
from practice_vetting.core.limited import LimitReached, run_limited
from practice_vetting.core.models import Document

log = logging.getLogger(__name__)

LARGEST = 50 * 1024 * 1024
SECONDS, MEGABYTES = 20, 1000


class Outcome(StrEnum):
    VALID = "valid"
    CHANGED = "changed"
    ADDED_TO = "added_to"
    NOT_ON_RECORD = "not_on_record"
    CERTIFICATE_GONE = "certificate_gone"
    FOREIGN = "foreign"
    NO_SEAL = "no_seal"
    UNREADABLE = "unreadable"


#: outcome -> (the heading, what it means and what to do)
_WORDS = {
    Outcome.VALID: (
        "This document is ours and unchanged",
        "It is, byte for byte, the file that this installation issued.",
    ),
    Outcome.CHANGED: (
        "This document was changed after it was sealed",
        "Do not rely on it. Ask who gave it to you for the original file.",
    ),
    Outcome.ADDED_TO: (
        "Something was added to this document after it was sealed",
        "Do not rely on it. Some programs add to a file when they save it: ask for the original file.",
    ),
    Outcome.NOT_ON_RECORD: (
        "This document has our seal, but is not on our record",
        "Do not rely on it. Our record may have been restored from an older backup. Ask who runs this installation.",
    ),
    Outcome.CERTIFICATE_GONE: (
        "This document is on our record, but its seal cannot be checked",
        "The certificate that vouched for it is missing here. Ask who runs this installation to restore it.",
    ),
    Outcome.FOREIGN: (
        "This document was sealed by somebody else",
        "This installation did not issue it. Check it where it came from.",
    ),
    Outcome.NO_SEAL: (
        "This PDF carries no seal",
        "We did not issue it in this form. Printing or saving anew loses the seal. Ask for the original.",
    ),
    Outcome.UNREADABLE: (
        "This is not a PDF that we can read",
        "Choose the PDF file itself, as it was downloaded or sent to you.",
    ),
}


@dataclass(frozen=True)
class Point:
    """One thing that was checked, in words."""

    holds: bool
    words: str


@dataclass(frozen=True)
class Seal:
    """What the file's seal says; see seal.SealCheck."""

    signed: bool = False
    intact: bool = False
    whole_file: bool = False
    ours: bool = False
    signer: str = ""
    signed_at: datetime | None = None


@dataclass(frozen=True)
class Verification:
    """What was found out about a file. `document` is our record of it, and `newer` the one that took its place."""

    outcome: Outcome
    sha256: str
    seal: Seal
    points: list[Point] = field(default_factory=list)
    document: Document | None = None
    newer: Document | None = None

    @property
    def is_valid(self) -> bool:
        return self.outcome == Outcome.VALID

    @property
    def heading(self) -> str:
        return _WORDS[self.outcome][0]

    @property
    def advice(self) -> str:
        return _WORDS[self.outcome][1]

    @property
    def zone(self) -> str:
        """The time zone in which its times are told."""
        return self.document.practice.time_zone if self.document else "UTC"

    @property
    def signers(self) -> list[Signer]:
        """Who signed, as the document prints it."""
        printed = self.document.signers if self.document else []
        return [Signer(one["name"], one["role"], datetime.fromisoformat(one["at"])) for one in printed]


def verify(pdf: bytes) -> Verification:
    """Check a file against our record and against our certificates. Never raises, whatever the bytes."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    document = Document.objects.select_related("practice").filter(sha256=sha256).first()
    seal = _seal_of(pdf) if b"%PDF-" in pdf[:1024] else None
    outcome = _outcome(document, seal)
    log.info("A document was checked: %s", outcome)
    points = _points(document, seal) if seal else []
    return Verification(outcome, sha256, seal or Seal(), points, document, _newer(document))


def _seal_of(pdf: bytes) -> Seal | None:
    """None when the file takes more than we give it."""
    trusted = [root.decode() for root in certificates.trusted(settings.KEYS_DIR)]
    asked = json.dumps({"trusted": trusted}).encode() + b"\n" + pdf
    try:
        answer = run_limited(
            "practice_vetting.core.documents.produce:check", asked, seconds=SECONDS, megabytes=MEGABYTES
        )
    except LimitReached as reached:
        log.warning("A document could not be checked: %s", reached)
        return None
    said: dict[str, Any] = json.loads(answer)
    stamp = said["signed_at"] and datetime.fromisoformat(said["signed_at"])
    return Seal(**{**{name: said[name] for name in Seal.__dataclass_fields__}, "signed_at": stamp})


def _outcome(document: Document | None, seal: Seal | None) -> Outcome:
    if document:
        holds = seal and seal.signed and seal.intact and seal.whole_file and seal.ours
        return Outcome.VALID if holds else Outcome.CERTIFICATE_GONE
    if seal is None:
        return Outcome.UNREADABLE
    if not seal.signed:
        return Outcome.NO_SEAL
    if not seal.intact:
        return Outcome.CHANGED
    if not seal.ours:
        return Outcome.FOREIGN
    return Outcome.NOT_ON_RECORD if seal.whole_file else Outcome.ADDED_TO


def _points(document: Document | None, seal: Seal) -> list[Point]:
    told = [(document is not None, "The file is on our record", "The file is not on our record")]
    if seal.signed:
        told += [
            (seal.intact, "What was sealed is unchanged", "What was sealed was changed"),
            (seal.whole_file, "The seal covers the whole file", "The seal does not cover the whole file"),
            (seal.ours, "The certificate is ours", "The certificate is not ours"),
        ]
    else:
        told += [(False, "", "There is no seal")]
    return [Point(holds, yes if holds else no) for holds, yes, no in told]


def _newer(document: Document | None) -> Document | None:
    """The newest document of the same kind about the same record, when it was issued after this one."""
    if document is None:
        return None
    same = {name: getattr(document, name) for name in ("practice", "kind", "subject_kind", "subject_uid")}
    return Document.objects.filter(pk__gt=document.pk, **same).order_by("-pk").first()
