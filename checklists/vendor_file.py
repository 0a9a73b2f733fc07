"""A vendor with everything about it in memory: as it is now, or as it stood at a moment of the past.

Both are read in a fixed number of queries and wired in the same way, so that whoever builds content from them takes one
path. Every relation is a tuple in Django's own cache: `.all()` reads it, and to filter it further is an error, because
a query would speak of now.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from django.db.models import Max, Model, QuerySet

from checklists.models import Answer, Attestation, Citation, Evaluation
from practice_vetting.core.files.then import file_then
from practice_vetting.core.models import Person, Practice, StoredFile
from vendors.models import (
    Agreement,
    ClauseReading,
    DataFlow,
    Evidence,
    Exposure,
    ExposureEvidence,
    LegalHold,
    Part2Check,
    Part2Memo,
    Review,
    ReviewTrigger,
    RolloutStep,
    Standing,
    SubProcessor,
    SubProcessorList,
    Tool,
    Vendor,
)

Rows = list[Any]


class Source(Protocol):
    """Where rows come from: `rows` of a model by its columns, and `linked` ones through one of its many-to-many."""

    def rows(self, model: Any, **about: Any) -> Rows: ...

    def linked(self, rows: Rows, name: str) -> dict[int, list[int]]: ...


class Now:
    """Rows as they are."""

    def rows(self, model: Any, **about: Any) -> Rows:
        return list(model._base_manager.filter(**about).order_by())

    def linked(self, rows: Rows, name: str) -> dict[int, list[int]]:
        field = rows[0]._meta.get_field(name) if rows else None
        if field is None:
            return {}
        own, other = field.m2m_field_name(), field.m2m_reverse_field_name()
        through = field.remote_field.through.objects.filter(**{f"{own}__in": [each.pk for each in rows]})
        return _grouped(through.values_list(f"{own}_id", f"{other}_id"))


class Then:
    """Rows as history kept them at the moment `at`; those without history as their own columns tell it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def rows(self, model: Any, **about: Any) -> Rows:
        if model is Attestation:
            return list(model.objects.filter(**about, signed_at__lte=self.at))
        if model is StoredFile:
            return [file_then(each, self.at) for each in model.objects.filter(**about)]
        if model is Person:
            return self._people(**about)
        names = _columns(model)
        return [_instance(model, names, row) for row in self._last(model, **about).values_list("history_id", *names)]

    def _last(self, model: Any, **about: Any) -> QuerySet:
        """The last row of history of each record by that moment: the writers of a record wait for each other."""
        known = _history_of(model)._base_manager
        last = known.filter(**about, history_date__lte=self.at).order_by().values("id")
        rows: QuerySet = known.filter(history_id__in=last.values_list(Max("history_id"))).exclude(history_type="-")
        return rows

    def _people(self, **about: Any) -> Rows:
        """People as they were called then. What history does not keep of them is as it is now."""
        people = {each.pk: each for each in Person.objects.filter(**about)}
        for row in self._last(Person, id__in=list(people)):
            people[row.id].name = row.name
        return list(people.values())

    def linked(self, rows: Rows, name: str) -> dict[int, list[int]]:
        if not rows:
            return {}
        field = rows[0]._meta.get_field(name)
        own, other = field.m2m_field_name(), field.m2m_reverse_field_name()
        model: Any = type(rows[0])
        kept = getattr(_history_of(model), name).model.objects
        pairs = kept.filter(history_id__in=[each.history_id_then for each in rows])
        return _grouped(pairs.values_list(f"{own}_id", f"{other}_id"))


@cache
def _history_of(model: Any) -> Any:
    """The model of a model's history; to ask for it builds a manager each time."""
    return model.history.model


@cache
def _columns(model: Any) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


def _instance(model: Any, names: Sequence[str], row: Sequence[Any]) -> Any:
    """The record that a row of history describes: it begins with the key of that row."""
    record = model.from_db("default", names, row[1:])
    record.history_id_then = row[0]
    return record


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for own, other in pairs:
        groups.setdefault(own, []).append(other)
    return groups


#: what hangs under what: a model, the one above it, the key that leads up, and the name of the way down
_TREE: tuple[tuple[Any, Any, str, str], ...] = (
    (Tool, Vendor, "vendor", "tools"),
    (Evidence, Vendor, "vendor", "evidence"),
    (Agreement, Vendor, "vendor", "agreements"),
    (Evaluation, Vendor, "vendor", "evaluations"),
    (LegalHold, Vendor, "vendor", "legal_holds"),
    (SubProcessorList, Vendor, "vendor", "sub_processor_lists"),
    (SubProcessor, Vendor, "vendor", "sub_processors"),
    (DataFlow, Vendor, "vendor", "data_flows"),
    (ReviewTrigger, Vendor, "vendor", "triggers"),
    (Exposure, Vendor, "vendor", "exposures"),
    (Part2Memo, Vendor, "vendor", "part2_memos"),
    (Part2Check, Vendor, "vendor", "part2_checks"),
    (RolloutStep, Tool, "tool", "rollout_steps"),
    (ClauseReading, Agreement, "agreement", "readings"),
    (Review, Agreement, "agreement", "reviews"),
    (ExposureEvidence, Exposure, "exposure", "evidence"),
    (Answer, Evaluation, "evaluation", "answers"),
    (Citation, Answer, "answer", "citations"),
    (Attestation, Evaluation, "evaluation", "attestations"),
)
#: which other record of the same vendor a key means, and the name of the way back where somebody takes it
_MEANT: tuple[tuple[Any, str, Any, str], ...] = (
    (Citation, "evidence", Evidence, "citations"),
    (Evidence, "replaces", Evidence, ""),
    (Agreement, "evidence", Evidence, ""),
    (Agreement, "replaces", Agreement, "replaced_by"),
    (Agreement, "amends", Agreement, "amendments"),
    (SubProcessorList, "evidence", Evidence, ""),
    (DataFlow, "from_tool", Tool, ""),
    (DataFlow, "to_tool", Tool, ""),
    (DataFlow, "from_sub_processor", SubProcessor, ""),
    (DataFlow, "to_sub_processor", SubProcessor, ""),
    (DataFlow, "agreement", Agreement, ""),
    (DataFlow, "method_evidence", Evidence, ""),
    (ReviewTrigger, "tool", Tool, ""),
    (ReviewTrigger, "answered_by", Review, "triggers"),
    (Exposure, "tool", Tool, "exposures"),
    (ExposureEvidence, "evidence", Evidence, ""),
    (Part2Memo, "tool", Tool, "part2_memos"),
    (Part2Check, "evidence", Evidence, ""),
    (RolloutStep, "evidence", Evidence, ""),
)
#: what is said of several tools at once
_SCOPED: tuple[Any, ...] = (Agreement, Evaluation, SubProcessor)
#: who is spoken of
_SPOKEN: tuple[tuple[Any, str], ...] = (
    (ClauseReading, "read_by"),
    (Review, "by"),
    (Evidence, "checked_by"),
    (Evidence, "quarantined_by"),
    (Evaluation, "started_by"),
    (Evaluation, "submitted_by"),
    (Answer, "changed_by"),
    (LegalHold, "placed_by"),
    (LegalHold, "lifted_by"),
    (SubProcessorList, "decided_by"),
    (ReviewTrigger, "noticed_by"),
    (ReviewTrigger, "set_aside_by"),
    (Exposure, "reported_by"),
    (Exposure, "decided_by"),
    (Part2Memo, "signed_by"),
    (Part2Check, "checked_by"),
    (RolloutStep, "done_by"),
    (RolloutStep, "taken_back_by"),
)


def load(vendor: Vendor, *, at: datetime | None = None) -> Vendor | None:
    """The vendor with everything about it, now or at that moment. None when nobody had added it by then."""
    source: Source = Then(at) if at else Now()
    found, practices = source.rows(Vendor, id=vendor.pk), source.rows(Practice, id=vendor.practice_id)
    if not found or not practices:
        return None
    home: Vendor = found[0]
    rows: dict[Any, Rows] = {Vendor: [home]}
    for model, above, by, name in _TREE:
        rows[model] = _children(source, model, rows[above], by, name)
    for model, name, other, back in _MEANT:
        one(rows[model], name, rows[other])
        if back:
            hang(rows[model], rows[other], name, back)
    for model in _SCOPED:
        _link(source, rows[model], "tools", rows[Tool])
    rows[Standing] = source.rows(Standing, vendor_id=home.pk)
    one(rows[Standing], "vendor", [home])
    home._state.fields_cache["standing"] = rows[Standing][0] if rows[Standing] else None
    one(rows[Evidence], "file", source.rows(StoredFile, id__in={each.file_id for each in rows[Evidence]}))
    memos = source.rows(Part2Memo, practice_id=home.practice_id, vendor_id=None)
    home._practice_memos = sorted(memos, key=ORDER[Part2Memo])  # type: ignore[attr-defined]
    _name(source, rows | {Part2Memo: [*rows[Part2Memo], *memos]})
    for records in [*rows.values(), memos]:
        one(records, "practice", practices)
    return home


def is_loaded(vendor: Vendor) -> bool:
    """Whether it was loaded whole: then what is in memory counts, and no query that would speak of now."""
    return hasattr(vendor, "_practice_memos")


def practice_memos(vendor: Vendor) -> Rows:
    """The Part 2 memos about the practice itself, newest first: from memory when the vendor was loaded whole."""
    kept: Rows | None = getattr(vendor, "_practice_memos", None)
    if kept is not None:
        return kept
    return list(Part2Memo.objects.filter(practice_id=vendor.practice_id, vendor=None).select_related("signed_by"))


def names_of(people: set[int], *, at: datetime | None = None) -> dict[int, str]:
    """How these people are called, now or at that moment, by their primary keys."""
    source: Source = Then(at) if at else Now()
    return {each.pk: each.name for each in source.rows(Person, id__in=people)}


def rows_of(relation: Any, asked: Callable[[QuerySet], QuerySet]) -> Rows:
    """What a relation holds: from memory when its vendor was loaded whole, else from the database, `asked` for so."""
    found = relation.all()
    return list(asked(found)) if isinstance(found, QuerySet) else list(found)


#: how each kind of record stands in a list: as its model orders it, and alike on every database
ORDER: dict[Any, Callable[[Any], Any]] = {
    Tool: lambda each: (each.name, each.pk),
    Evidence: lambda each: each.number,
    Agreement: lambda each: (each.vendor_signed_on is None, -_ordinal(each.vendor_signed_on), -each.pk),
    LegalHold: lambda each: (each.since, each.pk),
    Evaluation: lambda each: (-_ordinal(each.started_on), -each.pk),
    ClauseReading: lambda each: each.code,
    Review: lambda each: (-_ordinal(each.on), -each.pk),
    Answer: lambda each: each.question,
    Citation: lambda each: each.pk,
    Attestation: lambda each: (each.signed_at, each.pk),
    SubProcessorList: lambda each: (-_ordinal(each.received_on), -each.pk),
    SubProcessor: lambda each: (each.name, each.pk),
    DataFlow: lambda each: each.pk,
    ReviewTrigger: lambda each: (each.due_on, each.pk),
    Exposure: lambda each: (-_ordinal(each.discovered_on), -each.pk),
    ExposureEvidence: lambda each: (each.factor, each.pk),
    Part2Memo: lambda each: (-each.signed_at.timestamp(), -each.pk),
    Part2Check: lambda each: each.code,
    RolloutStep: lambda each: (each.step, each.done_on, each.pk),
}


def _ordinal(day: Any) -> int:
    return day.toordinal() if day else 0


def _children(source: Source, model: Any, parents: Rows, by: str, name: str) -> Rows:
    """The rows of `model` under their parents, in order, each knowing its parent by the name `by`."""
    rows = source.rows(model, **{f"{by}_id__in": [each.pk for each in parents]}) if parents else []
    rows.sort(key=ORDER[model])
    hang(rows, parents, by, name)
    return rows


def hang(rows: Rows, parents: Rows, by: str, name: str) -> None:
    one(rows, by, parents)
    under: dict[int, Rows] = {}
    for row in rows:
        under.setdefault(getattr(row, f"{by}_id"), []).append(row)
    for parent in parents:
        keep(parent, name, under.get(parent.pk, ()))


def one(rows: Rows, name: str, found: Rows) -> None:
    """Let each row know the one that its foreign key means."""
    by_key = {each.pk: each for each in found}
    for row in rows:
        row._state.fields_cache[name] = by_key.get(getattr(row, f"{name}_id"))


def _link(source: Source, rows: Rows, name: str, others: Rows) -> None:
    linked = source.linked(rows, name)
    for row in rows:
        keys = set(linked.get(row.pk, ()))
        keep(row, name, [each for each in others if each.pk in keys])


def _name(source: Source, rows: dict[Any, Rows]) -> None:
    """Let each record know the people it speaks of."""
    spoken = [(rows[model], name) for model, name in _SPOKEN]
    people = source.rows(Person, id__in={getattr(row, f"{name}_id") for some, name in spoken for row in some} - {None})
    for some, name in spoken:
        one(some, name, people)


def keep(record: Model, name: str, rows: Iterable[Any]) -> None:
    """Put a relation into the cache in which Django looks for what was prefetched."""
    if not hasattr(record, "_prefetched_objects_cache"):
        record._prefetched_objects_cache = {}  # type: ignore[attr-defined]
    record._prefetched_objects_cache[name] = tuple(rows)  # type: ignore[attr-defined]
