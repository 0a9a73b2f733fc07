"""Runs the web server, the worker and the clock as one tree: restarts what dies, and ends all of it together.

`manage.py serve` prepares the installation and then becomes this program. It imports nothing but the standard
library, so that the process which only waits stays small. It has one thread, because Linux ends a child with
the thread that started it.
"""

import argparse
import contextlib
import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1  # linux/prctl.h
SECONDS_TO_ANSWER = 60.0
SECONDS_TO_STOP = 8.0  # with the kill that follows, the tree is gone within 10
STEADY_AFTER = 60.0
LONGEST_PAUSE = 30.0
TICK = 0.1
WEB = "gunicorn --config practice_vetting/gunicorn.py --graceful-timeout 5 practice_vetting.wsgi"
CELERY = "celery --quiet --skip-checks --app practice_vetting"
WORKER = (
    "worker --pool prefork --concurrency 1 --loglevel WARNING --without-gossip --without-mingle --without-heartbeat"
)
# Without a pid file: after a power cut it would stay behind and keep the clock from starting.
CLOCK = "beat --loglevel WARNING --pidfile="
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - bound to all, asked at one


def pause_before_restart(deaths: int) -> float:
    """Seconds to wait after so many deaths in a row: 0.5, 1, 2, 4 and so on, never more than 30."""
    return min(LONGEST_PAUSE, 0.5 * 2 ** min(deaths - 1, 10))


def die_with_parent(parent: int) -> None:
    """Ask Linux to end this process when its parent dies, even by kill -9; elsewhere nobody can be asked."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)


def clean_environment() -> dict[str, str]:
    """Our environment for a child, without the switch that makes every start compile the code again."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def start_process(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start it in a group of its own: Ctrl-C reaches us alone, and a last kill its own children too."""
    parent = os.getpid()
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(parent),
    )


@dataclass
class Service:
    """One child that shall always run, with when it started last and how often in a row it died early."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    start_at: float = 0.0

    def start(self, now: float) -> None:
        self.process = start_process(self.command)
        self.started_at = now

    def look_after(self, now: float, say: Callable[[str], None]) -> None:
        """Notice a death and set the time of the next start; start again when that time has come."""
        if self.process is not None and self.process.poll() is not None:
            self.kill()  # what its own children still hold, such as the port
            self.deaths = 1 if now - self.started_at >= STEADY_AFTER else self.deaths + 1
            self.start_at = now + pause_before_restart(self.deaths)
            self.process = None
            say(f"The {self.name} stopped by itself. It starts again in {self.start_at - now:g} seconds.")
        if self.process is None and now >= self.start_at:
            self.start(now)

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        if self.process is not None:
            # Nobody may be left in the group; macOS says "not permitted" for that.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def answers(host: str, port: int) -> bool:
    """Whether the site answers at /healthz. Any answer counts: what is amiss is for the site to say."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def say(line: str) -> None:
    """One line to whoever watches; when nobody does any more, the tree goes on all the same."""
    with contextlib.suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@dataclass
class Tree:
    """The services, looked after until a signal asks to stop; `announce` is called once they are `ready`."""

    services: list[Service]
    ready: Callable[[], bool]
    announce: Callable[[], None]
    clock: Callable[[], float] = time.monotonic
    say: Callable[[str], None] = say
    signals: list[int] = field(default_factory=list)

    def run(self) -> int:
        """The exit status: 0 after a signal, 1 when the site did not come up."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup asked to stay
                signal.signal(number, self._on_signal)
        try:
            return self._serve()
        finally:
            self.stop()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.signals.append(number)

    def _serve(self) -> int:
        began, is_up = self.clock(), False
        while not self.signals:
            for service in self.services:
                service.look_after(self.clock(), self.say)
            if not is_up and self.ready():
                is_up = True
                self.announce()
            if not is_up and self.clock() - began > SECONDS_TO_ANSWER:
                self.say(f"The site did not answer within {SECONDS_TO_ANSWER:g} seconds. The lines above say why.")
                return 1
            time.sleep(TICK)
        return 0

    def stop(self) -> None:
        """End every child: first asked, then, after 8 seconds or a second signal, killed with all its own."""
        self.say("Stopping.")
        asked = len(self.signals)
        for service in self.services:
            service.ask_to_stop()
        deadline = self.clock() + SECONDS_TO_STOP
        while self._any_alive() and self.clock() < deadline and len(self.signals) == asked:
            time.sleep(TICK)
        for service in self.services:
            service.kill()

    def _any_alive(self) -> bool:
        return any(service.process is not None and service.process.poll() is None for service in self.services)


def services(host: str, port: int, data_dir: Path) -> list[Service]:
    """Web, worker and clock; the settings decide which database and queue they use."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    celery = [sys.executable, "-W", "ignore:You're running the worker", "-m", *CELERY.split()]
    return [
        Service("web server", [sys.executable, "-m", *WEB.split(), "--bind", bind]),
        Service("worker", [*celery, *WORKER.split()]),
        Service("clock", [*celery, *CLOCK.split(), "--schedule", str(data_dir / "clock")]),
    ]


def announce(address: str, *, demo: bool) -> None:
    """One line with the address, then what the first visitor needs, if anything."""
    needed = ["load_demo", "--accounts"] if demo else ["setup_code"]
    say(f"\nPractice Vetting is ready at {address}  (Ctrl-C stops it)")
    subprocess.run(
        [sys.executable, "manage.py", *needed, "--skip-checks"],
        cwd=ROOT,
        env=clean_environment(),
        start_new_session=True,
        check=False,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Run web, worker and clock of an installation that is prepared.")
    parser.add_argument("--host", required=True, help="what the web server binds")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--address", required=True, help="what people type")
    parser.add_argument("--data-dir", required=True, type=Path)
    parser.add_argument("--demo", action="store_true", help="say who can sign in to the invented practice")
    options = parser.parse_args()
    reached_at = EVERYWHERE.get(options.host, options.host)
    return Tree(
        services=services(options.host, options.port, options.data_dir),
        ready=lambda: answers(reached_at, options.port),
        announce=lambda: announce(options.address, demo=options.demo),
    ).run()


if __name__ == "__main__":
    sys.exit(main())
