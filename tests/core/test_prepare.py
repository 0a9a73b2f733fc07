"""`manage.py prepare`: safe when two begin at once, after a kill, and beside people; and what starts without it."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from practice_vetting.core import preparing, unprepared
from practice_vetting.core.supervisor import CELERY, ROOT
from tests import prepared, services
from tests.faults.processes import children_of
from tests.services import wait_until

Environment = dict[str, str]


def environment_of(data_dir: Path) -> Environment:
    ours = {"DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "practice_vetting.settings", "DATABASE_URL": ""}
    if server := os.environ.get("DATABASE_URL"):
        ours["DATABASE_URL"] = services.own_database(server, data_dir)
    return {**services.environment_of_a_site(), **ours}


def sql(environment: Environment, statement: str) -> list[tuple[Any, ...]]:
    if url := environment["DATABASE_URL"]:
        with psycopg.connect(url) as server:
            done = server.execute(statement.encode())
            return done.fetchall() if done.description else []
    with closing(sqlite3.connect(f"{environment['DATA_DIR']}/practice.sqlite3", timeout=20)) as file, file:
        return file.execute(statement).fetchall()


def migrated(environment: Environment) -> int:
    """How many migrations were applied; 0 while there is no database."""
    with suppress(sqlite3.Error, psycopg.Error):
        return int(sql(environment, "SELECT count(*) FROM django_migrations")[0][0])
    return 0


def begin(environment: Environment, *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def end(process: "subprocess.Popen[str]") -> tuple[int, str]:
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


@pytest.mark.servers
def test_one_that_was_killed_and_two_at_once_end_in_one_sound_installation(tmp_path: Path) -> None:
    environment = environment_of(tmp_path / "data")
    if url := environment["DATABASE_URL"]:
        services.make_database(url)
    killed = begin(environment, "manage.py", "prepare")
    wait_until(lambda: migrated(environment) > 20, "some of the migrations were made")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    two = [begin(environment, "manage.py", "prepare") for _ in range(2)]
    ended = [end(each) for each in two]
    assert [status for status, _ in ended] == [0, 0]
    assert sum("Another one is preparing this installation. Waiting for it." in said for _, said in ended) == 1
    assert end(begin(environment, "-c", "import practice_vetting.wsgi"))[0] == 0


@pytest.fixture
def installation(tmp_path: Path, home: Path) -> Environment:
    environment = environment_of(tmp_path / "data")
    prepared.copy_to(tmp_path / "data", environment, home=home)
    return environment


def worker(environment: Environment) -> "subprocess.Popen[str]":
    return begin(
        environment, "-W", "ignore", "-m", *CELERY.split(), "worker", "--concurrency", "1", "--loglevel", "INFO"
    )


@pytest.mark.servers
def test_nothing_starts_on_a_database_that_is_behind_and_all_on_one_that_is_ahead(installation: Environment) -> None:
    sql(installation, "INSERT INTO django_migrations (app, name, applied) VALUES ('core', '9999_next', '2026-11-22')")
    assert end(begin(installation, "-c", "import practice_vetting.wsgi")) == (0, "")
    ahead = worker(installation)
    wait_until(lambda: bool(children_of(ahead.pid)) or ahead.poll() is not None, "the worker has a process to work in")
    ahead.terminate()
    assert "is not prepared" not in end(ahead)[1]

    sql(installation, "DELETE FROM django_migrations WHERE app = 'core' AND name LIKE '0002%'")
    sentence = "The database is not prepared for this release: it lacks core.0002_clock_turn. "
    sentence += "Run this once, then start again: manage.py prepare"
    for refused in (begin(installation, "-c", "import practice_vetting.wsgi"), worker(installation)):
        status, said = end(refused)
        assert (status, said.strip().splitlines()[-1]) == (1, sentence)


def test_a_server_that_is_away_keeps_nobody_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> list[str]:
        raise OperationalError("could not connect to server")

    monkeypatch.setattr(unprepared, "_lacking", away)
    monkeypatch.setattr(unprepared, "connection", type("Gone", (), {"vendor": "", "close": lambda _self: None})())
    unprepared.refuse_unprepared()


def test_a_folder_that_cannot_be_written_is_named(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "gone"
    with pytest.raises(CommandError, match=f"The folder {tmp_path}/gone cannot be used"):
        preparing.prepare()


@pytest.mark.django_db(transaction=True)
def test_an_index_that_was_half_made_is_dropped() -> None:
    if connection.vendor != "postgresql":  # SQLite knows no such index
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE half_made (name text)")
        cursor.execute("CREATE INDEX half_made_index ON half_made (name)")
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half_made_index'::regclass")
        preparing._drop_half_made_indexes()
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'half_made_index'")
        assert cursor.fetchone() == (0,)
        cursor.execute("DROP TABLE half_made")


@pytest.mark.django_db(transaction=True)
def test_a_table_that_people_work_on_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration waits three seconds and no longer, so that nobody queues behind it; then it comes again."""
    if connection.vendor != "postgresql":  # SQLite has one writer at a time, and waits by its own setting
        return
    said: list[str] = []
    monkeypatch.setattr(preparing, "PAUSE", 0.2)
    monkeypatch.setattr(preparing, "LOCK_TIMEOUT", "300ms")

    def change(*_words: str, **_options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE core_clockturn ALTER COLUMN turn SET NOT NULL")

    monkeypatch.setattr(preparing, "call_command", change)
    begun, over = threading.Event(), threading.Event()

    def at_work() -> None:
        with psycopg.connect(**_parameters()) as other:
            other.execute("LOCK TABLE core_clockturn IN ACCESS SHARE MODE")
            begun.set()
            over.wait(1.5)

    person = threading.Thread(target=at_work)
    person.start()
    begun.wait(5)
    began = time.monotonic()
    preparing._prepare_database(said.append)
    person.join()
    assert said
    assert set(said) == {"Somebody works on a table that has to change. Trying again."}
    assert time.monotonic() - began < 10


@pytest.mark.django_db(transaction=True)
def test_an_index_waits_for_a_backup_that_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":  # SQLite makes an index as any other change
        return
    said: list[str] = []
    monkeypatch.setattr(preparing, "LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr(preparing, "TRIES", 1)

    def change(*_words: str, **_options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE INDEX CONCURRENTLY waited_for ON core_clockturn (turn)")
            cursor.execute("DROP INDEX waited_for")
            cursor.execute("SELECT current_setting('lock_timeout')")
            said.append(cursor.fetchone()[0])

    monkeypatch.setattr(preparing, "call_command", change)
    begun = threading.Event()

    def backup() -> None:
        with psycopg.connect(**_parameters()) as other:
            other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            other.execute("SELECT count(*) FROM core_clockturn")
            begun.set()
            time.sleep(1)

    reader = threading.Thread(target=backup)
    reader.start()
    begun.wait(5)
    preparing._migrate(said.append)
    reader.join()
    connection.close()
    assert said == [preparing.INDEX, "200ms"]


def _parameters() -> dict[str, Any]:
    given = connection.get_connection_params()
    return {name: given[name] for name in ("dbname", "user", "password", "host", "port") if name in given}
