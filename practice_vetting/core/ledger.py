"""The hash chain of what happened: one a practice, append-only (45 CFR 164.312(b), audit controls)."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from practice_vetting.core import actions, clock
from practice_vetting.core.models.ledger import LedgerEntry, LedgerHead

_BOUND = (
    "practice_uid", "seq", "at", "person_uid", "person_name", "verb", "record_kind", "record_uid", "record_label",
    "record_digest", "detail", "previous",
)  # fmt: skip


def canonical(content: Any) -> str:
    """JSON in the one form that is hashed: sorted keys, no spaces, UTF-8, dates in ISO 8601 (UTC)."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, cls=DjangoJSONEncoder)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(record: models.Model) -> str:
    """SHA-256 of what the record's own columns say."""
    return sha256(canonical({f.attname: getattr(record, f.attname) for f in record._meta.concrete_fields}))


def record(subject: Any, *, label: str = "", practice: Any = None, **detail: Any) -> LedgerEntry:
    """Append what the action under way did to `subject`, and return the entry.

    `detail` is kept as it stands: reasons, old and new states; never patient data, secrets or file contents.
    Raises Unrecorded outside an action.
    """
    verb = actions.verb_at_work()
    if not verb:
        raise actions.Unrecorded("The ledger is written by actions only.")
    person, home = actions.person_at_work(), practice or subject.practice
    entry = _append(
        practice_uid=home.uid,
        person_uid=person.uid if person else "",
        person_name=person.name if person else "Practice Vetting",
        verb=verb,
        record_kind=subject.kind() if hasattr(subject, "kind") and callable(subject.kind) else subject._meta.model_name,
        record_uid=subject.uid,
        record_label=(label or str(subject))[:300],
        record_digest=digest_of(subject),
        detail=json.loads(canonical(detail)),
    )
    actions.tell(verb)
    return entry


def _append(**columns: Any) -> LedgerEntry:
    head = _head(columns["practice_uid"])
    entry = LedgerEntry(**columns, seq=head.seq + 1, at=clock.now(), previous=head.digest)
    entry.digest = chain_digest(entry)
    entry.save(force_insert=True)
    head.seq, head.digest = entry.seq, entry.digest
    head.save(update_fields=["seq", "digest"])
    return entry


def _head(practice_uid: str) -> LedgerHead:
    """The end of the practice's chain, locked; made with its first entry."""
    heads = LedgerHead.objects.select_for_update().filter(practice_uid=practice_uid)
    if head := heads.first():
        return head
    LedgerHead.objects.get_or_create(practice_uid=practice_uid)
    return heads.get()


def chain_digest(entry: LedgerEntry) -> str:
    """What the entry's digest must be, from its other columns."""
    return sha256(canonical([getattr(entry, column) for column in _BOUND]))


def broken_at(practice_uid: str) -> LedgerEntry | None:
    """The first entry of the practice's chain that does not fit, or None when every one does."""
    previous, expected = "", 1
    for entry in _in_order(practice_uid):
        if (entry.seq, entry.previous, entry.digest) != (expected, previous, chain_digest(entry)):
            return entry
        previous, expected = entry.digest, expected + 1
    return None


def _in_order(practice_uid: str) -> Iterator[LedgerEntry]:
    return LedgerEntry.objects.filter(practice_uid=practice_uid).order_by("seq").iterator(2000)
