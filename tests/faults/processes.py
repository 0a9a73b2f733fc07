"""Real processes that can be started, stopped, killed and started again, each with its log.

Start them from the main thread alone: Linux ends a child with the thread that started it (PR_SET_PDEATHSIG).
"""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from practice_vetting.core.supervisor import ROOT, die_with_parent
from practice_vetting.system_libraries import wrong_clock
from tests.services import wait_until


def children_of(pid: int) -> list[int]:
    """The processes that this one started, and those that they started, as they are now."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            owner = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(owner, []).append(int(folder.name))
    found, open_ones = [], [pid]
    while open_ones:
        mine = parents.get(open_ones.pop(), [])
        found += mine
        open_ones += mine
    return found


def command_of(pid: int) -> str:
    """The command line of a process; "" when it is gone."""
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def kill(pids: Sequence[int], number: int = signal.SIGKILL) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def at_another_time(offset: str) -> dict[str, str]:
    """The environment of a process whose clock is wrong by so much, such as "+3d" (libfaketime)."""
    library = wrong_clock()
    if library is None:
        raise RuntimeError("libfaketime is not on this machine. Install faketime: this fault needs a wrong clock.")
    return {"LD_PRELOAD": str(library), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class Process:
    """One program. `log` holds all that it said, over all its starts."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path, env: dict[str, str], **options: Any) -> None:
        self.name, self.command, self.log, self.env = name, list(command), log, dict(env)
        self.options: dict[str, Any] = {"cwd": ROOT, **options}
        self.started = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def tree(self) -> list[int]:
        return [self.pid, *children_of(self.pid)]

    def start(self, **environment: str) -> None:
        """Start it, with these variables besides its own."""
        assert not self.is_alive, f"{self.name} runs already"
        parent = os.getpid()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                env={**self.env, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
                **self.options,
            )
        self.started += 1

    def send(self, number: int) -> None:
        kill([self.pid], number)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20) -> int:
        """Ask it to end, and wait; kill what does not. Its exit status."""
        if self._process is None:
            return 0
        left = self.tree()
        self.send(number)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill(left)
            return self._process.wait(10)

    def kill(self) -> None:
        """SIGKILL to it and to everything that it started."""
        if self.is_alive:
            assert self._process is not None
            kill(self.tree())
            self._process.wait(10)

    def kill_alone(self) -> None:
        """SIGKILL to it, and not to its children: what they do then is theirs."""
        assert self._process is not None
        self.send(signal.SIGKILL)
        self._process.wait(10)

    def restart(self, pause: float = 0.0) -> None:
        """Kill it, and start it again after so many seconds, as systemd would."""
        self.kill()
        time.sleep(pause)
        self.start()

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def is_over_within(self, seconds: float) -> None:
        wait_until(lambda: not self.is_alive, f"{self.name} ends", seconds)
