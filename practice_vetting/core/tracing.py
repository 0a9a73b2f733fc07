"""One reference for one request or task: on every log line of it, in its answer, and read out by a person who calls.

    tracing.reference()     "7KQ4-M2XD", of the request or task under way

It is made here and taken from nobody's header. The middleware asks nothing of the database: whoever signed in is told
when a page looked it up anyway.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject, empty

from practice_vetting.core import metrics

log = logging.getLogger(__name__)

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is mistaken for another when read out
HEADER = "X-Request-Id"
STATIC, NOWHERE = "static", "none"  # in place of a route: a file of ours, an address that leads nowhere


@dataclass
class Trace:
    """What the log lines of one request or task have in common; `job` is the document or export that it makes."""

    reference: str
    request: Any = None
    task: str = ""
    task_id: str = ""
    job: str = ""
    practice: str = ""
    queries: int = 0

    def fields(self) -> dict[str, str]:
        """For a log line, without what is empty. Asks nobody: what was not looked up yet is left out."""
        seen = vars(self.request) if self.request else {}
        told = {
            "request": self.reference,
            "person": _uid(seen.get("_cached_user")),
            "practice": self.practice or _uid(seen.get("practice")),
            "task": self.task,
            "task_id": self.task_id,
            "job": self.job,
        }
        return {name: value for name, value in told.items() if value}


_under_way: ContextVar[Trace | None] = ContextVar("trace", default=None)


def new_reference() -> str:
    """Such as "7KQ4-M2XD": 39 bits, enough to find one line among those of years."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def current() -> Trace | None:
    return _under_way.get()


def reference() -> str:
    """Of the request or task under way; one of its own where there is neither."""
    trace = current()
    return trace.reference if trace else new_reference()


@contextmanager
def following(trace: Trace) -> Iterator[Trace]:
    token = _under_way.set(trace)
    try:
        yield trace
    finally:
        _under_way.reset(token)


def begin(trace: Trace | None) -> None:
    """For what has no block to stand in, a task with its hooks; None ends it."""
    _under_way.set(trace)


def belongs_to(practice: Any) -> None:
    """Say whose work the task does, once that is known."""
    if trace := current():
        trace.practice = practice.uid


def traced(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The outermost middleware: a reference, one line in the log, and a count for whoever watches."""

    def middleware(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with following(Trace(new_reference(), request=request)) as trace, _counting(trace):
            response = get_response(request)
            seconds = time.perf_counter() - began
            response.headers[HEADER] = trace.reference
            _tell(trace, request, response.status_code, seconds)
        return response

    return middleware


@contextmanager
def _counting(trace: Trace) -> Iterator[None]:
    """Count the queries of this request, and see nothing of what they ask."""

    def count(execute: Callable[..., Any], *query: Any) -> Any:
        trace.queries += 1
        return execute(*query)

    with connection.execute_wrapper(count):
        yield


def route_of(request: HttpRequest) -> str:
    """The name of the address, never the address itself: that may hold the secret of a link."""
    match = request.resolver_match
    if match:
        return match.view_name or NOWHERE
    return STATIC if request.path_info.startswith(settings.STATIC_URL) else NOWHERE


def _tell(trace: Trace, request: HttpRequest, status: int, seconds: float) -> None:
    route, method = route_of(request), request.method if request.method in ("GET", "HEAD", "POST") else "other"
    metrics.answered(route, method, status, seconds)
    told = {"route": route, "method": method, "status": status, "ms": round(seconds * 1000, 1)}
    log.info("%s %s %d", method, route, status, extra={**told, "queries": trace.queries})


def _uid(seen: Any) -> str:
    if isinstance(seen, LazyObject) and seen._wrapped is empty:
        return ""
    return str(getattr(seen, "uid", "") or "")
