"""A function in a process of its own, with what it took: for what is dear only the first time, and for memory."""

import importlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practice_vetting.core.supervisor import ROOT, clean_environment


@dataclass(frozen=True)
class Fresh:
    """What the function answered, the CPU seconds of its whole process, and the most memory it held."""

    answer: Any
    cpu: float
    megabytes: float


def fresh(function: Callable[..., Any], *arguments: Any, environment: dict[str, str] | None = None) -> Fresh:
    """Call a function of a module's top in a new process; arguments and answer are plain data (JSON)."""
    order = json.dumps([function.__module__, function.__name__, list(arguments)])
    read, write = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.processes", order, str(write)],
        cwd=ROOT,
        env=clean_environment() | (environment or {}),
        pass_fds=[write],
    )
    os.close(write)
    with os.fdopen(read) as told:
        said = told.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{function.__name__} ended with {child.returncode}")
    answer = json.loads(said)
    return Fresh(answer["answer"], used.ru_utime + used.ru_stime, answer["megabytes"])


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pss_megabytes(pid: int) -> float:
    """What a process holds, memory that it shares counted in parts."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024


def tree_of(pid: int) -> list[int]:
    """A process and all that descend from it; one that ended meanwhile is left out."""
    found = [pid]
    for each in found:
        with suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def main(order: str, told: int) -> None:
    module, name, arguments = json.loads(order)
    answer = getattr(importlib.import_module(module), name)(*arguments)
    with os.fdopen(told, "w") as file:
        json.dump({"answer": answer, "megabytes": peak_megabytes()}, file)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
