"""Bytes that no record names are removed after a day; nothing else is."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from practice_vetting.core import clock
from practice_vetting.core.files import keeping
from practice_vetting.core.files.orphans import sweep_files
from practice_vetting.core.models.stored_file import StoredFile
from tests import factories
from tests import files as made
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def put(name: str, *, hours: float) -> Path:
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    age(path, hours)
    return path


def age(path: Path, hours: float) -> None:
    then = (clock.now() - timedelta(hours=hours)).timestamp()
    os.utime(path, (then, then))


def forget_rows() -> None:
    with factories.arranging():
        StoredFile._base_manager.all().delete()


def test_only_old_bytes_without_a_record_go() -> None:
    practice = factories.make_practice()
    stored = made.kept(made.accepted(), practice)
    kept = Path(default_storage.path(stored.path))
    age(kept, 50)
    shelf = f"{practice.uid}/{'ab'}"
    orphan, part = put(f"{shelf}/{'ab' * 32}", hours=25), put(f"{shelf}/{'ab' * 32}.x.part", hours=25)
    foreign = put(f"zzzzzzzzzzzz/{stored.sha256[:2]}/{stored.sha256}", hours=25)
    young, young_part = put(f"{shelf}/{'ac' * 32}", hours=23), put(f"{shelf}/{'ac' * 32}.x.part", hours=1)
    assert sweep_files() == 3
    assert [path.exists() for path in (kept, orphan, part, foreign, young, young_part)] == [
        True, False, False, False, True, True,
    ]  # fmt: skip
    assert sweep_files() == 0


def test_bytes_that_are_asked_for_again_are_young_again() -> None:
    practice = factories.make_practice()
    stored = made.kept(made.accepted(), practice)
    path = Path(default_storage.path(stored.path))
    forget_rows()
    age(path, 50)
    made.kept(made.accepted(), practice)
    forget_rows()  # as if the action under way had not committed yet
    assert sweep_files() == 0
    assert path.exists()


def test_an_empty_storage_is_no_fault() -> None:
    assert sweep_files() == 0


def test_purged_bytes_that_came_back_go_too(cast: Cast) -> None:
    stored = made.kept(made.accepted(), cast.practice)
    with factories.arranging():
        keeping.purge(stored, by=cast.owner, reason="It names a patient")
    path = Path(default_storage.path(stored.path))
    age(path, 25)
    assert sweep_files() == 1
    assert not path.exists()
