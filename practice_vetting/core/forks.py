"""What a forked child must not use: the connections to PostgreSQL of its parent, and their pool.

Two processes that speak over one socket hear each other's answers. A child forgets them without a word to the server
(closing one there would end it for the parent), and opens its own when it needs one.
"""

import os
from typing import Any

from django.db import connections


def forget_connections() -> None:
    for connection in connections.all():
        if connection.vendor == "postgresql":
            pools: dict[str, Any] = getattr(type(connection), "_connection_pools", {})
            pools.clear()
            del connections[connection.alias]


os.register_at_fork(after_in_child=forget_connections)
