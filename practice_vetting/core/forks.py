"""What a forked child must not use: the connections to a database of its parent, and their pool.

Two processes that speak over one socket hear each other's answers, and SQLite's locks belong to the process that took
them. A child forgets them without a word (closing one there would end it for the parent), and opens its own when it
needs one.
"""

import os
from typing import Any

from django.db import connections

_inherited: list[Any] = []  # files of SQLite: kept, because whatever nobody holds any more is closed


def forget_connections() -> None:
    connection: Any
    for connection in connections.all():
        if connection.vendor == "postgresql":
            pools: dict[str, Any] = getattr(type(connection), "_connection_pools", {})
            pools.clear()
            del connections[connection.alias]
        elif connection.connection is not None and not connection.is_in_memory_db():
            _inherited.append(connection.connection)
            del connections[connection.alias]


os.register_at_fork(after_in_child=forget_connections)
