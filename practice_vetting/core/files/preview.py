"""Looking at a kept file: pages as pictures that we drew, or plain text. Its own bytes are never shown from here."""

import json
import logging
from dataclasses import dataclass

from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import read
from practice_vetting.core.limited import LimitReached, run_limited
from practice_vetting.core.models import StoredFile

log = logging.getLogger(__name__)

SECONDS, MEGABYTES = 20, 1000
PICTURES = {"application/pdf", "image/png", "image/jpeg"}
TEXTS = {"text/plain", "text/csv", "message/rfc822"}

_NOT_DRAWN = "This page cannot be drawn here. Download the file to see it."
_NOT_READ = "This text cannot be shown here. Download the file to read it."


@dataclass(frozen=True)
class Text:
    """The beginning of a file as text; `cut` when there is more of it."""

    text: str
    cut: bool


def has_pictures(stored: StoredFile) -> bool:
    return stored.content_type in PICTURES


def has_text(stored: StoredFile) -> bool:
    return stored.content_type in TEXTS


def picture(stored: StoredFile, page: int) -> bytes:
    """The page (from 1) as a PNG. Raises Refused with a sentence; Damaged is one of them."""
    if not has_pictures(stored) or not 1 <= page <= (stored.pages or 1):
        raise Refused("This file has no such page.")
    return _drawn("picture", stored, page, _NOT_DRAWN)


def text(stored: StoredFile) -> Text:
    """Raises Refused with a sentence; Damaged is one of them."""
    return Text(**json.loads(_drawn("text", stored, 1, _NOT_READ)))


def _drawn(what: str, stored: StoredFile, page: int, sentence: str) -> bytes:
    asked = json.dumps({"content_type": stored.content_type, "page": page}).encode()
    with read(stored) as file:
        payload = asked + b"\n" + file.read()
    try:
        return run_limited(
            f"practice_vetting.core.files.draw_preview:{what}", payload, seconds=SECONDS, megabytes=MEGABYTES
        )
    except LimitReached as failure:
        log.warning("The file %s could not be shown: %s", stored.uid, failure)
        raise Refused(sentence) from None
