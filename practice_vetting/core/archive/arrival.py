"""What is not taken over as it was: mails that may have gone since, and work that nobody does any more."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from practice_vetting.core.archive import tables
from practice_vetting.core.models import Job, JobState, Mail, MailState

MAY_HAVE_GONE = "It was waiting when these records were copied, so it may have been sent since. It is not sent again."


def as_they_arrive(model: tables.Model, lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines as they are inserted here."""
    change = _CHANGED.get(model)
    for line in lines:
        yield json.dumps(change(json.loads(line)), ensure_ascii=False).encode() if change else line


def _mail(row: dict[str, Any]) -> dict[str, Any]:
    if row["state"] in (MailState.WAITING, MailState.SENDING):
        row |= {"state": MailState.PARKED, "claim": "", "lease_until": None, "last_error": MAY_HAVE_GONE}
    return row


def _job(row: dict[str, Any]) -> dict[str, Any]:
    if row["state"] == JobState.RUNNING:
        row |= {"state": JobState.QUEUED, "claim": "", "lease_until": None, "attempts": 0}
    return row


_CHANGED: dict[Any, Any] = {Mail: _mail, Job: _job}
