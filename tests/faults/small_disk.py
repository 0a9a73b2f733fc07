"""A small file system that a test may fill, or turn into one that can only be read."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED = (
    "This fault needs a small file system of its own. Run it as root, who may mount a tmpfs (in a container: with "
    "--cap-add SYS_ADMIN). Nothing is skipped: without it the fault is not proved."
)


class SmallDisk:
    def __init__(self, place: Path) -> None:
        self.place, self._filler = place, place / "filler"

    def fill(self) -> None:
        """Not one more byte has room."""
        block = 1024 * 1024
        with self._filler.open("ab", buffering=0) as file:
            while block:
                try:
                    file.write(bytes(block))
                except OSError:
                    block //= 2

    def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)

    def read_only(self, *, is_so: bool) -> None:
        mode = "ro" if is_so else "rw"
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.place)], check=True, capture_output=True)


@contextmanager
def small_disk(place: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    place.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        raise RuntimeError(NEEDED)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "faults", str(place)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise RuntimeError(f"{NEEDED} mount said: {made.stderr.strip()}")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
