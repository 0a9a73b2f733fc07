"""Where several web processes write their counts, so that each can tell those of all. For gunicorn's configuration.

    metrics_files.prepare()                         at its top, before anything of the site is imported
    child_exit = metrics_files.add_to_the_dead      what a worker counted that ended stays counted, in one file of all

One server has one folder, among the temporary files: no two machines or containers share it. What a server that was
killed left behind goes at the next start.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from practice_vetting.core.metrics import FOLDER

_PREFIX = "practice-vetting-metrics-"
_KINDS = ("counter", "histogram")  # all that core.metrics has; of both, sums are what counts
_DEAD = "0"  # in place of the number of a process


def prepare() -> None:
    """Make an empty folder for this server, once, and remove those of servers that ended."""
    own = Path(tempfile.gettempdir()) / f"{_PREFIX}{os.getpid()}"
    if os.environ.get(FOLDER) == str(own):
        return  # the configuration is read again while the server runs
    for left in own.parent.glob(f"{_PREFIX}*"):
        number = left.name.removeprefix(_PREFIX)
        if number.isdigit() and (left == own or not _lives(int(number))):
            shutil.rmtree(left, ignore_errors=True)
    own.mkdir(mode=0o700)
    os.environ[FOLDER] = str(own)


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def in_turn() -> Iterator[None]:
    """Nobody reads the files while those of the dead are added up: a count that fell would look like a new start."""
    with (Path(os.environ[FOLDER]) / "turn").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def add_to_the_dead(_server: Any, worker: Any) -> None:
    """gunicorn's hook child_exit. A worker ends after some thousand requests, and its files would pile up."""
    folder = Path(os.environ[FOLDER])
    with suppress(OSError), in_turn():
        for kind in _KINDS:
            left = folder / f"{kind}_{worker.pid}.db"
            if left.exists():
                _add(left, folder / f"{kind}_{_DEAD}.db")
                left.unlink()


def _add(left: Path, to: Path) -> None:
    from prometheus_client.mmap_dict import MmapedDict

    total = MmapedDict(str(to))
    for key, value, _, _ in MmapedDict.read_all_values_from_file(str(left)):
        total.write_value(key, total.read_value(key)[0] + value, 0.0)
    total.close()


def remove(_server: Any = None) -> None:
    """gunicorn's hook on_exit."""
    if folder := os.environ.get(FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
