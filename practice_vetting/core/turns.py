"""At most so many at once, over all processes of an installation.

    with turn("verify", most=2): ...

A turn is a lock on a file in DATA_DIR. It ends with the process that has it, however that ends.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


class Busy(Exception):
    """All turns are taken."""


@contextmanager
def turn(name: str, *, most: int) -> Iterator[None]:
    """One of the turns of this name. It does not wait: raises Busy when all are taken."""
    folder = settings.DATA_DIR / "turns"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(most):
        with (folder / f"{name}.{number}").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield
            return
    raise Busy(name)
