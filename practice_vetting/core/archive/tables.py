"""The rows of every table that is ours, out of one database as JSON and into another exactly as they were.

Nothing here goes through a model's save(): the history of what happened comes along, and none is made anew.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, connections, models, transaction
from django.db.migrations.recorder import MigrationRecorder

Model = type[models.Model]
Row = dict[str, Any]

#: what a backup leaves out, and why
LEFT_OUT = {
    "auth_permission": "made by the software; roles decide here",
    "auth_group": "not used here",
    "auth_group_permissions": "not used here",
    "django_content_type": "made by the software",
    "django_session": "everybody signs in again after a restore",
    "usersessions_usersession": "everybody signs in again after a restore",
    "core_accountmail": "waits for the mail server here, and its links are good for a short time",
    "core_askedcheck": "speaks of work that goes on in this installation",
    "core_backuprun": "speaks of files beside this installation",
    "core_clockturn": "says what the clock did last here",
    "core_reminderround": "says what the clock looked at last here",
    "core_practiceexport": "speaks of files that are removed after a day",
}
_AT_ONCE = 1000  # rows


def kept_models() -> list[Model]:
    """Every model whose rows a backup holds, those of many-to-many fields included, by table.

    What freezes other rows comes last, because triggers then refuse to add to them.
    """
    every: list[Model] = apps.get_models(include_auto_created=True)
    ours = [model for model in every if model._meta.managed and model._meta.db_table not in LEFT_OUT]
    return sorted(ours, key=lambda model: (model._meta.label in settings.UNCHANGING, model._meta.db_table))


def columns(model: Model) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def rows(model: Model, *, using: str) -> Iterator[Row]:
    """Every row, by primary key, with the values of its columns."""
    return read(models.QuerySet(model, using=using))


def read(found: models.QuerySet) -> Iterator[Row]:
    """These rows, by primary key, with the values of their columns, whatever managers and links say."""
    names = columns(found.model)
    for values in found.order_by("pk").values_list(*names).iterator(_AT_ONCE):
        yield dict(zip(names, values, strict=True))


class _Exact(DjangoJSONEncoder):
    """Moments with all their microseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def line(row: Row) -> bytes:
    """The row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), cls=_Exact).encode() + b"\n"


class Unfit(Exception):
    """A line does not fit the table that it is for."""


#: what comes of a line that is no JSON, or says what a column cannot hold
_NOT_A_ROW = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, ValidationError, DataError,
)  # fmt: skip


def write(model: Model, lines: Iterable[bytes], *, using: str) -> int:
    """Insert these lines exactly as they are, and tell how many. Raises Unfit.

    A column that a line does not name gets its default: what an export leaves out.
    """
    given, count = iter(lines), 0
    try:
        while some := list(islice(given, _AT_ONCE)):
            _insert(model, [_instance(model, each) for each in some], using)
            count += len(some)
    except _NOT_A_ROW as wrong:
        raise Unfit(f"a row of {model._meta.db_table}: {type(wrong).__name__}") from wrong
    return count


def _instance(model: Model, given: bytes) -> models.Model:
    row = json.loads(given)
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return model(**{name: fields[name].to_python(value) for name, value in row.items()})


def _insert(model: Model, made: Sequence[models.Model], using: str) -> None:
    fields = model._meta.concrete_fields
    most = connections[using].ops.bulk_batch_size(fields, made)
    query: Any = models.QuerySet(model, using=using)
    for start in range(0, len(made), most):  # raw: no default, no date of today, no signal
        query._insert(made[start : start + most], fields=fields, using=using, raw=True)


def empty(model: Model, *, using: str) -> bool:
    return not models.QuerySet(model, using=using).exists()


def clear(model: Model, *, using: str) -> None:
    """Remove what the first start puts into a table."""
    models.QuerySet(model, using=using)._raw_delete(using)


def count(model: Model, *, using: str) -> int:
    return models.QuerySet(model, using=using).count()


def set_sequences(*, using: str) -> None:
    """Let new rows be numbered after those that were inserted with their numbers."""
    statements = connections[using].ops.sequence_reset_sql(no_style(), kept_models())
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def schema_of(using: str) -> list[str]:
    """The migrations that shaped the tables: two databases with the same list hold the same columns."""
    applied = MigrationRecorder(connections[using]).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)


def together(using: str) -> Any:
    """All or nothing."""
    return transaction.atomic(using=using)
