"""Which document of ours a changed file once was, and what differs since.

The file itself is read here as plain bytes only; its parts are compared in the limited child (core.documents.changes).
"""

import hashlib
import json
import logging
import re
from dataclasses import dataclass

from django.db.models import QuerySet

from practice_vetting.core.documents import codes
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import read
from practice_vetting.core.limited import LimitReached, run_limited
from practice_vetting.core.models import Document

log = logging.getLogger(__name__)

SECONDS, MEGABYTES = 5, 1000
_END = re.compile(rb"%%EOF\r?\n?")
_MOST_ENDS = 50


@dataclass(frozen=True)
class Origin:
    """`whole` when the original is still in the file, byte for byte, with something behind it."""

    document: Document
    whole: bool


def origin_of(file: bytes) -> Origin | None:
    """The document that this file begins with, or says to be; None when it is none of ours."""
    if begins := _documents().filter(sha256__in=_beginnings(file)).order_by("-file__size").first():
        return Origin(begins, whole=True)
    for identifier in codes.identifiers_in(file):
        document = _documents().filter(job__uid=codes.code_in(identifier)).first()
        if document and codes.identifier_of(document.job.uid, document.snapshot) == identifier:
            return Origin(document, whole=False)
    return None


def _documents() -> QuerySet[Document]:
    return Document.objects.select_related("practice", "file", "job").filter(file__content_type="application/pdf")


def _beginnings(file: bytes) -> list[str]:
    """The SHA-256 of the file up to each place where a PDF may end, with and without the line break there."""
    hashed, done, found = hashlib.sha256(), 0, []
    for _, match in zip(range(_MOST_ENDS), _END.finditer(file), strict=False):
        for end in range(match.start() + len("%%EOF"), match.end() + 1):
            hashed.update(file[done:end])
            done = end
            found.append(hashed.hexdigest())
    return found


def differences(origin: Origin, copy: bytes) -> list[str]:
    """What differs, in sentences that tell nothing of the content; empty when we cannot say."""
    try:
        with read(origin.document.file) as kept:
            original = kept.read()
        asked = json.dumps({"original": len(original)}).encode() + b"\n" + original + copy
        answer = run_limited(
            "practice_vetting.core.documents.changes:told", asked, seconds=SECONDS, megabytes=MEGABYTES
        )
    except (LimitReached, Refused) as problem:
        log.warning("A copy of %s could not be compared: %s", origin.document.number, problem)
        return []
    sentences: list[str] = json.loads(answer)
    return sentences
