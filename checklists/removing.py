"""Everything that is kept about one vendor: found by walking what points at it, and taken away at once.

Nothing here asks whether it may go: checklists.actions.removals does, and is the only caller that takes away. What a
later release lets point at a vendor, however far, goes too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models import Q

from practice_vetting.core import records
from practice_vetting.core.models import Document, Job, JobState, Practice, Reminder, Snooze, StoredFile
from practice_vetting.core.triggers import is_history
from vendors.models import (
    Evidence,
    ExposureEvidence,
    Part2Check,
    Part2Memo,
    ReviewTrigger,
    RolloutStep,
    Standing,
    SubProcessor,
    SubProcessorList,
    Vendor,
)

_A_STEP = 500  # keys in one statement: SQLite takes no more than about a thousand
_UNSAID = {Vendor, Standing, Job, Reminder, Snooze, StoredFile}  # nobody counts them when reading what goes


@dataclass
class Belongings:
    """The rows that are the vendor's, by model, what is pointed at before what points at it; and their history."""

    rows: dict[type[models.Model], list[int]] = field(default_factory=dict)
    history: dict[type[models.Model], list[int]] = field(default_factory=dict)
    uids: dict[str, list[str]] = field(default_factory=dict)

    @property
    def counts(self) -> list[list[Any]]:
        """What there is in words: [["tool", 1], ["answers", 9], ...]."""
        said = [(model, len(keys)) for model, keys in self.rows.items() if model not in _UNSAID]
        return [[_noun(model, count), count] for model, count in said if count and not model._meta.auto_created]

    @property
    def files(self) -> list[StoredFile]:
        keys = self.rows.get(StoredFile, [])
        return list(StoredFile.objects.filter(pk__in=keys).select_related("practice").order_by("sha256"))

    @property
    def is_being_worked_on(self) -> bool:
        """Whether a worker is about to make a document of any of it."""
        under_way = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
        return any(under_way.filter(pk__in=some).exists() for some in _steps(self.rows.get(Job, [])))

    def told(self) -> dict[str, Any]:
        """What the ledger keeps of all that: the rows of history by table, the records by kind, the files by hash."""
        return {
            "rows": {model._meta.db_table: keys for model, keys in self.history.items() if keys},
            "records": self.uids,
            "files": [each.sha256 for each in self.files],
        }


@cache
def parts() -> dict[type[models.Model], tuple[type[models.Model], str]]:
    """model -> the model that it belongs to and the name of that key: whatever points at a vendor, however far.

    A key that may be empty finds not all: it leads there only where no other does.
    """
    found: dict[Any, tuple[Any, str]] = {Vendor: (Vendor, "id")}
    while fresh := _next_parts(found, sure=True) or _next_parts(found, sure=False):
        found |= fresh
    return found


def _next_parts(found: dict[Any, tuple[Any, str]], *, sure: bool) -> dict[Any, tuple[Any, str]]:
    """What points at these and is not among them; `sure`: by a key that is never empty."""
    fresh: dict[Any, tuple[Any, str]] = {}
    for model in found:
        for child, key in _pointing_at(model):
            if child not in found and not (sure and child._meta.get_field(key).null):
                fresh.setdefault(child, (model, key))
    return fresh


def path_to_vendor(model: type[models.Model]) -> str:
    """What leads from a row of it, or from one of its history, to the vendor: "answer__evaluation__vendor_id"."""
    parent, key = parts()[model]
    return "id" if model is Vendor else f"{key}_id" if parent is Vendor else f"{key}__{path_to_vendor(parent)}"


def belongings(vendor: Vendor) -> Belongings:
    """Everything of the vendor. Files that something else uses, too, are not among it."""
    found = Belongings(rows={Vendor: [vendor.pk]})
    for model, (parent, key) in parts().items():
        if model is not Vendor:
            found.rows[model] = _keys(model, f"{key}_id", found.rows[parent])
    for model, keys in list(found.rows.items()):
        if not model._meta.auto_created:
            found.uids[_kind(model)] = _values(model, keys, "uid")
    _add_what_names_them(vendor.practice, found)
    found.rows[StoredFile] = _files(found)
    for model in list(found.rows):
        _add_history(model, found)
    return found


def take_away(found: Belongings) -> None:
    """Delete all of it, history included. A removal has to be at work in this transaction, or the database refuses.

    Raises IntegrityError when anything that stays still points at it.
    """
    for model, keys in [*found.history.items(), *reversed(found.rows.items())]:
        for some in _steps(keys):
            model._base_manager.filter(pk__in=some)._raw_delete(connection.alias)
    connection.check_constraints([model._meta.db_table for model in found.rows])


def _pointing_at(model: Any) -> Iterator[tuple[Any, str]]:
    """The models with a key to that one, history apart."""
    for relation in model._meta.get_fields(include_hidden=True):
        points_here = relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)
        if points_here and not is_history(relation.related_model):
            yield relation.related_model, relation.field.name


def _add_what_names_them(practice: Practice, found: Belongings) -> None:
    """Reminders, snoozes, jobs and documents name what they are about by kind and uid. Documents go before jobs."""
    models_by_subject: list[Any] = [Reminder, Snooze, Job]
    for model in models_by_subject:
        about = (
            Q(subject_kind=kind, subject_uid__in=some) for kind, uids in found.uids.items() for some in _steps(uids)
        )
        manager = model._base_manager.filter(practice=practice)
        found.rows[model] = sorted(key for each in about for key in manager.filter(each).values_list("pk", flat=True))
    found.rows[Document] = _keys(Document, "job_id", found.rows[Job])
    for model in [*models_by_subject, Document]:
        found.uids[_kind(model)] = _values(model, found.rows[model], "uid")


def _files(found: Belongings) -> list[int]:
    """The files that nothing else uses. Of one that was purged the row stays, so that its bytes are not taken again."""
    used = [(model, f"{key}_id") for model, key in _pointing_at(StoredFile)]
    ours = {key for model, name in used for key in _values(model, found.rows.get(model, []), name)}
    for model, name in used:
        for some in _steps(sorted(ours)):
            rows = model._base_manager.filter(**{f"{name}__in": some}).values_list("pk", name)
            mine = set(found.rows.get(model, []))
            ours -= {file for pk, file in rows if pk not in mine}
    purged = StoredFile.objects.exclude(purged_at=None)
    return sorted(
        ours.difference(*(purged.filter(pk__in=some).values_list("pk", flat=True) for some in _steps([*ours])))
    )


def _add_history(model: Any, found: Belongings) -> None:
    """The rows of history of these records, and of those among their parts that were taken away earlier."""
    if not hasattr(model, "history"):
        return
    kept = model.history.model
    parent, key = parts().get(model, (model, "id"))
    rows = _keys(kept, "id" if parent is model else f"{key}_id", found.rows[parent])
    for link, name in _linking(kept):
        found.history[link] = _keys(link, f"{name}_id", rows)
    found.history[kept] = rows


def _linking(kept: Any) -> Iterator[tuple[Any, str]]:
    """The tables that hold what a row of history was linked to."""
    for relation in kept._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and relation.one_to_many:
            yield relation.related_model, relation.field.name


def _keys(model: Any, column: str, values: list[int]) -> list[int]:
    rows = model._base_manager
    return sorted(
        key for some in _steps(values) for key in rows.filter(**{f"{column}__in": some}).values_list("pk", flat=True)
    )


def _values(model: Any, keys: list[int], column: str) -> list[Any]:
    rows = model._base_manager.order_by("pk")
    return [value for some in _steps(keys) for value in rows.filter(pk__in=some).values_list(column, flat=True)]


def _steps(values: list[Any]) -> Iterator[list[Any]]:
    return (values[start : start + _A_STEP] for start in range(0, len(values), _A_STEP))


def _kind(model: Any) -> str:
    return next(kind for kind, each in records.kinds().items() if each is model)


#: nouns that the model's own name does not give
_NOUNS: dict[Any, tuple[str, str]] = {
    Evidence: ("piece of evidence", "pieces of evidence"),
    ExposureEvidence: ("document under an exposure", "documents under an exposure"),
    Part2Check: ("Part 2 check", "Part 2 checks"),
    Part2Memo: ("Part 2 memo", "Part 2 memos"),
    ReviewTrigger: ("reason for a review", "reasons for a review"),
    RolloutStep: ("step of a rollout", "steps of a rollout"),
    SubProcessor: ("sub-processor", "sub-processors"),
    SubProcessorList: ("list of sub-processors", "lists of sub-processors"),
}


def _noun(model: Any, count: int) -> str:
    one, many = _NOUNS.get(model, (model._meta.verbose_name, model._meta.verbose_name_plural))
    return str(one if count == 1 else many)
