"""PostgreSQL that is locked, asked by too many, or gone: within five seconds a page says so, and it heals by itself."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from practice_vetting.core.supervisor import ROOT, die_with_parent
from tests import prepared, services

pytestmark = [pytest.mark.servers, pytest.mark.production]

A_PAGE, THREADS, POOL = 5.0, 4, 2  # seconds; of the web server


class Relay:
    """A port that leads to the database until it is `cut`: then it refuses, like a server that is gone."""

    def __init__(self, host: str, port: int) -> None:
        self._to, self.port = (host, port), services.free_port()
        self._lines: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.mend()

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=[self._listener], daemon=True).start()

    def cut(self) -> None:
        assert self._listener
        for line in [self._listener, *self._lines]:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._lines.clear()

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(self._to)
                self._lines += [here, there]
                for source, sink in ((here, there), (there, here)):
                    threading.Thread(target=_pass_on, args=[source, sink], daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Answer:
    status: int
    page: str
    seconds: float
    retry_after: str | None


@dataclass(frozen=True)
class Web:
    """A web server alone, of an installation that is not set up: each page asks the database whether it is."""

    url: str
    database: str
    relay: Relay

    def get(self, method: str = "GET") -> Answer:
        sent = b"name=Notewell" if method == "POST" else None
        headers = {"Referer": f"{self.url}/vendors/add/"}
        request = urllib.request.Request(f"{self.url}/vendors/?page=2", sent, headers, method=method)
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=30) as found:
                status, page, told = found.status, found.read().decode(), found.headers
        except urllib.error.HTTPError as problem:
            with problem:
                status, page, told = problem.code, problem.read().decode(), problem.headers
        return Answer(status, page, time.monotonic() - began, told["Retry-After"])


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Web]:
    folder, port = tmp_path_factory.mktemp("busy"), services.free_port()
    database = services.own_database(os.environ["DATABASE_URL"], folder)
    environment = {**services.environment_of_a_site(), "DATA_DIR": str(folder / "data"), "PORT": str(port)}
    prepared.copy_to(folder / "data", {**environment, "DATABASE_URL": database}, home=home)
    parts = urlsplit(database)
    relay = Relay(str(parts.hostname), int(parts.port or 5432))
    through = parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{relay.port}").geturl()
    command = ["gunicorn", "practice_vetting.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", str(THREADS)]
    parent = os.getpid()
    with (folder / "log").open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, "--no-control-socket"],
            cwd=ROOT,
            env={**environment, "DATABASE_URL": through, "DATABASE_POOL": str(POOL)},
            stderr=output,
            preexec_fn=lambda: die_with_parent(parent),
        )
    found = Web(f"http://localhost:{port}", database, relay)
    try:
        services.wait_until(lambda: services._listening(port), "the web server listens")
        services.wait_until(lambda: found.get().status == 200, "the site answers")
        yield found
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def locked(web: Web) -> Iterator[Web]:
    """Somebody holds the table that every page reads."""
    with psycopg.connect(web.database) as holder:
        holder.execute("LOCK TABLE core_installation IN ACCESS EXCLUSIVE MODE")
        yield web
        holder.rollback()
    assert web.get().status == 200


def test_a_lock_that_is_held_for_long_is_told_and_the_page_is_offered_again(locked: Web) -> None:
    answer = locked.get()
    assert (answer.status, answer.retry_after) == (503, "10")
    assert 'href="/vendors/?page=2">Try again' in answer.page
    assert answer.seconds < A_PAGE


def test_who_sent_something_is_told_to_look_first(locked: Web) -> None:
    answer = locked.get("POST")
    assert answer.status == 503
    assert "We do not know whether what you sent was saved." in answer.page
    assert answer.seconds < A_PAGE


def test_who_finds_every_connection_taken_does_not_wait_long(locked: Web) -> None:
    with ThreadPoolExecutor(THREADS) as people:
        answers = list(people.map(lambda _: locked.get(), range(THREADS)))
    assert [answer.status for answer in answers] == [503] * THREADS
    assert max(answer.seconds for answer in answers) < A_PAGE


def test_a_database_that_is_gone_is_told_and_found_again(web: Web) -> None:
    web.relay.cut()
    gone = [web.get(method) for method in ("GET", "POST")]
    web.relay.mend()
    assert [answer.status for answer in gone] == [503, 503]
    assert max(answer.seconds for answer in gone) < A_PAGE
    services.wait_until(lambda: web.get().status == 200, "the site found its database again", 20)


def test_a_restart_of_the_database_costs_nobody_a_page(web: Web) -> None:
    with psycopg.connect(web.database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s",
            [other.info.backend_pid],
        )
    assert web.get().status == 200
