"""Makes the tables of a new installation at once: the same tables as one by one, in a third of the time.

Django looks at all related models anew after each operation, and SQLite copies a table for each constraint that comes
after it. So each index and constraint is made with its table, and tables that follow each other in one step.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation


class AtOnce(Operation):
    """Operations on a state whose models are put together once, after the last of them."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)  # what was put together; it is put together again when asked for
        for each in self.operations:
            each.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for each in self.operations:
            each.database_forwards(app_label, schema_editor, from_state, to_state)


@contextmanager
def at_once() -> Iterator[None]:
    """Within the block the initial migrations of all apps work like this."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    migrations = {type(each) for each in loader.disk_migrations.values() if each.initial}
    written = {each: each.operations for each in migrations}
    try:
        for each, operations in written.items():
            each.operations = together(operations)
        yield
    finally:
        for each, operations in written.items():
            each.operations = operations


def together(operations: Sequence[Operation]) -> list[Operation]:
    """The same in fewer steps; as written, where more is done than to make tables."""
    if not all(isinstance(each, CreateModel | AddField | AddIndex | AddConstraint) for each in operations):
        return list(operations)
    steps: list[Operation] = []
    for is_table, run in groupby(_with_their_tables(operations), lambda each: isinstance(each, CreateModel)):
        several = list(run)
        steps += [AtOnce(several)] if is_table else several
    return steps


def _with_their_tables(operations: Sequence[Operation]) -> list[Operation]:
    """Indexes and constraints go into the tables they belong to, unless these get a field later that they may name."""
    later = {each.model_name_lower for each in operations if isinstance(each, AddField)}
    tables: dict[str, CreateModel] = {}
    kept: list[Operation] = []
    for each in operations:
        if isinstance(each, CreateModel):
            each = CreateModel(each.name, each.fields, dict(each.options), each.bases, each.managers)
            tables[each.name_lower] = each
        if isinstance(each, AddIndex | AddConstraint) and each.model_name_lower not in later:
            options = tables[each.model_name_lower].options
            name, added = ("indexes", each.index) if isinstance(each, AddIndex) else ("constraints", each.constraint)
            options[name] = [*options.get(name, []), added]
        else:
            kept.append(each)
    return kept
