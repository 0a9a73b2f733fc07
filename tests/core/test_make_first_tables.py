"""A new installation gets the tables that the migrations describe, although they are made in fewer steps."""

from typing import Any

import pytest
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddConstraint, AddIndex, CreateModel, RunPython

from practice_vetting.core import first_tables

INITIAL = {key: type(each) for key, each in MigrationLoader(None).disk_migrations.items() if each.initial}


def described() -> dict[tuple[str, str], Any]:
    """Each table with its fields in order, and its options with indexes and constraints by name."""
    loader = MigrationLoader(None)
    found = {}
    for key, model in loader.project_state().models.items():
        options = {name: value for name, value in model.options.items() if name not in {"indexes", "constraints"}}
        parts = {
            part.name: part.deconstruct() for name in ("indexes", "constraints") for part in model.options.get(name, [])
        }
        found[key] = ([(name, field.deconstruct()[1:]) for name, field in model.fields.items()], options, parts)
    return found


def test_the_tables_are_those_that_the_migrations_describe() -> None:
    one_by_one = described()
    with first_tables.at_once():
        at_once = described()
    assert repr(at_once) == repr(one_by_one)


def test_a_table_of_ours_is_made_with_its_indexes_and_constraints() -> None:
    for app in ("core", "checklists"):
        (step,) = first_tables.together(INITIAL[app, "0001_initial"].operations)
        assert all(isinstance(each, CreateModel) for each in step.operations)
    left = first_tables.together(INITIAL["vendors", "0001_initial"].operations)
    written = INITIAL["vendors", "0001_initial"].operations
    assert sum(isinstance(each, AddIndex | AddConstraint) for each in left) < 25 < len(written)


def test_what_does_more_than_to_make_tables_stays_as_it_was_written() -> None:
    written = [CreateModel("Thing", []), RunPython(RunPython.noop)]
    assert first_tables.together(written) == written


def test_the_migrations_are_as_written_after_it() -> None:
    before = {key: each.operations for key, each in INITIAL.items()}
    with pytest.raises(RuntimeError), first_tables.at_once():
        raise RuntimeError
    assert {key: each.operations for key, each in INITIAL.items()} == before
