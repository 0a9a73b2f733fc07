"""The newest rows of history of one record and its parts, with what each of them followed, read by one query.

A query for each kind of part, and one more for the rows before, cost more than what they read. So each row comes as the
JSON array of its columns, and all tables in one union. What a record with very many changes costs was not measured: the
index of history begins with the part itself, not with the record above it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from django.db import connection, models

from practice_vetting.core.models import Person

#: what every row of history has, before the columns that its record had
_HEAD = ("history_id", "id", "history_date", "history_type", "history_change_reason", "history_user_id", "version")


@dataclass(frozen=True)
class Row:
    """One row of history: who wrote it when, by which verb, and the key of the row that it followed.

    `source` is the number of its kind among those that were asked for.
    """

    source: int
    history_id: int
    id: int
    history_date: datetime
    history_type: str
    history_change_reason: str
    history_user_id: int | None
    version: int
    person: str | None
    previous_id: int | None


@dataclass(frozen=True)
class Rows:
    """Of one kind: the newest, and what each of them and each that they followed said (key -> column -> value)."""

    newest: list[Row] = field(default_factory=list)
    said: dict[int, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """A kind of record, the path from it to the record whose history is told ("id" for itself), and its columns."""

    model: Any
    path: str
    columns: tuple[str, ...]
    lists: tuple[str, ...] = ()


def newest(wanted: Sequence[Wanted], pk: int, *, most: int, before: datetime | None = None) -> list[Rows]:
    """At most so many of each kind, newest first, written before that moment."""
    found = [Rows() for _ in wanted]
    readers = [[*_readers(each.model.history.model, (*_HEAD, *each.columns))] for each in wanted]
    given = {"pk": pk, "most": most, "before": _moment_for_the_database(before)}
    with connection.cursor() as cursor:
        cursor.execute(_statement(tuple(wanted), connection.vendor, before is not None), given)
        for number, text in cursor.fetchall():
            _put(found[number], number, wanted[number], json.loads(text), readers[number])
    for rows in found:
        rows.newest.sort(key=lambda row: (row.history_date, row.history_id), reverse=True)
    return found


def _put(rows: Rows, source: int, wanted: Wanted, values: list[Any], readers: list[Any]) -> None:
    person, previous, shown, lists, *told = values
    pairs = zip(told, readers, strict=True)
    told = [value if read is None or value is None else read(value) for value, read in pairs]
    head, said = dict(zip(_HEAD, told, strict=False)), told[len(_HEAD) :]
    rows.said[head["history_id"]] = dict(
        zip((*wanted.columns, *wanted.lists), (*said, *map(sorted, lists)), strict=True)
    )
    if shown:
        rows.newest.append(Row(source=source, person=person, previous_id=previous, **head))


# --- the query ------------------------------------------------------------------------------------------


@cache
def _statement(wanted: tuple[Wanted, ...], vendor: str, has_moment: bool) -> str:
    """In the words of that database. It is made of our own names alone, never of what somebody typed."""
    moment = "AND history_date < %(before)s " if has_moment else ""
    heads = [
        f"newest{number} AS (SELECT history_id, (SELECT max(earlier.history_id) FROM {_history(each)} earlier "  # noqa: S608
        f"WHERE earlier.id = later.id AND earlier.history_id < later.history_id) AS previous_id "
        f"FROM {_history(each)} later WHERE {_where(each.model, each.path)} {moment}"
        f"ORDER BY history_date DESC, history_id DESC LIMIT %(most)s)"
        for number, each in enumerate(wanted)
    ]
    parts = [_part(number, each, vendor) for number, each in enumerate(wanted)]
    return f"WITH {', '.join(heads)} " + " UNION ALL ".join(parts)


def _part(number: int, wanted: Wanted, vendor: str) -> str:
    fields = {each.attname: each for each in wanted.model.history.model._meta.concrete_fields}
    columns = [_as_json(fields[name], vendor) for name in (*_HEAD, *wanted.columns)]
    lists = _array([_list(wanted, name, vendor) for name in wanted.lists], vendor)
    row = _array(["person.name", "previous_id", "newest.history_id IS NOT NULL", lists, *columns], vendor)
    text = f"{row}::text" if vendor == "postgresql" else row
    ids = f"SELECT history_id FROM newest{number} UNION SELECT previous_id FROM newest{number}"  # noqa: S608
    return (
        f"SELECT {number}, {text} FROM {_history(wanted)} told "  # noqa: S608
        f"LEFT JOIN newest{number} newest ON newest.history_id = told.history_id "
        f"LEFT JOIN {Person._meta.db_table} person ON person.id = told.history_user_id WHERE told.history_id IN ({ids})"
    )


def _array(columns: Sequence[str], vendor: str) -> str:
    return f"{'json_build_array' if vendor == 'postgresql' else 'json_array'}({', '.join(columns)})"


def _list(wanted: Wanted, name: str, vendor: str) -> str:
    """The keys of what a row of history was linked to."""
    linked = getattr(wanted.model.history.model, name).model
    other = f"{wanted.model._meta.get_field(name).m2m_reverse_field_name()}_id"
    all_of = f"coalesce(json_agg({other}), '[]')" if vendor == "postgresql" else f"json_group_array({other})"
    return f"(SELECT {all_of} FROM {linked._meta.db_table} WHERE history_id = told.history_id)"  # noqa: S608


def _history(wanted: Wanted) -> str:
    return str(wanted.model.history.model._meta.db_table)


def _where(model: Any, path: str) -> str:
    """Which rows belong to the record, by the path of keys that leads to it."""
    name, _, rest = path.partition("__")
    found = model._meta.get_field(name)
    if not rest:
        return f"{found.column} = %(pk)s"
    above = found.related_model
    return f"{found.column} IN (SELECT id FROM {above._meta.db_table} WHERE {_where(above, rest)})"  # noqa: S608


def _as_json(column: Any, vendor: str) -> str:
    name = f"told.{connection.ops.quote_name(column.column)}"
    return f"json({name})" if isinstance(column, models.JSONField) and vendor == "sqlite" else name


# --- how a column is read back from JSON, where that is not what the record has -------------------------


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # SQLite keeps them in UTC, and does not say so


def _moment_for_the_database(moment: datetime | None) -> Any:
    return moment and connection.ops.adapt_datetimefield_value(moment)


#: columns that JSON gives as they are
_PLAIN = (
    models.CharField, models.TextField, models.IntegerField, models.JSONField, models.ForeignKey,
    models.GenericIPAddressField,
)  # fmt: skip
_READS: list[tuple[Any, Callable[[Any], Any] | None]] = [
    (models.DateTimeField, _moment),
    (models.DateField, date.fromisoformat),
    (models.BooleanField, bool),
    (_PLAIN, None),
]


@cache
def _readers(history: Any, names: tuple[str, ...]) -> list[Callable[[Any], Any] | None]:
    fields = {each.attname: each for each in history._meta.concrete_fields}
    return [_reader(fields[name]) for name in names]


def _reader(column: Any) -> Callable[[Any], Any] | None:
    for kind, read in _READS:
        if isinstance(column, kind):
            return read
    raise TypeError(f"Nobody said how {column} is read.")
