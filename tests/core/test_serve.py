"""`manage.py serve` as people start it: from an empty folder to the address, through crashes, to the end."""

import errno
import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from practice_vetting.core.management.commands import serve
from practice_vetting.core.management.commands.serve import LOOPBACK, wait_for_port
from tests.services import Site, running_site, wait_until

WORDS = {"web": "gunicorn", "worker": "worker", "clock": "beat"}


def parent_and_words(pid: str) -> tuple[int, list[str]]:
    """Of one process: its parent's number and its command line; (0, []) when it is gone."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return 0, []
    return int(status[1]), words


def children(site: Site) -> dict[str, int]:
    """The process numbers of web, worker and clock, those that run."""
    found: dict[str, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        parent, words = parent_and_words(folder.name)
        if parent == site.process.pid:
            found |= {name: int(folder.name) for name, word in WORDS.items() if word in words}
    return found


def health(site: Site) -> dict[str, object]:
    with urllib.request.urlopen(f"{site.url}/healthz", timeout=5) as answer:
        return dict(json.load(answer))


def web_answers(site: Site) -> bool:
    try:
        health(site)
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for the tests that leave it running."""
    with running_site(tmp_path_factory.mktemp("serve") / "data") as running:
        yield running


def test_it_prints_the_address_and_then_what_the_first_visitor_needs(site: Site) -> None:
    wait_until(lambda: "Set-up code" in site.output(), "the code is printed")
    said = [line for line in site.output().splitlines() if line.startswith(("Practice Vetting", "Set-up"))]
    assert [said[0], said[1].partition(":")[0]] == [
        f"Practice Vetting is ready at {site.url}  (Ctrl-C stops it)",
        "Set-up code",
    ]


def test_all_that_it_keeps_lies_in_its_folder(site: Site) -> None:
    names = {path.name.partition(".")[0] for path in site.data_dir.iterdir()}
    assert names <= {"clock", "files", "keys", "mail", "practice", "preparing", "queue", "secret_key", "static"}
    assert not list(serve.settings.BASE_DIR.glob("celerybeat*"))


@pytest.mark.parametrize("name", ["web", "worker", "clock"])
def test_each_of_the_three_comes_back_after_a_kill(site: Site, name: str) -> None:
    wait_until(lambda: set(children(site)) == set(WORDS), "all three run")
    killed = children(site)[name]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: children(site).get(name, killed) != killed, f"the {name} runs again")
    wait_until(lambda: web_answers(site), "the site answers")


def test_after_a_kill_of_the_whole_it_starts_again_on_the_same_port(tmp_path: Path, home: Path) -> None:
    with running_site(tmp_path / "data", home=home) as first:
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
        with running_site(tmp_path / "data", PORT=str(first.port)) as second:
            assert web_answers(second)


def test_ctrl_c_ends_all_of_it_within_ten_seconds(tmp_path: Path, home: Path) -> None:
    with running_site(tmp_path / "data", home=home) as site:
        pids = children(site).values()
        began = time.monotonic()
        status = site.stop(signal.SIGINT)
        assert (status, time.monotonic() - began < 10) == (0, True)
        assert [parent_and_words(str(pid))[1] for pid in pids] == [[], [], []]


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.listener: socket.socket | None = None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.listener and self.now > 3:
            self.listener.close()


def test_a_port_that_stays_taken_is_named_after_ten_seconds() -> None:
    clock = Clock()
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CommandError) as refused:
            wait_for_port(LOOPBACK, port, clock=clock, sleep=clock.sleep)
    advice = f"Stop it, or choose another: PORT={port + 1} make run"
    assert (str(refused.value), clock.now) == (f"Port {port} is taken by another program. {advice}", 10)


def test_a_port_that_an_earlier_run_lets_go_of_is_waited_for() -> None:
    clock = Clock()
    clock.listener = socket.create_server((LOOPBACK, 0))
    wait_for_port(LOOPBACK, clock.listener.getsockname()[1], clock=clock, sleep=clock.sleep)
    assert clock.now == 3.25


def test_an_address_of_another_machine_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    elsewhere = OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
    monkeypatch.setattr(serve, "refusal_of_port", lambda _host, _port: elsewhere)
    with pytest.raises(CommandError) as refused:
        wait_for_port("192.0.2.1", 8000, clock=clock, sleep=clock.sleep)
    sentence = "This machine does not let us listen at 192.0.2.1, port 8000: Cannot assign requested address."
    assert (str(refused.value), clock.now) == (sentence, 0)


def test_a_start_that_is_refused_ends_with_one_sentence(tmp_path: Path) -> None:
    site = Site(tmp_path / "data", HOST="192.0.2.1")
    assert site.process.wait(60) == 1
    assert site.output().splitlines()[-1] == (
        "CommandError: This machine does not let us listen at 192.0.2.1, "
        f"port {site.port}: Cannot assign requested address."
    )
