"""The history of one record, field by field: who changed what from what to what, its parts included."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.text import capfirst

from practice_vetting.core import records, values
from practice_vetting.core.history import says
from practice_vetting.core.history_rows import Row, Wanted, newest
from practice_vetting.core.models import Person, Record
from practice_vetting.core.records import Found

PAGE = 100  # rows of history
TOGETHER = timedelta(seconds=2)  # rows of one act, written one after the other

_ITSELF = 0  # the number of the record's own rows among those of its parts
_OF_EVERY_RECORD = {"id", *(field.name for field in Record._meta.fields)}
_IN_THE_NAME = {"question", "code", "number"}
_NOT_SHOWN = _OF_EVERY_RECORD | _IN_THE_NAME | {"snapshot", "token_sha256", "changed_at", "changed_by"}


#: model -> primary key -> the name of that row
Names = dict[Any, dict[Any, str]]


@dataclass(frozen=True)
class Change:
    """One field: what it said and what it says; "" is nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Touched:
    """What one act did to one record: "+" made, "~" changed, "-" taken away. `label` names a part."""

    label: str
    how: str
    changes: list[Change]


@dataclass(frozen=True)
class Event:
    """One act of one person."""

    at: datetime
    person: str
    says: str
    label: str
    touched: list[Touched]


@dataclass(frozen=True)
class Past:
    """Events, newest first, and the moment to go on from (None at the beginning of all)."""

    events: list[Event]
    older_than: datetime | None


def read(found: Found, *, before: datetime | None = None, most: int = 0, named: Names | None = None) -> Past:
    """What was done to the record and its parts (settings.RECORD_CHILDREN) before that moment: `most` rows of history.

    `named` has the names that the caller knows anyway.
    """
    most = most or PAGE
    parts = settings.RECORD_CHILDREN.get(found.kind, {})
    sources = [_Source(found.model, "id")]
    sources += [_Source(records.kinds()[kind], path) for kind, path in parts.items()]
    read = newest([source.wanted for source in sources], found.pk, most=most + 1, before=before)
    for source, its in zip(sources, read, strict=True):
        source.said = its.said
    rows, older_than = _cut([row for its in read for row in its.newest], most)
    acts = [(act, list(_diffs(act, sources))) for act in _acts(rows)]
    names = _names([diff for _, diffs in acts for diff in diffs], rows, found, named or {})
    events = [_event(act, found, diffs, names) for act, diffs in acts]
    return Past([event for event in events if event.touched], older_than)


class _Source:
    """The history of one model, as far as it belongs to the record: what is wanted, and what its rows said."""

    def __init__(self, model: Any, path: str) -> None:
        self.model = model
        shown, lists = _shown(model, path.partition("__")[0])
        self.fields = [*shown, *lists]
        self.wanted = Wanted(model, path, tuple(each.attname for each in shown), tuple(each.name for each in lists))
        self.said: dict[int, dict[str, Any]] = {}


@cache
def _shown(model: Any, parent: str) -> tuple[list[Any], list[Any]]:
    """The columns that are told, without the key that leads up, and what the record is linked to."""
    columns = [field for field in model._meta.concrete_fields if field.name not in _NOT_SHOWN | {parent}]
    return columns, list(getattr(model.history.model, "_history_m2m_fields", ()))


def _when(row: Row) -> tuple[datetime, int]:
    return row.history_date, row.history_id


def _cut(rows: list[Row], most: int) -> tuple[list[Row], datetime | None]:
    """The newest rows, a page of them, never cut between rows of the same moment; and where the next begins."""
    rows.sort(key=_when, reverse=True)
    if len(rows) <= most:
        return rows, None
    last = rows[most - 1].history_date
    shown = [row for row in rows if row.history_date >= last]
    return shown, last if len(shown) < len(rows) else None


def _acts(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows, newest first, in acts: what one person did with one verb at one time.

    Parts are told with the record itself when they changed with it or were made with it.
    """
    act: list[Row] = []
    for row in rows:
        if act and not _belongs(row, act):
            yield act
            act = []
        act.append(row)
    if act:
        yield act


def _belongs(row: Row, act: list[Row]) -> bool:
    last = act[-1]
    if (row.history_user_id, row.history_change_reason) != (last.history_user_id, last.history_change_reason):
        return False
    if last.history_date - row.history_date > TOGETHER:
        return False
    twins = [each for each in act if (each.source, each.id) == (row.source, row.id)]
    if twins:
        return all(twin.version == row.version for twin in twins)
    both_made = row.history_type == last.history_type == "+"
    return both_made or any(each.source == _ITSELF for each in [row, *act])


def _diffs(act: list[Row], sources: list[_Source]) -> Iterator["_Diff"]:
    """What the act did, record by record."""
    groups: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in act:
        groups[row.source, row.id].append(row)
    for number, pk in sorted(groups, key=lambda key: key[0]):
        yield _Diff(sources[number], groups[number, pk])


class _Diff:
    """What one act did to one record, before it is put into words."""

    def __init__(self, source: _Source, rows: list[Row]) -> None:
        self.source, self.rows = source, rows
        newest, oldest = rows[0], rows[-1]
        self.how = "-" if newest.history_type == "-" else oldest.history_type
        before = source.said.get(oldest.previous_id or 0, {})
        after = {} if self.how == "-" else source.said[newest.history_id]
        self.changes = [
            (field, before.get(field.attname), after.get(field.attname))
            for field in source.fields
            if not _same(field, before, after)
        ]

    @property
    def pk(self) -> int:
        return int(self.rows[0].id)


def _same(field: Any, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether there is nothing to tell: no difference, or a new record's field as it is by default."""
    old, new = before.get(field.attname), after.get(field.attname)
    if before:
        return bool(old == new or (not old and not new and old is not False and new is not False))
    return new in (None, "", []) or (not field.many_to_many and new == field.get_default())


def _names(diffs: list[_Diff], rows: list[Row], found: Found, named: Names) -> Names:
    """What the changed rows and the ones that they lead to are called: by one query a model that is not known.

    Nobody is asked about the record itself, nor about what was taken away.
    """
    names: Names = {**named, Person: {row.history_user_id: row.person for row in rows if row.person}}
    gone = {(diff.source.model, diff.pk) for diff in diffs if diff.how == "-"} | {(found.model, found.pk)}
    wanted: dict[Any, set[Any]] = defaultdict(set)
    for diff in diffs:
        wanted[diff.source.model].add(diff.pk)
        for field, old, new in diff.changes:
            if field.related_model:
                wanted[field.related_model].update(_keys(old) + _keys(new))
    for model, keys in wanted.items():
        if missing := {key for key in keys - names.get(model, {}).keys() if (model, key) not in gone}:
            asked = {row.pk: str(row) for row in records.with_parents(model).filter(pk__in=missing)}
            names[model] = names.get(model, {}) | asked
    return names


def _keys(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _event(act: list[Any], found: Found, diffs: list[_Diff], names: Names) -> Event:
    newest = act[0]
    touched = [_touched(diff, found, names) for diff in diffs]
    about = next((each.label for each in touched if each.label), found.label)
    return Event(
        at=newest.history_date,
        person=newest.person or "Practice Vetting",
        says=says(newest.history_change_reason or ""),
        label=found.label if any(not each.label for each in touched) else about,
        touched=[each for each in touched if each.changes or (not each.label and each.how == "+")],
    )


def _touched(diff: _Diff, found: Found, names: Names) -> Touched:
    itself = diff.source.model is found.model and diff.pk == found.pk
    gone = capfirst(str(diff.source.model._meta.verbose_name))
    label = "" if itself else names.get(diff.source.model, {}).get(diff.pk, gone)
    changes = [
        Change(
            capfirst(str(field.verbose_name)),
            values.words(field, old, names.get(field.related_model, {})),
            values.words(field, new, names.get(field.related_model, {})),
        )
        for field, old, new in diff.changes
    ]
    return Touched(label, diff.how, changes)
