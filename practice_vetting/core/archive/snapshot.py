"""One moment of the database, read for as long as it takes while others go on writing."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from django.db import connections, transaction


@contextmanager
def snapshot() -> Iterator[str]:
    """The alias of a database whose rows stand still within the block, and that takes no writing.

    It is a second connection to the default database: a writer neither waits for it nor is seen by it. Inside a
    transaction of the caller's own, that transaction is what is read.
    """
    default = connections["default"]
    if default.in_atomic_block:
        yield "default"
        return
    alias = f"snapshot-{secrets.token_hex(4)}"
    like = deepcopy({name: value for name, value in default.settings_dict.items() if name != "OPTIONS"})
    like["OPTIONS"] = {name: value for name, value in default.settings_dict["OPTIONS"].items() if name != "pool"}
    if default.vendor == "sqlite":
        like["OPTIONS"]["transaction_mode"] = None  # a plain BEGIN: IMMEDIATE would hold every writer back
    connections.databases[alias] = like
    try:
        with transaction.atomic(using=alias):
            _stand_still(alias)
            yield alias
    finally:
        connections[alias].close()
        del connections[alias], connections.databases[alias]


def _stand_still(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        if connections[alias].vendor == "sqlite":
            cursor.execute("SELECT COUNT(*) FROM core_installation")  # the first look fixes what is seen
        else:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
