"""Makes an installation ready for this release: tables, triggers, cache, static files, queue. Safe to call again.

Two that begin at once, here or on two machines, take turns. One that is killed in the middle lets go of its turn, and
the next goes on where it stopped: each migration is one transaction, or can be made again.
"""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, OperationalError, connection

from practice_vetting.core import first_tables, static_files

LOCK = 0x5072_6163_7469_6365  # "Practice" in ASCII: nobody else's advisory lock in this database
ASKED_AGAIN = 0.5  # seconds
#: A table that people work on is not waited for longer than this, because everybody queues behind who waits.
LOCK_TIMEOUT, TRIES, PAUSE = "3s", 20, 2.0
INDEX = (
    "An index is made. It waits until a backup or a nightly check that is under way has ended; people work meanwhile."
)


def prepare(say: Callable[[str], None] = lambda _line: None) -> None:
    """Do all of it. Raises CommandError with a sentence when the database or the folder cannot be used."""
    try:
        with _one_at_a_time(say):
            _prepare_database(say)
            collect_static_files()
            make_the_queue()
    except (DatabaseError, psycopg.Error) as problem:
        raise CommandError(f"The database cannot be used: {problem}") from problem
    except OSError as problem:
        raise CommandError(f"The folder {settings.DATA_DIR} cannot be used: {problem}") from problem


def collect_static_files() -> None:
    """Unless STATIC_ROOT lies elsewhere: then they were collected there when the image was built."""
    if Path(settings.STATIC_ROOT).is_relative_to(settings.DATA_DIR):
        static_files.collect()


def make_the_queue() -> None:
    """The folders of the embedded queue, where there is no Redis."""
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        if name in settings.CELERY_BROKER_TRANSPORT_OPTIONS:
            Path(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS[name])).mkdir(parents=True, exist_ok=True)


# --- the database -----------------------------------------------------------------------------------------


def _prepare_database(say: Callable[[str], None]) -> None:
    if connection.vendor == "postgresql":
        _wait_for_locks(LOCK_TIMEOUT)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', '0', false)")
    try:
        _migrate(say)
        call_command("createcachetable", verbosity=0)
    finally:
        connection.close()  # with what was set for it


def _migrate(say: Callable[[str], None]) -> None:
    """Migrate, and try again when people were at work on a table: what was undone is begun anew."""
    for left in reversed(range(TRIES)):
        _drop_half_made_indexes()
        try:
            with first_tables.at_once(), connection.execute_wrapper(_PatientIndexes(say)):
                call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as problem:
            if not left or not isinstance(problem.__cause__, psycopg.errors.LockNotAvailable):
                raise
            say("Somebody works on a table that has to change. Trying again.")
            time.sleep(PAUSE)
        else:
            return


class _PatientIndexes:
    """Lets CREATE INDEX CONCURRENTLY wait as long as it must: nobody queues behind it.

    It waits for whoever began to read before it, and the nightly check and a backup read for hours.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def __call__(self, execute: Callable[..., Any], statement: str, *given: Any) -> Any:
        if " CONCURRENTLY " not in str(statement):
            return execute(statement, *given)
        self._say(INDEX)
        _wait_for_locks("0")
        try:
            return execute(statement, *given)
        finally:
            _wait_for_locks(LOCK_TIMEOUT)


def _wait_for_locks(how_long: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [how_long])


def _drop_half_made_indexes() -> None:
    """What CREATE INDEX CONCURRENTLY leaves when it is killed: an index that nobody may use, under the name we want."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX IF EXISTS {connection.ops.quote_name(name)}")


@contextmanager
def _one_at_a_time(say: Callable[[str], None]) -> Iterator[None]:
    """On this machine by a file, over all machines by PostgreSQL. Both locks end with the process that has them."""
    with (settings.DATA_DIR / "preparing").open("w") as file:
        _wait_for(lambda: _lock_of_file(file), say)
        if connection.vendor != "postgresql":
            yield
            return
        # A session of its own, because the migrations use the other. It asks and does not wait inside the server: a
        # statement that waits there would hold up CREATE INDEX CONCURRENTLY for ever.
        given = {**connection.get_connection_params(), "autocommit": True}
        given = {name: value for name, value in given.items() if name not in {"cursor_factory", "context"}}
        with psycopg.connect(**given) as session:
            _wait_for(lambda: _lock_of_database(session), say)
            yield


def _wait_for(taken: Callable[[], bool], say: Callable[[str], None]) -> None:
    told = False
    while not taken():
        if not told:
            say("Another one is preparing this installation. Waiting for it.")
            told = True
        time.sleep(ASKED_AGAIN)


def _lock_of_file(file: Any) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_of_database(session: psycopg.Connection) -> bool:
    found = session.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
    return bool(found and found[0])
