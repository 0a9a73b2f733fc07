"""The ledger of a practice against itself, its end, the documents that carry its hash, and the rows that it names."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from practice_vetting.core import ledger, progress
from practice_vetting.core.models import Document, LedgerEntry, LedgerHead, Practice
from practice_vetting.core.proof import kept
from practice_vetting.core.proof.misfit import Misfit

_TOGETHER = 500  # entries whose rows are read at once

REMOVED = "records.removed"  # the verb of an entry that lists the rows which two persons removed


@dataclass
class Walked:
    """What was seen on the way: how many entries, and how many rows of each kind they name; people by their keys."""

    entries: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    people: set[int] = field(default_factory=set)


def misfits(practice: Practice, *, using: str, walked: Walked) -> Iterator[Misfit]:
    """Whatever does not fit, in the order of the entries; `walked` fills on the way."""
    marks = _carried_by_documents(practice, using)
    removed = _removed(practice, using)
    last: LedgerEntry | None = None
    batch: list[LedgerEntry] = []
    head = LedgerHead.objects.using(using).filter(practice_uid=practice.uid).first()
    for entry, problem in ledger.walk(practice.uid, using=using):
        if problem:
            yield _of(entry, problem)
        for number, digest in marks.get(entry.seq, ()):
            if digest != entry.digest:
                yield _of(entry, f"Document {number} left the house with another hash of it.")
        walked.entries, last = walked.entries + 1, entry
        batch += [] if problem else [entry]  # what an entry says that does not fit is worth nothing
        if len(batch) == _TOGETHER:
            yield from _rows(batch, using, walked, removed)
            batch = []
            progress.tell("Comparing the entries of the ledger", walked.entries, head.seq if head else None)
    yield from _rows(batch, using, walked, removed)
    yield from _end(practice, head, last, using)


def _of(entry: LedgerEntry, sentence: str) -> Misfit:
    return Misfit(entry.seq, entry.record_kind, entry.record_uid, entry.record_label, sentence)


def _carried_by_documents(practice: Practice, using: str) -> dict[int, list[tuple[str, str]]]:
    """seq -> the documents that carry the hash of that entry: the number of each, and the hash."""
    marks = defaultdict(list)
    for document in Document.objects.using(using).filter(practice=practice, ledger_seq__gt=0).defer("snapshot"):
        marks[document.ledger_seq].append((document.number, document.ledger_digest))
    return marks


@dataclass
class Removed:
    """What went rightly, because two persons removed it: rows of history as (table, key), records as (kind, uid)."""

    rows: set[tuple[str, int]] = field(default_factory=set)
    records: set[tuple[str, str]] = field(default_factory=set)

    def holds(self, kind: str, uid: str, key: int) -> bool:
        return (kept.table(kind), key) in self.rows if kept.has_history(kind) else (kind, uid) in self.records


def _removed(practice: Practice, using: str) -> Removed:
    gone = Removed()
    for entry in LedgerEntry.objects.using(using).filter(practice_uid=practice.uid, verb=REMOVED):
        if entry.digest == ledger.chain_digest(entry) and {"rows", "records"} <= entry.detail.keys():
            gone.rows |= {(table, key) for table, keys in entry.detail["rows"].items() for key in keys}
            gone.records |= {(kind, uid) for kind, uids in entry.detail["records"].items() for uid in uids}
    return gone


def _rows(batch: list[LedgerEntry], using: str, walked: Walked, removed: Removed) -> Iterator[Misfit]:
    """The rows that these entries name, each with the hash that it had."""
    keys = defaultdict(list)
    for entry in batch:
        for kind, _, key, _ in entry.bound:
            keys[kind].append(key)
            walked.rows[kind] += 1
    walked.people.update(keys.get("person", ()))
    there = {kind: kept.rows(kind, wanted, using) for kind, wanted in keys.items() if kept.table(kind)}
    for entry in batch:
        for kind, uid, key, digest in entry.bound:
            row, now = there.get(kind, {}).get(key, (None, ""))
            if now == digest:
                continue
            if row is None and removed.holds(kind, uid, key):
                walked.rows[kind] -= 1
                continue
            yield Misfit(entry.seq, kind, uid, _label(row, entry, uid), _sentence(row, kind))


def _sentence(row: Any, kind: str) -> str:
    what = "A row of its history" if kept.has_history(kind) else "Its row"
    return f"{what} was changed after it was recorded." if row else f"{what} is gone."


def _label(row: Any, entry: LedgerEntry, uid: str) -> str:
    if entry.record_uid == uid:
        return entry.record_label
    return str(getattr(row, "name", "") or getattr(row, "title", "") or f"written with “{entry.record_label}”")


def _end(practice: Practice, head: LedgerHead | None, last: LedgerEntry | None, using: str) -> Iterator[Misfit]:
    """The kept end of the chain, and the ends that documents carry, against the last entry that is there."""
    seq, digest = (last.seq, last.digest) if last else (0, "")
    if head is None and last is not None:
        yield _cut(practice, seq, "The mark at the end of the ledger is gone.")
    elif head and head.seq > seq:
        yield _cut(practice, seq + 1, f"Entries {seq + 1} to {head.seq} are missing.")
    elif head and (head.seq, head.digest) != (seq, digest):
        yield _cut(practice, seq, "The mark at the end of the ledger speaks of another entry.")
    later = Document.objects.using(using).filter(practice=practice, ledger_seq__gt=seq).order_by("ledger_seq")
    if document := later.first():
        yield _cut(practice, seq + 1, f"Document {document.number} speaks of entry {document.ledger_seq}.")


def _cut(practice: Practice, seq: int, sentence: str) -> Misfit:
    return Misfit(seq, "practice", practice.uid, practice.name, sentence)
