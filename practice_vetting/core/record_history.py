"""The history of one record, field by field: who changed what from what to what, its parts included."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Window
from django.db.models.functions import Lag
from django.utils.text import capfirst

from practice_vetting.core import records, values
from practice_vetting.core.history import says
from practice_vetting.core.models import Record
from practice_vetting.core.records import Found

PAGE = 100  # rows of history
TOGETHER = timedelta(seconds=2)  # rows of one act, written one after the other

_OF_EVERY_RECORD = {"id", *(field.name for field in Record._meta.fields)}
_IN_THE_NAME = {"question", "code", "number"}
_NOT_SHOWN = _OF_EVERY_RECORD | _IN_THE_NAME | {"snapshot", "token_sha256", "changed_at", "changed_by"}


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


def read(found: Found, *, before: datetime | None = None) -> Past:
    """What was done to the record and its parts (settings.RECORD_CHILDREN) before that moment."""
    parts = settings.RECORD_CHILDREN.get(found.kind, {})
    sources = [_Source(found.model, "id", found.pk, before)]
    sources += [_Source(records.kinds()[kind], lookup, found.pk, before) for kind, lookup in parts.items()]
    rows, older_than = _cut([row for source in sources for row in source.rows])
    acts = [(act, list(_diffs(act, sources))) for act in _acts(rows, sources[0].history)]
    names = _names([diff for _, diffs in acts for diff in diffs])
    events = [_event(act, found, diffs, names) for act, diffs in acts]
    return Past([event for event in events if event.touched], older_than)


class _Source:
    """The history of one model, as far as it belongs to the record: `rows`, and what each of them said."""

    def __init__(self, model: Any, lookup: str, pk: int, before: datetime | None) -> None:
        self.model = model
        self.history: Any = model.history.model
        parent = lookup.partition("__")[0]
        shown = [field for field in model._meta.concrete_fields if field.name not in _NOT_SHOWN | {parent}]
        self.fields = [*shown, *getattr(self.history, "_history_m2m_fields", ())]
        self.rows = self._newest(lookup, pk, before)
        known = {row.history_id: row for row in self.rows}
        missing = {row.previous_id for row in self.rows} - known.keys() - {None}
        if missing:
            known |= {row.history_id: row for row in model.history.filter(history_id__in=missing)}
        self.said = {key: {f.name: getattr(row, f.attname) for f in shown} for key, row in known.items()}
        self._add_lists(known)

    def _newest(self, lookup: str, pk: int, before: datetime | None) -> list[Any]:
        earlier = {} if before is None else {"history_date__lt": before}
        previous = Window(Lag("history_id"), partition_by=F("id"), order_by=F("history_id").asc())
        rows = self.model.history.filter(**{lookup: pk}, **earlier).annotate(previous_id=previous)
        return list(rows.select_related("history_user").order_by("-history_date", "-history_id")[: PAGE + 1])

    def _add_lists(self, known: dict[int, Any]) -> None:
        for field in self.fields:
            if not field.many_to_many:
                continue
            lists = defaultdict(list)
            links = getattr(self.history, field.name).filter(history_id__in=list(known))
            other = f"{field.m2m_reverse_field_name()}_id"
            for key, related in links.order_by(other).values_list("history_id", other):
                lists[key].append(related)
            for key in known:
                self.said[key][field.name] = lists[key]


def _when(row: Any) -> tuple[datetime, int]:
    return row.history_date, row.history_id


def _cut(rows: list[Any]) -> tuple[list[Any], datetime | None]:
    """The newest rows, a page of them, never cut between rows of the same moment; and where the next begins."""
    rows.sort(key=_when, reverse=True)
    if len(rows) <= PAGE:
        return rows, None
    last = rows[PAGE - 1].history_date
    shown = [row for row in rows if row.history_date >= last]
    return shown, last if len(shown) < len(rows) else None


def _acts(rows: list[Any], main: Any) -> Iterator[list[Any]]:
    """The rows, newest first, in acts: what one person did with one verb at one time.

    Parts are told with the record of the model `main` when they changed with it or were made with it.
    """
    act: list[Any] = []
    for row in rows:
        if act and not _belongs(row, act, main):
            yield act
            act = []
        act.append(row)
    if act:
        yield act


def _belongs(row: Any, act: list[Any], main: Any) -> bool:
    last = act[-1]
    if (row.history_user_id, row.history_change_reason) != (last.history_user_id, last.history_change_reason):
        return False
    if last.history_date - row.history_date > TOGETHER:
        return False
    twins = [each for each in act if type(each) is type(row) and each.id == row.id]
    if twins:
        return all(getattr(twin, "version", 1) == getattr(row, "version", 1) for twin in twins)
    both_made = row.history_type == last.history_type == "+"
    return both_made or any(isinstance(each, main) for each in [row, *act])


def _diffs(act: list[Any], sources: list[_Source]) -> Iterator["_Diff"]:
    """What the act did, record by record."""
    for source in sources:
        groups = defaultdict(list)
        for row in act:
            if isinstance(row, source.history):
                groups[row.id].append(row)
        for group in groups.values():
            yield _Diff(source, group)


class _Diff:
    """What one act did to one record, before it is put into words."""

    def __init__(self, source: _Source, rows: list[Any]) -> None:
        self.source, self.rows = source, rows
        newest, oldest = rows[0], rows[-1]
        self.how = "-" if newest.history_type == "-" else oldest.history_type
        before = source.said.get(oldest.previous_id, {})
        after = {} if self.how == "-" else source.said[newest.history_id]
        self.changes = [
            (field, before.get(field.name), after.get(field.name))
            for field in source.fields
            if not _same(field, before, after)
        ]

    @property
    def pk(self) -> int:
        return int(self.rows[0].id)


def _same(field: Any, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether there is nothing to tell: no difference, or a new record's field as it is by default."""
    old, new = before.get(field.name), after.get(field.name)
    if before:
        return bool(old == new or (not old and not new and old is not False and new is not False))
    return new in (None, "", []) or (not field.many_to_many and new == field.get_default())


def _names(diffs: list[_Diff]) -> dict[Any, dict[Any, str]]:
    """model -> primary key -> name, of every record that the diffs speak of: one query a model."""
    wanted: dict[Any, set[Any]] = defaultdict(set)
    for diff in diffs:
        wanted[diff.source.model].add(diff.pk)
        for field, old, new in diff.changes:
            if field.related_model:
                wanted[field.related_model].update(_keys(old) + _keys(new))
    return {
        model: {row.pk: str(row) for row in records.with_parents(model).filter(pk__in=keys)}
        for model, keys in wanted.items()
    }


def _keys(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _event(act: list[Any], found: Found, diffs: list[_Diff], names: dict[Any, dict[Any, str]]) -> Event:
    newest = act[0]
    touched = [_touched(diff, found, names) for diff in diffs]
    about = next((each.label for each in touched if each.label), found.label)
    return Event(
        at=newest.history_date,
        person=newest.history_user.name if newest.history_user else "Practice Vetting",
        says=says(newest.history_change_reason or ""),
        label=found.label if any(not each.label for each in touched) else about,
        touched=[each for each in touched if each.changes or (not each.label and each.how == "+")],
    )


def _touched(diff: _Diff, found: Found, names: dict[Any, dict[Any, str]]) -> Touched:
    itself = diff.source.model is found.model and diff.pk == found.pk
    gone = capfirst(str(diff.source.model._meta.verbose_name))
    label = "" if itself else names[diff.source.model].get(diff.pk, gone)
    changes = [
        Change(
            capfirst(str(field.verbose_name)),
            values.words(field, old, names.get(field.related_model, {})),
            values.words(field, new, names.get(field.related_model, {})),
        )
        for field, old, new in diff.changes
    ]
    return Touched(label, diff.how, changes)
