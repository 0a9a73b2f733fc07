"""F21: the code of the release before goes on writing into PostgreSQL while ours brings its tables up to date.

That a kill in the middle, two at once, and a database that is behind end well is tests/core/test_prepare.py.
"""

import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.faults.conftest import Report
from tests.faults.processes import Process
from tests.faults.servers import PostgreSQL
from tests.services import environment_of_a_site

pytestmark = pytest.mark.faults
WRITERS, LONGEST = 6, 2.0  # seconds that no write may wait

#: what the release knew of each table, and how one finds a row of it again
KNOWN = """
    SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position)
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'
      AND table_name ~ '^(core|vendors|checklists)_' GROUP BY 1
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    running = PostgreSQL(tmp_path_factory.mktemp("upgrade") / "postgresql.log")
    running.start()
    try:
        yield running
    finally:
        running.remove()


def command(server: PostgreSQL, folder: Path, *words: str) -> Process:
    environment = {**environment_of_a_site(), "DATA_DIR": str(folder / "data"), "DATABASE_URL": server.url}
    environment["DJANGO_SETTINGS_MODULE"] = "practice_vetting.settings"
    return Process(words[-1], [sys.executable, *words], log=folder / f"{words[-1]}.log", env=environment)


def run(process: Process, seconds: float = 300) -> None:
    process.start()
    process.is_over_within(seconds)
    assert process.stop() == 0, process.said()[-3000:]


@dataclass(eq=False)
class Writer(threading.Thread):
    """Old code at work: it reads and writes the rows of every table by the columns that it knew."""

    url: str
    known: dict[str, list[str]]
    seed: int
    waits: list[tuple[float, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        chance = random.Random(self.seed)
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.over.is_set():
                table = chance.choice([*self.known])
                began = time.monotonic()
                try:
                    self.write(connection, table)
                except psycopg.Error as problem:
                    self.problems.append(f"{table}: {problem!r}")
                self.waits.append((time.monotonic() - began, table))

    def write(self, connection: psycopg.Connection, table: str) -> None:
        """A row read, locked and written back, with the locks that any INSERT, UPDATE or DELETE takes."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self.known[table]))
        with connection.transaction():
            lock = sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(sql.Identifier(table))
            connection.execute(lock)
            read = sql.SQL("SELECT {} FROM {} LIMIT 1 FOR UPDATE").format(columns, sql.Identifier(table))
            row = connection.execute(read).fetchone()
        if row is None:
            return
        first = sql.Identifier(self.known[table][0])
        write = sql.SQL("UPDATE {} SET {} = {} WHERE {} = %s").format(sql.Identifier(table), first, first, first)
        with suppress(psycopg.errors.IntegrityConstraintViolation):  # a table of which no row may ever be changed
            connection.execute(write, [row[0]])


def test_the_release_before_goes_on_writing_while_ours_is_prepared(
    server: PostgreSQL, tmp_path: Path, report: Report, seed: int
):
    report.fault("F21", f"{WRITERS} writers of release 0.1.0 at work on PostgreSQL while `manage.py prepare` runs")
    run(command(server, tmp_path, "-m", "tests.upgrades.upgraded_site", "before"))
    known = {str(table): list(columns) for table, columns in server.ask(KNOWN)}
    assert len(known) > 40
    writers = [Writer(server.url, known, seed + number) for number in range(WRITERS)]
    for each in writers:
        each.start()
    time.sleep(2)
    began = time.monotonic()
    run(command(server, tmp_path, "manage.py", "prepare"))
    took = time.monotonic() - began
    time.sleep(2)
    for each in writers:
        each.over.set()
    for each in writers:
        each.join(30)
    waits = [wait for each in writers for wait in each.waits]
    longest, where = max(waits)
    report.counts |= {
        "writes": len(waits),
        "longest wait": f"{longest:.2f} s ({where})",
        "prepare took": f"{took:.0f} s",
    }
    assert [problem for each in writers for problem in each.problems] == []
    assert longest < LONGEST
    run(command(server, tmp_path, "manage.py", "verify_history"))
