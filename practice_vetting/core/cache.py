"""The cache in Redis, and in a table of the database while Redis is away: limits hold, and people still sign in."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

MEANWHILE = "meanwhile"  # of settings.CACHES


def _either(name: str) -> Callable[..., Any]:
    """The operation in Redis; in the other cache when Redis does not answer or is full."""
    in_redis = getattr(RedisCache, name)

    def asked(self: RedisCache, *args: Any, **options: Any) -> Any:
        try:
            return in_redis(self, *args, **options)
        except RedisError as problem:
            log.warning("Redis does not answer (%s). The database keeps the limits meanwhile.", type(problem).__name__)
            return getattr(caches[MEANWHILE], name)(*args, **options)

    return asked


class RedisOrDatabase(RedisCache):
    """Nothing but Django's RedisCache while Redis answers."""

    add, get, set, touch, delete, incr = map(_either, ["add", "get", "set", "touch", "delete", "incr"])
    has_key, get_many, set_many = map(_either, ["has_key", "get_many", "set_many"])
    delete_many, clear = map(_either, ["delete_many", "clear"])
