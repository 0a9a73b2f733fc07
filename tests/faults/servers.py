"""PostgreSQL as one would run it for real (it keeps what it confirmed), Redis, and the front of the site."""

import asyncio
import itertools
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from practice_vetting.core.supervisor import CELERY, WEB
from practice_vetting.system_libraries import postgresql_program
from tests.faults.processes import Process
from tests.services import _as_user, _listening, _owner, _program, free_port, wait_until

QUIET = ["-W", "ignore:You're running the worker"]
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT  # what `pg_ctl stop -m` sends


def web_server(port: int) -> list[str]:
    """The command of a web process at that port, as the product ships it."""
    return [sys.executable, "-m", *WEB.split(), "--bind", f"127.0.0.1:{port}"]


def celery(what: str) -> list[str]:
    """The command of a worker (supervisor.WORKER) or a clock (supervisor.CLOCK)."""
    return [sys.executable, *QUIET, "-m", *CELERY.split(), *what.split()]


class PostgreSQL(Process):
    """A cluster of its own, durable: fsync, full page writes and synchronous commit stay on."""

    def __init__(self, log: Path, **settings: str) -> None:
        user, self.port, self.password = _owner(), free_port(), secrets.token_hex(16)
        self.folder = folder = Path(tempfile.mkdtemp(prefix="practice-vetting-"))  # its owner must get there
        if user:
            shutil.chown(folder, user)
        (folder / "password").write_text(self.password)
        (folder / "password").chmod(0o644)
        make = [_program(postgresql_program("initdb"), "initdb", "postgresql"), "--pgdata=data", "--username=site"]
        make += ["--pwfile=password", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-instructions"]
        subprocess.run(make, cwd=folder, check=True, capture_output=True, **_as_user(user))
        (folder / "password").unlink()
        given = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            **settings,
        }
        program = _program(postgresql_program("postgres"), "postgres", "postgresql")
        command = [program, "-D", "data", *(word for item in given.items() for word in ("-c", "=".join(item)))]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        super().__init__("PostgreSQL", command, log=log, env=environment, cwd=folder, **_as_user(user))

    @property
    def url(self) -> str:
        return f"postgres://site:{self.password}@127.0.0.1:{self.port}/postgres"

    def start(self, **environment: str) -> None:
        """Start it; while processes of a killed one still hold its memory it refuses, and is asked again."""
        deadline = time.monotonic() + 60
        while True:
            super().start(**environment)
            wait_until(lambda: not self.is_alive or self.answers(), "PostgreSQL answers, or ends", 60)
            if self.is_alive or time.monotonic() > deadline:
                assert self.is_alive, self.said()[-2000:]
                return
            time.sleep(0.2)

    def stop(self, number: int = FAST, seconds: float = 30) -> int:
        return super().stop(number, seconds)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.url, connect_timeout=2).close()
            return True
        return False

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode(), values or None).fetchall()


class Redis(Process):
    """Keeps nothing on disk: what is killed comes back empty."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.port = free_port()
        program = _program(shutil.which("redis-server"), "redis-server", "redis-server")
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command = [program, *options, "--dir", str(folder)]
        super().__init__("Redis", command, log=folder.parent / "redis.log", env=dict(os.environ))

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, **environment: str) -> None:
        super().start(**environment)
        wait_until(lambda: _listening(self.port), "Redis listens")

    def ask(self, *words: str) -> Any:
        """The answer to one command, such as ask("CONFIG", "SET", "maxmemory", "1mb")."""
        import redis

        client = redis.Redis(port=self.port)
        try:
            return client.execute_command(*words)
        finally:
            client.close()


class Front:
    """The one address of the site: hands each connection to the next web process that takes it.

    A connection whose web process dies is cut, as by a proxy that does not try a second time.
    """

    def __init__(self, backends: Sequence[int]) -> None:
        self.port, self.backends = free_port(), list(backends)
        self._turn = itertools.count()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Front":
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_problem: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.set_exception_handler(lambda _loop, _told: None)  # connections that are cut in the end
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await self._next()
        try:
            if behind is not None:
                await asyncio.gather(_pour(reader, behind[1]), _pour(behind[0], writer))
        finally:
            for each in [writer, *(behind or [])[1:]]:
                each.close()

    async def _next(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for number in range(len(self.backends)):
            port = self.backends[(first + number) % len(self.backends)]
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while more := await reader.read(65536):
            writer.write(more)
            await writer.drain()
    with suppress(OSError, RuntimeError):
        writer.close()
