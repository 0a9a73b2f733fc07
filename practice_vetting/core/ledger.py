"""The hash chain of what happened: one a practice, append-only (45 CFR 164.312(b), audit controls)."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from practice_vetting.core import actions, clock
from practice_vetting.core.models.ledger import LedgerEntry, LedgerHead

#: the columns that an entry's content digest binds, in the order in which they are hashed; its digest binds that one,
#: its number and the digest before it, so that the links of a chain can be followed without what its entries say
BOUND = (
    "practice_uid", "at", "person_uid", "person_name", "verb", "record_kind", "record_uid", "record_label",
    "record_digest", "detail", "bound",
)  # fmt: skip


class _Exact(DjangoJSONEncoder):
    """Moments in UTC with all their microseconds; the rest as Django writes it."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return o.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
        return super().default(o)


_ENCODER = _Exact(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(content: Any) -> str:
    """JSON in the one form that is hashed: sorted keys, no spaces, UTF-8, dates in ISO 8601 (UTC)."""
    return _ENCODER.encode(content)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(record: models.Model, links: dict[str, list[int]] | None = None) -> str:
    """SHA-256 of what the record's own columns say; of a row of history, what it was linked to as well (`links`).

    A column that says nothing is left out: one that a later release adds changes no digest of what was before it.
    """
    said = {}
    for name, read, may_be_empty in _columns(type(record)):
        value = read(getattr(record, name))
        if value is not None and (value or not may_be_empty):
            said[name] = value
    return sha256(canonical(said | (_links(record) if links is None else links)))


@cache
def _columns(model: type[models.Model]) -> list[tuple[str, Callable[[Any], Any], bool]]:
    """The columns of a model, how each is read, and whether empty text or no says nothing there, as null does."""
    empty = (models.CharField, models.TextField, models.BooleanField)
    fields = model._meta.concrete_fields
    return [(each.attname, each.to_python, isinstance(each, empty) and not each.null) for each in fields]


def _links(row: Any) -> dict[str, list[int]]:
    """The keys of what a row of history was linked to, by the name of each many-to-many field."""
    if not hasattr(row, "history_object"):
        return {}
    return {name: found.get(row.pk, []) for name, found in links_of(type(row), [row.pk]).items()}


def links_of(history: Any, keys: Sequence[int], *, using: str = "default") -> dict[str, dict[int, list[int]]]:
    """Field -> row of that model of history -> the keys of what it was linked to, in ascending order."""
    links: dict[str, dict[int, list[int]]] = {}
    for field in getattr(history, "_history_m2m_fields", ()):
        links[field.name] = {}
        other = f"{field.m2m_reverse_field_name()}_id"
        found = getattr(history, field.name).using(using).filter(history_id__in=keys).order_by(other)
        for key, linked in found.values_list("history_id", other):
            links[field.name].setdefault(key, []).append(linked)
    return links


def record(subject: Any, *, label: str = "", practice: Any = None, **detail: Any) -> None:
    """Tell what the action under way did to `subject`; the entry is appended when the outermost action ends.

    `detail` is kept as it stands: reasons, old and new states; never patient data, secrets or file contents.
    Raises Unrecorded outside an action.
    """
    verb = actions.verb_at_work()
    if not verb:
        raise actions.Unrecorded("The ledger is written by actions only.")
    person, home = actions.person_at_work(), practice or subject.practice
    entry = LedgerEntry(
        practice_uid=home.uid,
        at=clock.now(),
        person_uid=person.uid if person else "",
        person_name=person.name if person else "Practice Vetting",
        verb=verb,
        record_kind=kind_of(subject),
        record_uid=subject.uid,
        record_label=(label or str(subject))[:300],
        record_digest=digest_of(subject),
        detail=json.loads(canonical(detail)),
    )
    actions.tell(Told(entry, home.pk), _append)


@dataclass(frozen=True)
class Told:
    """An entry that is to be appended, and the primary key of the practice in whose chain."""

    entry: LedgerEntry
    practice_pk: int


def kind_of(record: Any) -> str:
    """The noun that names a record, or its model, in the ledger."""
    named = getattr(record, "kind", None)
    return str(named()) if callable(named) else str(record._meta.model_name)


def bind(row: models.Model) -> None:
    """Name a row that is never changed, and so has no history, in what the action under way tells of it."""
    actions.wrote(row)


def _append(unit: actions.Unit) -> None:
    """Append what was told, each practice's to its own chain; always in the same order, so that nobody waits twice."""
    _bind(unit)
    chains: dict[str, list[LedgerEntry]] = {}
    for told in unit.told:
        chains.setdefault(told.entry.practice_uid, []).append(told.entry)
    for practice_uid in sorted(chains):
        _extend(practice_uid, chains[practice_uid])


def _bind(unit: actions.Unit) -> None:
    """Name each row that was written in the entry about its record, else in the last one of its practice's chain.

    A row that belongs to no practice (a person's) is named in every chain. Raises Unrecorded when a practice's record
    changed and its chain is not told.
    """
    links = _all_links(unit.written)
    for row in unit.written:
        kind = kind_of(getattr(row, "instance_type", row))
        home = row.id if kind == "practice" else getattr(row, "practice_id", None)
        for chain in {told.practice_pk for told in unit.told} if home is None else {home}:
            told = [each.entry for each in unit.told if each.practice_pk == chain]
            if not told:
                raise actions.Unrecorded(f"{row} was written, but the ledger of its practice was told nothing.")
            entry = next((each for each in reversed(told) if each.record_uid == row.uid), told[-1])
            entry.bound = [*entry.bound, [kind, row.uid, row.pk, digest_of(row, links(row))]]


def _all_links(rows: Sequence[Any]) -> Callable[[Any], dict[str, list[int]]]:
    """Row -> what it was linked to, read in one query a kind of history that has links."""
    found: dict[type, dict[str, dict[int, list[int]]]] = {}
    for model in {type(row) for row in rows if getattr(row, "_history_m2m_fields", ())}:
        found[model] = links_of(model, [row.pk for row in rows if type(row) is model])
    return lambda row: {name: linked.get(row.pk, []) for name, linked in found.get(type(row), {}).items()}


def _extend(practice_uid: str, entries: list[LedgerEntry]) -> None:
    head = _head(practice_uid)
    for entry in entries:
        entry.seq, entry.previous = head.seq + 1, head.digest
        entry.digest = chain_digest(entry)
        head.seq, head.digest = entry.seq, entry.digest
    LedgerEntry.objects.bulk_create(entries)
    head.save(update_fields=["seq", "digest"])


def _head(practice_uid: str) -> LedgerHead:
    """The end of the practice's chain, locked; made with its first entry."""
    heads = LedgerHead.objects.select_for_update(no_key=True).filter(practice_uid=practice_uid)
    if head := heads.first():
        return head
    LedgerHead.objects.get_or_create(practice_uid=practice_uid)
    return heads.get()


def content_of(entry: LedgerEntry) -> str:
    """All that the entry says, without its place in the chain: the very text whose SHA-256 the chain binds."""
    return canonical([getattr(entry, column) for column in BOUND])


def chain_digest(entry: LedgerEntry) -> str:
    """What the entry's digest must be: the SHA-256 of its number, the digest before it and that of its content."""
    return sha256(f"{entry.seq} {entry.previous} {sha256(content_of(entry))}")


def broken_at(practice_uid: str) -> LedgerEntry | None:
    """The first entry of the practice's chain that does not fit, or None when every one does."""
    return next((entry for entry, problem in walk(practice_uid) if problem), None)


def walk(practice_uid: str, *, using: str = "default") -> Iterator[tuple[LedgerEntry, str]]:
    """Each entry in its order, with what does not fit of it in words, or ""."""
    previous, expected = "", 1
    for entry in LedgerEntry.objects.using(using).filter(practice_uid=practice_uid).order_by("seq").iterator(2000):
        problem = ""
        if entry.seq != expected:
            problem = f"Before it, entry {expected} is missing."
        elif entry.digest != chain_digest(entry):
            problem = "It was changed after it was written."
        elif entry.previous != previous:
            problem = "It does not follow from the entry before it."
        yield entry, problem
        previous, expected = entry.digest, entry.seq + 1
