"""Where several web processes write their counts, so that each can tell those of all. For gunicorn's configuration.

    metrics_files.prepare()                         at its top, before anything of the site is imported
    child_exit = metrics_files.add_to_the_dead      what a worker counted that ended stays counted, in one file of all

One server has one folder, among the temporary files: no two machines or containers share it. What a server that was
killed left behind goes at the next start. Each file has its room on the disk before it is written to: a process that
writes to one that is mapped into its memory is killed when the disk turns out to be full.
"""

import fcntl
import os
import shutil
import stat
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
    ours = f"{_PREFIX}{os.getpid()}-"
    if Path(os.environ.get(FOLDER, "")).name.startswith(ours):
        return  # the configuration is read again while the server runs
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        number = left.name.removeprefix(_PREFIX).partition("-")[0]
        if number.isdigit() and (left.name.startswith(ours) or not _lives(int(number))) and _is_ours(left):
            shutil.rmtree(left, ignore_errors=True)
    os.environ[FOLDER] = tempfile.mkdtemp(prefix=ours)  # under a name that nobody guesses, and closed to others


def _is_ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def with_room() -> Any:
    """prometheus_client's file of counts, with its room on the disk. Raises OSError while there is none."""
    from prometheus_client.mmap_dict import _INITIAL_MMAP_SIZE, MmapedDict

    class WithRoom(MmapedDict):
        def __init__(self, filename: str, read_mode: bool = False) -> None:
            place = Path(filename)
            try:
                with place.open("ab") as file:
                    os.posix_fallocate(file.fileno(), 0, max(_INITIAL_MMAP_SIZE, file.tell()))
            except OSError:
                if place.exists() and not place.stat().st_size:
                    place.unlink()  # an empty one could not be read
                raise
            super().__init__(filename, read_mode)

        def _init_value(self, key: str) -> None:
            size = self._capacity
            while self._used + len(key.encode()) + 32 > size:  # its length, padding, value and time
                size *= 2
            if size > self._capacity:
                os.posix_fallocate(self._f.fileno(), 0, size)
            super()._init_value(key)

    return WithRoom


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
    kind = with_room()
    total = kind(str(to))
    for key, value, _, _ in kind.read_all_values_from_file(str(left)):
        total.write_value(key, total.read_value(key)[0] + value, 0.0)
    total.close()


def remove(_server: Any = None) -> None:
    """gunicorn's hook on_exit."""
    if folder := os.environ.get(FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
