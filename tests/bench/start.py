"""Start of the web process and of `make run`, a first migration, and their memory, against a bare Django project."""

import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from practice_vetting.core.supervisor import ROOT, WEB
from tests.bench.clocks import children_cpu, cpu_of, side_by_side
from tests.bench.figure import Figure
from tests.bench.processes import pss_megabytes, tree_of
from tests.services import free_port, make_database, own_database, wait_until

BARE = "a bare Django project (startproject: admin, sessions, sign-in; WhiteNoise), run by the same commands"
#: what any site adds that serves its own style sheets
SERVES_FILES = """
MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")
STATIC_ROOT = BASE_DIR / "static"
"""

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
    with (folder / name / "settings.py").open("a") as file:
        file.write(SERVES_FILES)
        if "DATABASE_URL" in environment:
            url = own_database(environment["DATABASE_URL"], folder)
            make_database(url)
            file.write(f"import dj_database_url\nDATABASES = {{'default': dj_database_url.parse({url!r})}}\n")
    return Project(folder, BARE_WEB.format(name), "/admin/login/", environment)


def measure(quick: bool) -> Iterator[Figure]:
    """Figure 6 of the bench."""
    with tempfile.TemporaryDirectory() as name:
        floor = bare(Path(name), "bare")
        floor.manage("migrate", "--verbosity", "0")
        floor.manage("collectstatic", "--noinput", "--verbosity", "0")
        yield web_process(ours(), floor, rounds=1 if quick else 7)
        if not quick:
            yield memory(ours(), floor)
            yield from whole(rounds=3)
            yield first_migration(rounds=3)


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


def whole(rounds: int) -> Iterator[Figure]:
    """What `make run` takes until it answers, and what all its processes hold when the worker is ready, too."""
    used, held = zip(*[cpu_and_megabytes_of_serve() for _ in range(rounds)], strict=True)
    name = "make run on a database that is up to date, to the first answer: all its processes together"
    yield Figure(name, statistics.median(used), "s", goal=5, goal_is="value", rounds=rounds)
    yield Figure("memory of make run: web, worker, clock and supervisor", statistics.median(held), "MB", rounds=rounds)


def cpu_and_megabytes_of_serve() -> tuple[float, float]:
    port = free_port()
    environment = {**os.environ, "PORT": str(port)}
    process = subprocess.Popen([sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment, stdout=sys.stderr)
    try:
        wait_until(lambda: answers(f"http://localhost:{port}/"), "make run answers", seconds=120)
        used = of_all(process.pid, lambda pid: cpu_of(pid, children=True))
        wait_until(lambda: reads_documents(process.pid), "the worker is ready", seconds=120)
        return used, of_all(process.pid, pss_megabytes)
    finally:
        process.terminate()
        process.wait(60)


def reads_documents(pid: int) -> bool:
    """Whether the worker's child that makes documents has read its libraries: it maps WeasyPrint's."""
    return of_all(pid, lambda each: "libpango" in Path(f"/proc/{each}/maps").read_text()) > 0


def of_all(pid: int, measured: Callable[[int], float]) -> float:
    """The sum over a process and all that descend from it, without those that end meanwhile."""
    total = 0.0
    for each in tree_of(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            total += measured(each)
    return total


def first_migration(rounds: int) -> Figure:
    """From an empty database and an empty folder to an installation that can start."""
    with tempfile.TemporaryDirectory() as name:
        names = iter(f"empty{number}" for number in range(1000))

        def ours_anew() -> None:
            folder = Path(name) / next(names)
            environment = {**os.environ, "DATA_DIR": str(folder)}
            if "DATABASE_URL" in environment:
                environment["DATABASE_URL"] = own_database(environment["DATABASE_URL"], folder)
                make_database(environment["DATABASE_URL"])
            replace(ours(), environment=environment).manage("prepare")

        def bare_anew() -> None:
            here = next(names)
            (Path(name) / here).mkdir()
            project = bare(Path(name) / here, here)
            project.manage("migrate", "--verbosity", "0")
            project.manage("collectstatic", "--noinput", "--verbosity", "0")

        cost = side_by_side(ours_anew, bare_anew, rounds=rounds, clock=children_cpu, shortest=0)
    told = "prepare on an empty database: tables, static files, queue"
    return cost.figure(told, unit="s", floor_is=BARE, goal=15, goal_is="value")
