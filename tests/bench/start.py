"""Start of the web process, its memory, and the first answer of `make run`, against a bare Django project."""

import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from practice_vetting.core.supervisor import ROOT, WEB
from tests.bench.clocks import children_cpu, side_by_side
from tests.bench.figure import Figure
from tests.bench.processes import pss_megabytes
from tests.services import free_port, make_database, own_database, wait_until

BARE = "a bare Django project (startproject: admin, sessions, sign-in), run by the same commands"

BARE_WEB = "gunicorn {}.wsgi --workers 1 --worker-class gthread --threads 4 --no-control-socket --log-level warning"


@dataclass(frozen=True)
class Project:
    """A Django project that can be started: ours, or the one with nothing in it."""

    folder: Path
    web_command: str
    page: str
    environment: dict[str, str]

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.folder,
            env=self.environment,
            check=True,
            stdout=sys.stderr,
        )

    @contextmanager
    def web(self) -> Iterator[subprocess.Popen[bytes]]:
        """The web server as `serve` runs it, from its first answer on."""
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", *self.web_command.split(), "--bind", f"127.0.0.1:{port}"],
            cwd=self.folder,
            env=self.environment,
        )
        try:
            wait_until(lambda: answers(f"http://localhost:{port}{self.page}"), f"{self.page} is answered")
            yield process
        finally:
            process.terminate()
            process.wait(20)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.read())
    except OSError:
        return False


def ours() -> Project:
    """The installation that the bench prepared for this process."""
    return Project(ROOT, WEB, "/", dict(os.environ))


def bare(folder: Path, name: str) -> Project:
    """`django-admin startproject`, on the database of ours; its tables are not made yet."""
    subprocess.run([sys.executable, "-m", "django", "startproject", name, str(folder)], check=True)
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    if "DATABASE_URL" in environment:
        url = own_database(environment["DATABASE_URL"], folder)
        make_database(url)
        with (folder / name / "settings.py").open("a") as file:
            file.write(f"import dj_database_url\nDATABASES = {{'default': dj_database_url.parse({url!r})}}\n")
    return Project(folder, BARE_WEB.format(name), "/admin/login/", environment)


def measure(quick: bool) -> Iterator[Figure]:
    """Figure 6 of the bench."""
    with tempfile.TemporaryDirectory() as name:
        floor = bare(Path(name), "bare")
        floor.manage("migrate", "--verbosity", "0")
        yield web_process(ours(), floor, rounds=1 if quick else 7)
        if not quick:
            yield memory(ours(), floor)


def web_process(mine: Project, floor: Project, rounds: int) -> Figure:
    def until_the_first_answer(project: Project) -> Callable[[], None]:
        def start() -> None:
            with project.web():
                pass

        return start

    cost = side_by_side(
        until_the_first_answer(mine), until_the_first_answer(floor), rounds=rounds, clock=children_cpu, shortest=0
    )
    return cost.figure("web server, from its start to its first page", unit="s", floor_is=BARE, goal=2.5)


def memory(mine: Project, floor: Project) -> Figure:
    value, least = (worker_megabytes(project) for project in (mine, floor))
    name = "memory of one web process after its first page"
    return Figure(name, value, "MB", floor=least, floor_is=BARE, goal=120, goal_is="value")


def worker_megabytes(project: Project) -> float:
    """Of the one that answers; gunicorn's own, which only waits, is another."""
    with project.web() as process:
        worker = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
        return pss_megabytes(int(worker))
