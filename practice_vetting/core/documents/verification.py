"""Whether a file is a document that this installation issued: each point by itself, and what they mean together.

Nothing of the file is kept. What we know of it from our own records is told only to who holds its exact bytes; of a
changed one only what differs, never what it said.
"""

import hashlib
import json
import logging
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from practice_vetting.core.documents import authority
from practice_vetting.core.documents.certificates import NOT_CHECKED
from practice_vetting.core.documents.content import Signer
from practice_vetting.core.documents.on_record import Issuer, issuer_of, newer_than
from practice_vetting.core.documents.origin import Origin, differences, origin_of
from practice_vetting.core.limited import LimitReached, run_limited
from practice_vetting.core.models import Document

log = logging.getLogger(__name__)

LARGEST = 50 * 1024 * 1024
SECONDS, MEGABYTES = 5, 1000
AT_ONCE = 2  # checks, over all processes: each may take seconds, and anybody may ask
BUNDLE, _ZIP = "application/zip", b"PK\x03\x04"
_STATE = re.compile(rb"startxref|/Prev\s*+\d++(?!\s+\d+\s+R\b)")  # one of the states of a file; no bookmark
_MOST_STATES = 300  # a file that was saved over and over has some dozens; to read thousands takes the whole time


class Outcome(StrEnum):
    VALID = "valid"
    CHANGED = "changed"
    ADDED_TO = "added_to"
    NOT_ON_RECORD = "not_on_record"
    CERTIFICATE_GONE = "certificate_gone"
    NOT_IN_TIME = "not_in_time"
    FOREIGN = "foreign"
    BUNDLE = "bundle"
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
    Outcome.NOT_IN_TIME: (
        "This document is on our record, but its seal could not be checked in time",
        "Its SHA-256 is on our record, so it is the file that we issued. Try again in a minute to have its seal "
        "checked, too.",
    ),
    Outcome.FOREIGN: (
        "This document was sealed by somebody else",
        "This installation did not issue it. Check it where it came from.",
    ),
    Outcome.BUNDLE: (
        "This ZIP file is not on our record",
        "We did not issue it in this form: it was packed anew or changed, or is none of ours. Unpack it, and choose "
        "the dossier.pdf inside. The list SHA256SUMS, or the page of instructions, tells how to check the other files.",
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
    """What the file's seal says; see seal_check.SealCheck."""

    signed: bool = False
    intact: bool = False
    whole_file: bool = False
    ours: bool = False
    signer: str = ""
    signed_at: datetime | None = None
    time_trusted: bool = False


@dataclass(frozen=True)
class Verification:
    """What was found out about a file. `document` is our record of it, and `newer` the one that took its place.

    `changes` are sentences about what differs from the original; empty also when we cannot say.
    """

    outcome: Outcome
    sha256: str
    seal: Seal
    points: list[Point] = field(default_factory=list)
    document: Document | None = None
    newer: Document | None = None
    changes: list[str] = field(default_factory=list)

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
    def was_ours(self) -> bool:
        """True for a file that once was a document of ours, and is it no more."""
        return self.outcome in (Outcome.CHANGED, Outcome.ADDED_TO) or bool(self.changes)

    @property
    def issuer(self) -> Issuer:
        """Who issued it, as it says itself; times are told in the zone of that day."""
        return issuer_of(self.document) if self.document else Issuer("", "UTC")

    @property
    def time(self) -> str:
        """Who vouches for the time of its seal, in words."""
        source = self.document.time_source if self.document else ""
        if not source:
            return "By this server’s clock"
        name = source.removesuffix(NOT_CHECKED)
        return f"Vouched for by {name}" if name == source or self.seal.time_trusted else f"Claims to be from {source}"

    @property
    def signers(self) -> list[Signer]:
        """Who signed, as the document prints it."""
        printed = self.document.signers if self.document else []
        return [Signer.from_data(one) for one in printed]


def verify(file: bytes) -> Verification:
    """Check a file against our record and against our certificates. Never raises, whatever the bytes."""
    sha256 = hashlib.sha256(file).hexdigest()
    document = Document.objects.select_related("practice", "file", "job").filter(sha256=sha256).first()
    is_zip, readable = file.startswith(_ZIP), b"%PDF-" in file[:1024] and not _is_endless(file)
    seal = _seal_of(file) if readable and not is_zip else None
    origin = None if document or is_zip else origin_of(file)
    outcome = _outcome(document, seal, origin) if seal or origin else _without_seal(document, is_zip)
    log.info("A document was checked: %s", outcome)
    points = _points(document, seal) if seal or document else []
    changes = differences(origin, file) if origin and readable else []
    return Verification(outcome, sha256, seal or Seal(), points, document, newer_than(document), changes)


def _is_endless(file: bytes) -> bool:
    """A file that is made to be slow: told before any reader follows its chain of states."""
    return next(islice(_STATE.finditer(file), _MOST_STATES, None), None) is not None


def _seal_of(pdf: bytes) -> Seal | None:
    """None when the file takes more than we give it."""
    roots = {"trusted": authority.trusted_roots(), "time_roots": authority.time_roots()}
    asked = json.dumps(roots).encode() + b"\n" + pdf
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


def _outcome(document: Document | None, seal: Seal | None, origin: Origin | None) -> Outcome:
    if document:
        holds = seal and seal.signed and seal.intact and seal.whole_file and seal.ours
        return Outcome.VALID if holds else Outcome.CERTIFICATE_GONE
    if origin and origin.whole:
        return Outcome.ADDED_TO
    if seal and seal.signed and seal.intact and not seal.ours:
        return Outcome.FOREIGN
    if origin or seal is None:
        return Outcome.CHANGED
    return _of_unknown(seal)


def _of_unknown(seal: Seal) -> Outcome:
    if not seal.signed:
        return Outcome.NO_SEAL
    if not seal.intact:
        return Outcome.CHANGED
    return Outcome.NOT_ON_RECORD if seal.whole_file else Outcome.ADDED_TO


def _without_seal(document: Document | None, is_zip: bool) -> Outcome:
    """What a file is that is no PDF, or no PDF that we could read in time."""
    if document:
        return Outcome.VALID if document.file.content_type == BUNDLE else Outcome.NOT_IN_TIME
    return Outcome.BUNDLE if is_zip else Outcome.UNREADABLE


def _points(document: Document | None, seal: Seal | None) -> list[Point]:
    """Each said as it should be, with whether it holds: nobody has to read a no twice."""
    told = [Point(document is not None, "The file is on our record")]
    if seal and seal.signed:
        told += [
            Point(seal.intact, "What was sealed is unchanged"),
            Point(seal.whole_file, "The seal covers the whole file"),
            Point(seal.ours, "The certificate is ours"),
        ]
    elif seal:
        told.append(Point(False, "The file has a seal"))
    return told
