"""One moment of a database that others go on writing: on SQLite, where it is fixed by the first look at it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from practice_vetting.core.archive.snapshot import snapshot


@pytest.mark.any_database
def test_what_is_written_after_its_beginning_is_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
):
    default: Any = connections["default"]
    monkeypatch.setattr(default, "settings_dict", default.settings_dict | {"NAME": tmp_path / "one.sqlite3"})
    with closing(sqlite3.connect(tmp_path / "one.sqlite3", isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE core_installation (number)")
        with django_db_blocker.unblock(), snapshot() as using, connections[using].cursor() as cursor:
            writer.execute("INSERT INTO core_installation VALUES (1)")
            assert cursor.execute("SELECT COUNT(*) FROM core_installation").fetchone() == (0,)
