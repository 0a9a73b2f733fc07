"""A worker that is killed in the middle of a document: it is made all the same, once, under one number."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest

from practice_vetting.core.documents import certificates
from practice_vetting.core.documents.seal import check_seal
from practice_vetting.core.supervisor import CELERY, ROOT, WORKER, die_with_parent
from tests import prepared, services
from tests.services import wait_until

pytestmark = pytest.mark.servers
LEASE, SWEEP = 3, 1  # seconds

Environment = dict[str, str]


@pytest.fixture
def installation(tmp_path: Path, home: Path) -> Iterator[Environment]:
    """The environment of an installation of its own, in which one long document was asked for."""
    environment = {
        **services.environment_of_a_site(),
        "DJANGO_SETTINGS_MODULE": "tests.integration.worker_settings",
        "DATA_DIR": str(tmp_path / "data"),
        "JOB_LEASE_SECONDS": str(LEASE),
        "SWEEP_SECONDS": str(SWEEP),
        "DATABASE_URL": "",
    }
    with ExitStack() as servers:
        if server := os.environ.get("DATABASE_URL"):
            environment["DATABASE_URL"] = services.own_database(server, tmp_path)
        if "REDIS_URL" in os.environ:
            environment["REDIS_URL"] = servers.enter_context(services.redis())
        prepared.copy_to(tmp_path / "data", environment, home=home)
        ask = [sys.executable, "-m", "tests.integration.ask_for_document"]
        subprocess.run(ask, cwd=ROOT, env=environment, check=True)
        yield environment


@contextmanager
def worker(environment: Environment) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with its clock, in a process group of its own that is gone after the block."""
    clock = ["--beat", "--schedule", f"{environment['DATA_DIR']}/clock"]
    parent = os.getpid()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", *CELERY.split(), *WORKER.split(), *clock],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(parent),
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def rows(environment: Environment, query: str) -> list[tuple[Any, ...]]:
    if url := environment["DATABASE_URL"]:
        with psycopg.connect(url) as server:
            return server.execute(query.encode()).fetchall()
    with closing(sqlite3.connect(f"{environment['DATA_DIR']}/practice.sqlite3", timeout=20)) as file:
        return file.execute(query).fetchall()


def state(environment: Environment) -> str:
    return str(rows(environment, "SELECT state FROM core_job")[0][0])


def rendering(group: int) -> list[int]:
    """The process numbers of the limited children that a worker of this process group started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            words = (folder / "cmdline").read_text().split("\0")
            owner = int(words[4]) if words[2].endswith("/warm_parent.py") else 0
            if owner and os.getpgid(owner) == group and parent_of(folder) != owner:
                found.append(int(folder.name))
    return found


def at_work(group: int) -> int:
    """The limited child that lays out the document: one that is still there at a second look."""
    seen: list[int] = []

    def still_there() -> bool:
        now = rendering(group)
        stayed = [pid for pid in now if pid in seen]
        seen[:] = stayed or now
        return bool(stayed)

    wait_until(still_there, "the document is being laid out", 60)
    return seen[0]


def parent_of(folder: Path) -> int:
    return int((folder / "stat").read_text().rpartition(")")[2].split()[1])


def is_gone(pid: int) -> bool:
    try:
        return "(zombie)" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_a_worker_killed_in_the_middle_of_a_render_ends_in_one_document(installation: Environment) -> None:
    data_dir = Path(installation["DATA_DIR"])
    with worker(installation) as first:
        child = at_work(first.pid)
        assert state(installation) == "running"
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        wait_until(lambda: is_gone(child), "the child ends with its worker", 5)
    assert state(installation) == "running"  # as the dead worker left it
    with worker(installation):
        wait_until(lambda: state(installation) == "done", "another worker makes the document", 60)
        wait_until(lambda: not list((data_dir / "work").iterdir()), "nothing is left of the work", 5)
    assert rows(installation, "SELECT attempts, claim, last_error FROM core_job") == [(2, "", "")]
    [(number, digest)] = rows(installation, "SELECT number, sha256 FROM core_document")
    assert rows(installation, "SELECT number FROM core_job") == [(number,)]
    assert number.endswith("-0001")
    [file] = [path for path in (data_dir / "files").rglob("*") if path.is_file()]
    pdf = file.read_bytes()
    assert (sha256(pdf).hexdigest(), check_seal(pdf, trusted=certificates.trusted(data_dir / "keys")).holds) == (
        digest,
        True,
    )
    assert rows(installation, "SELECT verb FROM core_ledgerentry ORDER BY seq") == [
        ("test.asked",),
        ("document.issued",),
    ]
