"""The supervisor with small programs in the place of web, worker and clock: real processes, real signals."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from practice_vetting.core.supervisor import (
    ROOT,
    STEADY_AFTER,
    Service,
    Tree,
    answers,
    clean_environment,
    pause_before_restart,
    services,
)
from tests.services import free_port, wait_until

# Each writes its process number into the folder that it is given, a line a start.
BEGIN = "import os, pathlib, signal, subprocess, sys, time\nhere = pathlib.Path(sys.argv[1])\n"
NOTE = "with here.open('a') as file: print(os.getpid(), file=file)\n"
OBEDIENT = BEGIN + NOTE + "signal.pause()"
STUBBORN = BEGIN + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + NOTE + "while True: signal.pause()"
PARENT_OF_STUBBORN = (
    BEGIN
    + f"subprocess.Popen([sys.executable, '-c', {STUBBORN!r}, sys.argv[1] + '-child'])\n"
    + NOTE
    + "signal.pause()"
)
TREE = """
import sys
sys.path.insert(0, {folder!r})
import supervisor
supervisor.SECONDS_TO_STOP, supervisor.SECONDS_TO_ANSWER = {to_stop}, {to_answer}
fake = [sys.executable, "-S", "-c"]
services = [supervisor.Service(name, [*fake, code, path]) for name, code, path in {fakes!r}]
tree = supervisor.Tree(services, ready=lambda: {ready}, announce=lambda: supervisor.say("announced"))
sys.exit(tree.run())
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class RunningTree:
    """A supervisor in a process of its own, over fakes whose process numbers can be read."""

    def __init__(
        self, folder: Path, *, to_stop: float = 8, to_answer: float = 60, ready: bool = True, **fakes: str
    ) -> None:
        self._folder = folder
        program = TREE.format(
            folder=str(ROOT / "practice_vetting" / "core"),
            fakes=[(name, code, str(folder / name)) for name, code in fakes.items()],
            to_stop=to_stop,
            to_answer=to_answer,
            ready=ready,
        )
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen([sys.executable, "-c", program], stdout=output, stderr=output)

    def pids(self, name: str) -> list[int]:
        notes = self._folder / name
        return [int(line) for line in notes.read_text().splitlines()] if notes.exists() else []

    def pid(self, name: str, *, start: int = 1) -> int:
        """Its process number at its n-th start, which is waited for."""
        wait_until(lambda: len(self.pids(name)) >= start, f"start {start} of {name}\n{self.log.read_text()}")
        return self.pids(name)[start - 1]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(15)

    def clean_up(self) -> None:
        """End what the test left running: the supervisor kills each group, and who just started in it."""
        self.process.terminate()
        self.process.wait()


StartTree = Callable[..., RunningTree]


@pytest.fixture
def start_tree(tmp_path: Path) -> Iterator[StartTree]:
    trees: list[RunningTree] = []

    def start(**options: object) -> RunningTree:
        trees.append(RunningTree(tmp_path, **options))
        return trees[-1]

    yield start
    for tree in trees:
        tree.clean_up()


@pytest.mark.parametrize(("deaths", "seconds"), [(1, 0.5), (2, 1), (3, 2), (7, 30), (10_000, 30)])
def test_the_pause_before_a_restart_doubles_up_to_half_a_minute(deaths: int, seconds: float) -> None:
    assert pause_before_restart(deaths) == seconds


def test_a_service_that_ran_long_counts_its_next_death_as_the_first() -> None:
    said: list[str] = []
    service = Service("worker", [sys.executable, "-S", "-c", ""], deaths=5)
    service.start(now=0)
    assert service.process is not None
    service.process.wait()
    service.look_after(STEADY_AFTER, said.append)
    assert (service.deaths, said) == (1, ["The worker stopped by itself. It starts again in 0.5 seconds."])


def test_a_service_waits_for_its_pause_and_then_starts() -> None:
    service = Service("worker", [sys.executable, "-S", "-c", ""])
    service.start(now=100)
    assert service.process is not None
    service.process.wait()
    service.look_after(101, lambda _line: None)
    service.look_after(101.4, lambda _line: None)
    started_too_early = service.process is not None
    service.look_after(101.5, lambda _line: None)
    assert (started_too_early, service.started_at) == (False, 101.5)
    service.kill()


def test_a_killed_service_is_started_again(start_tree: StartTree) -> None:
    tree = start_tree(web=OBEDIENT, worker=OBEDIENT, clock=OBEDIENT)
    untouched = tree.pid("web")
    for name in ("worker", "clock"):
        os.kill(tree.pid(name), signal.SIGKILL)
    again = [tree.pid(name, start=2) for name in ("worker", "clock")]
    assert ([alive(pid) for pid in again], tree.pids("web")) == ([True, True], [untouched])


def test_what_a_dead_service_left_behind_is_gone_before_it_starts_again(start_tree: StartTree) -> None:
    tree = start_tree(worker=PARENT_OF_STUBBORN)
    left_behind = tree.pid("worker-child")
    os.kill(tree.pid("worker"), signal.SIGKILL)
    tree.pid("worker", start=2)
    assert not alive(left_behind)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_whole_tree_in_good_order(start_tree: StartTree, number: int) -> None:
    tree = start_tree(web=OBEDIENT, worker=OBEDIENT)
    pids = [tree.pid("web"), tree.pid("worker")]
    status = tree.end(number)
    assert (status, [alive(pid) for pid in pids]) == (0, [False, False])


def test_who_does_not_listen_is_killed_with_its_own_children(start_tree: StartTree) -> None:
    tree = start_tree(to_stop=0.3, worker=PARENT_OF_STUBBORN, clock=STUBBORN)
    pids = [tree.pid("worker"), tree.pid("worker-child"), tree.pid("clock")]
    status = tree.end()
    assert (status, [alive(pid) for pid in pids]) == (0, [False, False, False])


def test_a_second_signal_waits_for_nobody(start_tree: StartTree) -> None:
    tree = start_tree(to_stop=600, worker=STUBBORN)
    pid = tree.pid("worker")
    tree.process.send_signal(signal.SIGINT)
    wait_until(lambda: "Stopping." in tree.log.read_text(), "the tree stops")
    assert (tree.end(signal.SIGINT), alive(pid)) == (0, False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_supervisor_takes_its_services_along(start_tree: StartTree) -> None:
    tree = start_tree(web=OBEDIENT, clock=OBEDIENT)
    pids = [tree.pid("web"), tree.pid("clock")]
    assert tree.end(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not any(alive(pid) for pid in pids), "the services are gone")


def test_it_says_once_that_the_site_is_up(start_tree: StartTree) -> None:
    tree = start_tree(web=OBEDIENT)
    os.kill(tree.pid("web"), signal.SIGKILL)
    tree.pid("web", start=2)
    tree.end()
    assert tree.log.read_text().splitlines() == [
        "announced",
        "The web stopped by itself. It starts again in 0.5 seconds.",
        "Stopping.",
    ]


def test_a_site_that_never_answers_is_given_up(start_tree: StartTree) -> None:
    tree = start_tree(ready=False, to_answer=0.2, web=OBEDIENT)
    assert (tree.process.wait(15), tree.log.read_text().splitlines()) == (
        1,
        ["The site did not answer within 0.2 seconds. The lines above say why.", "Stopping."],
    )
    assert not any(alive(pid) for pid in tree.pids("web"))


def test_nobody_reading_the_output_any_more_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def hung_up(_line: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(sys.stdout, "write", hung_up)
    Tree([], ready=lambda: True, announce=lambda: None).stop()


def test_a_port_where_nobody_listens_does_not_answer() -> None:
    assert not answers("127.0.0.1", free_port())


def test_children_are_allowed_to_keep_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert clean_environment() == {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def test_an_address_of_version_6_is_bound_in_brackets(tmp_path: Path) -> None:
    web = services("::1", 8000, tmp_path)[0].command
    assert web[web.index("--bind") + 1] == "[::1]:8000"
