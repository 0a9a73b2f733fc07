"""What the clock does in every practice: what breaks in one stops no other, and the next run tries it again."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

log = logging.getLogger(__name__)


@contextmanager
def in_practice(uid: str, what: str) -> Iterator[None]:
    """Log what breaks, with whose it is and nothing of theirs. A database that is away is raised: it concerns all."""
    try:
        yield
    except Exception as problem:
        if not connection.is_usable():
            raise
        log.error("In the practice %s this broke: %s. The others go on.", uid, what, exc_info=problem)
