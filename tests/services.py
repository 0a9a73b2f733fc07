"""Servers of our own for the tests: PostgreSQL, Redis, ClamAV, mail, time stamps, and the site as `serve` runs it.

    python -m tests.services COMMAND ...     runs it with DATABASE_URL and REDIS_URL of servers just started

TEST_DATABASE_URL and TEST_REDIS_URL name servers that are there already; nothing is started for those. A
program that is missing is an error which names it: a test that needs a server is never skipped.
"""

import asyncio
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from psycopg import sql

from practice_vetting.core.supervisor import ROOT, clean_environment, die_with_parent
from practice_vetting.system_libraries import postgresql_program
from tests import prepared

SECONDS_TO_START = 30.0


def free_port() -> int:
    """A port on this machine that nobody listens at now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(holds: Callable[[], bool], what: str, seconds: float = SECONDS_TO_START) -> None:
    """Return as soon as it holds; raise AssertionError naming `what` when these seconds are over."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {seconds:g} seconds: {what}")
        time.sleep(0.05)


def _listening(port: int) -> bool:
    with socket.socket() as caller:
        caller.settimeout(1)
        return caller.connect_ex(("127.0.0.1", port)) == 0


# --- PostgreSQL and Redis -----------------------------------------------------------------------------


def _owner() -> str | None:
    """Who shall own the server: PostgreSQL refuses to run as root, so root hands it to somebody small."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _as_user(user: str | None) -> dict[str, Any]:
    return {"user": user, "extra_groups": []} if user else {}


def _program(path: Path | str | None, name: str, package: str) -> str:
    if path is None:
        raise RuntimeError(f"{name} is not on this machine. Install {package}: the tests need it and skip nothing.")
    return str(path)


@contextmanager
def _running(command: Sequence[str], port: int, user: str | None, log: Path) -> Iterator[None]:
    """The server, from the moment it listens; it ends with the block, and with us if we are killed."""
    parent = os.getpid()
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            cwd=log.parent,
            stdout=output,
            stderr=output,
            preexec_fn=lambda: die_with_parent(parent),
            **_as_user(user),
        )
    try:
        wait_until(lambda: _listening(port) or server.poll() is not None, f"{command[0]} listens")
        if server.poll() is not None:
            raise RuntimeError(f"{command[0]} ended at once:\n{log.read_text()}")
        yield
    finally:
        server.send_signal(signal.SIGINT)  # for PostgreSQL: end the sessions and stop
        server.wait(SECONDS_TO_START)


@contextmanager
def _folder(user: str | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="practice-vetting-") as name:
        if user:
            shutil.chown(name, user)
        yield Path(name)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server that forgets everything, with a role that may make databases."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    initdb = _program(postgresql_program("initdb"), "initdb", "postgresql")
    user, port, password = _owner(), free_port(), secrets.token_hex(16)
    with _folder(user) as folder:
        (folder / "password").write_text(password)
        (folder / "password").chmod(0o644)  # the folder itself is closed to others
        make = [initdb, "--pgdata=data", "--username=tests", "--pwfile=password", "--auth=scram-sha-256"]
        make += ["--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"]
        subprocess.run(make, cwd=folder, check=True, capture_output=True, **_as_user(user))
        speed = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100"]
        places = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
        settings = [word for setting in [*speed, *places] for word in ("-c", setting)]
        command = [
            _program(postgresql_program("postgres"), "postgres", "postgresql"),
            "-D",
            str(folder / "data"),
        ]
        url = f"postgres://tests:{password}@127.0.0.1:{port}/postgres"
        with _running([*command, *settings], port, user, folder / "log"):
            wait_until(lambda: _accepts(url), "PostgreSQL lets us in")  # it listens before it is ready
            yield url


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def redis() -> Iterator[str]:
    """The URL of a Redis server that keeps nothing on disk."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    program = _program(shutil.which("redis-server"), "redis-server", "redis-server")
    port = free_port()
    with _folder(None) as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with _running([program, *options, "--dir", str(folder)], port, None, folder / "log"):
            yield f"redis://127.0.0.1:{port}/0"


@dataclass(frozen=True)
class Bucket:
    """An S3-compatible server with one empty bucket; `environment` is what a site needs to use it."""

    endpoint: str
    name: str = "practice-vetting"

    @property
    def environment(self) -> dict[str, str]:
        keys = {"AWS_ACCESS_KEY_ID": "invented", "AWS_SECRET_ACCESS_KEY": "invented-too"}
        return {"S3_BUCKET": self.name, "S3_ENDPOINT": self.endpoint, **keys}


@contextmanager
def s3() -> Iterator[Bucket]:
    """moto's server in a process of its own, which keeps everything in memory."""
    port = free_port()
    with _folder(None) as folder:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        with _running(command, port, None, folder / "log"):
            bucket = Bucket(f"http://127.0.0.1:{port}")
            request = urllib.request.Request(f"{bucket.endpoint}/{bucket.name}", method="PUT")
            urllib.request.urlopen(request).close()
            yield bucket


# --- single sign-on -------------------------------------------------------------------------------------


@contextmanager
def identity_provider() -> Iterator[str]:
    """The address of an OpenID Connect provider that takes everybody's word for who they are."""
    port = free_port()
    with _folder(None) as folder:
        command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
        with _running(command, port, None, folder / "log"):
            yield f"http://127.0.0.1:{port}"


@dataclass(frozen=True)
class Clamd:
    """Where a ClamAV daemon listens: a path and a host with port."""

    path: str
    address: str


@contextmanager
def clamd(*, virus: bytes, longest: int = 4 * 1024 * 1024) -> Iterator[Clamd]:
    """ClamAV with one signature of ours, found anywhere in a file: no list of viruses is fetched."""
    program = _program(shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin"), "clamd", "clamav-daemon")
    port = free_port()
    with _folder(None) as folder:
        (folder / "database").mkdir()
        (folder / "database" / "ours.ndb").write_text(f"Invented.Test.Virus:0:*:{virus.hex()}\n")
        settings = {
            "DatabaseDirectory": folder / "database",
            "LocalSocket": folder / "socket",
            "TCPSocket": port,
            "TCPAddr": "127.0.0.1",
            "StreamMaxLength": longest,
            "TemporaryDirectory": folder,
            "Foreground": "yes",
        }
        config = folder / "clamd.conf"
        config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        config.chmod(0o644)
        with _running([program, "--config-file", str(config)], port, None, folder / "log"):
            yield Clamd(str(folder / "socket"), f"127.0.0.1:{port}")


# --- mail ---------------------------------------------------------------------------------------------


class MailMode(StrEnum):
    """What the mail server does with the next message."""

    ACCEPT = "accept"
    REFUSE = "refuse"  # 550: this address does not exist
    LATER = "later"  # 421: too busy, come again
    GREYLIST = "greylist"  # 451: try again later
    DROP = "drop"  # takes the message, then hangs up without a word
    STALL = "stall"  # takes the message, then says nothing
    SLOW = "slow"  # takes the message, and thinks for `slow` seconds before it says so
    LOSE = "lose"  # says that it took the message, and loses it


class MailServer:
    """A real SMTP server on this machine; `messages` holds what it took, `mode` may change at any time."""

    def __init__(self) -> None:
        self.mode = MailMode.ACCEPT
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.lost: list[EmailMessage] = []
        self.slow = 20.0
        self.port = free_port()
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.mode is MailMode.REFUSE:
            return "550 5.1.1 No such address"
        if self.mode is MailMode.LATER:
            return "421 4.3.2 Too busy, come again"
        if self.mode is MailMode.GREYLIST:
            return "451 4.7.1 Greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(message, EmailMessage)
        if self.mode is MailMode.LOSE:
            self.lost.append(message)
            return "250 OK"
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        if self.mode is MailMode.DROP:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        while self.mode is MailMode.STALL:
            await asyncio.sleep(0.05)
        if self.mode is MailMode.SLOW:
            await asyncio.sleep(self.slow)
        return "250 OK"

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Nobody listens at its port any more; what it took is remembered."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> "MailServer":
        self.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.mode = MailMode.ACCEPT  # lets a stalled message go
        self.stop()


# --- time stamps ----------------------------------------------------------------------------------------


class StampMode(StrEnum):
    """What the time stamp authority does with the next question."""

    STAMP = "stamp"
    CLOSED = "closed"  # 401
    BUSY = "busy"  # 503
    RUBBISH = "rubbish"  # 200, and nothing of the kind
    REFUSE = "refuse"  # an honest refusal in its own format
    OTHER = "other"  # a stamp on something else
    SLOW = "slow"  # says nothing for a while
    MOVED = "moved"  # 302
    LONG = "long"  # two million bytes


class TimeStampServer:
    """A real time stamp authority (RFC 3161) on this machine; `mode` and `moment` (None: now) may change at any time.

    `files` are answered to whoever asks for their address, such as a list of revoked certificates.
    """

    def __init__(self, *, certificate: bytes, key: bytes, above: Sequence[bytes] = (), port: int = 0) -> None:
        from asn1crypto import keys, x509

        self._material = (x509.Certificate.load(certificate), keys.PrivateKeyInfo.load(key))
        self._above = [x509.Certificate.load(each) for each in above]
        self.mode = StampMode.STAMP
        self.moment: datetime | None = None
        self.files: dict[str, bytes] = {}
        self.asked: list[str | None] = []  # the Authorization of each question
        self.got: list[str] = []  # the addresses that somebody read
        self._http = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.port = int(self._http.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/tsa"

    def __enter__(self) -> "TimeStampServer":
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = self.rfile.read(int(self.headers["Content-Length"]))
                server.asked.append(self.headers["Authorization"])
                self._answer(*server.answer(question), "application/timestamp-reply")

            def do_GET(self) -> None:
                server.got.append(self.path)
                found = server.files.get(self.path)
                status = 302 if self.path == "/moved" else 200 if found else 404
                self._answer(status, found or b"", "application/pkix-crl")

            def _answer(self, status: int, body: bytes, kind: str) -> None:
                with suppress(OSError):  # whoever asked may be gone
                    self.send_response(status)
                    if status == 302:
                        self.send_header("Location", "/elsewhere")
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the parent's name
                pass

        return Handler

    def answer(self, question: bytes) -> tuple[int, bytes]:
        from asn1crypto import tsp
        from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

        if self.mode in (StampMode.CLOSED, StampMode.BUSY):
            return (401 if self.mode is StampMode.CLOSED else 503), b""
        if self.mode is StampMode.MOVED:
            return 302, b""
        if self.mode is StampMode.LONG:
            return 200, bytes(2_000_000)
        if self.mode is StampMode.RUBBISH:
            return 200, b"<html>Welcome to our new site!</html>"
        if self.mode is StampMode.REFUSE:
            return 200, bytes.fromhex("30053003020102")  # its status is 2, rejection, and there is no token
        if self.mode is StampMode.SLOW:
            time.sleep(1)
        asked = tsp.TimeStampReq.load(question)
        if self.mode is StampMode.OTHER:
            asked["message_imprint"]["hashed_message"] = bytes(32)
        stamper = DummyTimeStamper(*self._material, certs_to_embed=self._above, fixed_dt=self.moment)
        return 200, asyncio.run(stamper.async_request_tsa_response(asked)).dump()


# --- the site -----------------------------------------------------------------------------------------


def environment_of_a_site() -> dict[str, str]:
    """Ours without what pytest set for itself: a site has its own settings and makes its own secret."""
    ours_alone = ("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "DATA_DIR")
    return {name: value for name, value in clean_environment().items() if name not in ours_alone}


def own_database(url: str, data_dir: Path) -> str:
    """The URL of a database on that server that belongs to this folder, and may not be there yet."""
    name = f"site_{hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]}"
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def make_database(url: str) -> None:
    """The database of that URL, unless it is there."""
    name = urlsplit(url).path.removeprefix("/")
    server = urlsplit(url)._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True) as connection, suppress(psycopg.errors.DuplicateDatabase):
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


class Site:
    """`manage.py serve` in a folder of its own. `url` is where it answers; `output()` is all that it said."""

    def __init__(self, data_dir: Path, *arguments: str, **environment: str) -> None:
        self.port = int(environment.get("PORT") or free_port())
        self.data_dir = data_dir
        self.url = f"http://localhost:{self.port}"
        self._log = data_dir.with_name(f"{data_dir.name}-{secrets.token_hex(4)}.log")
        ours = {"DATA_DIR": str(data_dir), "PORT": str(self.port), "SITE_URL": self.url, "HOST": "127.0.0.1"}
        self._environment = {**environment_of_a_site(), **ours, **environment}
        parent = os.getpid()
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *arguments],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=lambda: die_with_parent(parent),
            )

    def output(self) -> str:
        return self._log.read_text()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the same installation, run to its end."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False, timeout=60
        )

    def wait_until_ready(self, seconds: float = 60) -> None:
        wait_until(
            lambda: "is ready at" in self.output() or self.process.poll() is not None,
            "the site answers",
            seconds,
        )
        if "is ready at" not in self.output():
            raise AssertionError(f"The site did not start:\n{self.output()}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit status."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        return self.process.wait(20)


def _shape() -> Any:
    """One tree of processes; with SITE_SHAPE=many, two web processes, three workers and two clocks."""
    if os.environ.get("SITE_SHAPE") != "many":
        return Site
    from tests.faults.many import ManySite  # it imports us

    return ManySite


@contextmanager
def running_site(data_dir: Path, *arguments: str, home: Path | None = None, **environment: str) -> Iterator[Site]:
    """The site, ready, for the length of the block; with its own database and queue where we have servers.

    With the `home` of tests.prepared it does not begin with nothing, but as after its first start.
    """
    with ExitStack() as servers:
        if "DATABASE_URL" in os.environ and "DATABASE_URL" not in environment:
            environment["DATABASE_URL"] = own_database(os.environ["DATABASE_URL"], data_dir)
            if home is None:
                make_database(environment["DATABASE_URL"])
        if home is not None:
            prepared.copy_to(
                data_dir, {**environment_of_a_site(), **environment}, home=home, demo="--demo" in arguments
            )
        if "REDIS_URL" in os.environ and "REDIS_URL" not in environment:
            environment["REDIS_URL"] = servers.enter_context(redis())
        site = _shape()(data_dir, *arguments, **environment)
        try:
            site.wait_until_ready()
            yield site
        finally:
            site.stop()


def main(command: Sequence[str]) -> int:
    """Run the command with our servers; its exit status."""
    with ExitStack() as servers:
        urls = {
            "DATABASE_URL": servers.enter_context(postgresql()),
            "REDIS_URL": servers.enter_context(redis()),
        }
        return subprocess.run(command, env={**os.environ, **urls}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
