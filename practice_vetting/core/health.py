"""The state of the parts this installation stands on. Each check answers a word or raises Unwell."""

import errno
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection

from practice_vetting.core import clock
from practice_vetting.core.files import scanning, store, virus_scan

LAST_SWEEP = "last-sweep"


class Unwell(Exception):
    """A part does not answer; the text says which, and never more."""


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        raise Unwell("the database does not answer") from None
    return connection.vendor


def storage() -> str:
    """Whether files can be kept: asked without writing, and for two seconds at most."""
    try:
        return store.look()
    except PermissionError:
        raise Unwell("the folder for files cannot be written") from None
    except OSError as fault:
        if fault.errno == errno.ENOSPC:
            raise Unwell("the disk for files is full") from None
        where = "the folder for files cannot be made" if store.is_a_folder() else "the file storage does not answer"
        raise Unwell(where) from None


def redis() -> str:
    """Whether the queue's server answers, where there is one."""
    from redis import Redis, RedisError  # an installation without one need not read it

    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as server:
            server.ping()
    except RedisError:
        raise Unwell("it does not answer") from None
    return "answers"


def scanner() -> str:
    """Whether the virus scanner answers, where one is set up, and how many files wait for it."""
    if not virus_scan.is_set_up():
        return "not set up"
    try:
        found = virus_scan.version()
    except virus_scan.ScannerAway:
        raise Unwell(f"the virus scanner does not answer, {_unscanned()}") from None
    return f"{found}, {_unscanned()}"


def _unscanned() -> str:
    try:
        count = scanning.waiting_count()
    except DatabaseError:
        raise Unwell("the list of unscanned files cannot be read") from None
    return f"{count} file{'' if count == 1 else 's'} to be scanned"


def worker_looked() -> None:
    """Noted by each sweep, so that a dead worker is seen."""
    cache.set(LAST_SWEEP, clock.now(), timeout=None)


#: what a page cannot do without
NEEDED: dict[str, Callable[[], str]] = {"database": database, "storage": storage}
