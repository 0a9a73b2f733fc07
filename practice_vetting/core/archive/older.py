"""Files of an earlier release: their rows go into the tables of today when all that came since was added.

Each migration after the first release adds and removes nothing (tests/upgrades holds it), so an old row fits, and a
column that it does not know is empty. A migration that rewrites rows would have to run over them once they are here;
then the file is restored by its own release, which is updated afterwards.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connections
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

#: what a row of before does not notice
ADDS_ONLY = (
    operations.CreateModel,
    operations.AddField,
    operations.AddIndex,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.AddConstraint,
    operations.RemoveConstraint,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)


def in_the_way(theirs: set[str], ours: set[str]) -> list[str]:
    """The migrations, as "app.name", for which rows of `theirs` do not fit tables of `ours`; none when they do."""
    loader = MigrationLoader(connections["default"])
    since = [name for name in ours - theirs if not _adds_only(loader, name)]
    return sorted([*(theirs - ours), *since])


def _adds_only(loader: MigrationLoader, name: str) -> bool:
    app, _, migration = name.partition(".")
    found = loader.disk_migrations.get((app, migration))
    return found is not None and all(adds_only(each) for each in found.operations)


def adds_only(operation: Operation) -> bool:
    if isinstance(operation, operations.SeparateDatabaseAndState):
        return all(map(adds_only, [*operation.database_operations, *operation.state_operations]))
    return isinstance(operation, ADDS_ONLY)
