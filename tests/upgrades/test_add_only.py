"""Migrations run while the code of the release before serves: each only adds, so nothing that it knows changes."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED

from practice_vetting.core.archive.older import adds_only, in_the_way
from practice_vetting.core.supervisor import ROOT
from tests.upgrades.released import HERE, RELEASE, manifest, members

OURS = ("core", "vendors", "checklists")


def since_the_release() -> Iterator[Migration]:
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if app in OURS and not name.startswith("0001"):
            yield migration


def flat(each: Migration | Operation) -> Iterator[Operation]:
    for operation in getattr(each, "operations", []):
        yield operation
    for operation in getattr(each, "database_operations", []):
        yield operation


def added_fields() -> Iterator[tuple[str, models.Field]]:
    for migration in since_the_release():
        for operation in migration.operations:
            if isinstance(operation, operations.AddField):
                yield f"{migration.app_label}.{operation.model_name}.{operation.name}", operation.field


def test_what_was_released_stays_as_it_is():
    for line in (HERE / f"{RELEASE}.sha256").read_text().splitlines():
        said, path = line.split()
        assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == said, f"{path} was released, and is changed"


def test_every_migration_since_only_adds():
    wrong = [str(each) for each in since_the_release() if not all(map(adds_only, flat(each)))]
    assert wrong == []


def test_a_new_column_is_filled_without_being_named():
    """The INSERT of the release before does not name it, so the database itself has to know what goes there."""
    wrong = [name for name, field in added_fields() if not field.null and field.db_default is NOT_PROVIDED]
    assert wrong == []


def test_a_new_column_of_a_kept_record_is_empty_in_the_rows_of_before():
    """An empty column is left out of the hash of a row of history: a filled one would make every old row misfit."""
    kept = {model._meta.label_lower for model in apps.get_models() if hasattr(model, "history")}
    wrong = [
        name
        for name, field in added_fields()
        if name.rpartition(".")[0] in kept
        and not field.null
        and getattr(field.db_default, "value", field.db_default) != ""
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "operation",
    [
        operations.RemoveField("vendor", "website"),
        operations.RenameField("vendor", "website", "address"),
        operations.DeleteModel("vendor"),
        operations.AlterField("vendor", "website", models.CharField(max_length=1)),
        operations.RunPython(operations.RunPython.noop),
        operations.RunSQL("SELECT 1"),
    ],
)
def test_what_takes_away_or_rewrites_is_told_from_what_adds(operation: Operation):
    assert not adds_only(operation)


@pytest.mark.django_db
def test_rows_of_a_release_that_knew_more_are_in_the_way():
    ours = {"core.0001_initial"}
    assert in_the_way({"core.0001_initial", "core.0009_later"}, ours) == ["core.0009_later"]
    assert in_the_way(ours, ours) == []


def test_what_is_kept_of_the_release_is_what_its_manifest_says():
    """Nobody edits the witness."""
    found = {name: [len(content), hashlib.sha256(content).hexdigest()] for name, content in members()}
    said = manifest()["members"]
    assert {name: list(facts) for name, facts in found.items() if name in said} == said
    assert Path(HERE / f"{RELEASE}.tar.xz").stat().st_size < 2_000_000
