"""Actions: the only way in which anything changes.

    @action("vendor.added", says="added the vendor")
    def add_vendor(*, practice, by, name) -> Vendor: ...

An action is atomic. It cannot return before it told the ledger what it did (`ledger.record`), and every history row
that it writes carries its person and its verb. An action may call another; each tells its own entry, and both are kept
or neither.
"""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
R = TypeVar("R")

#: verb -> what a person reads in the list of what happened, between their name and the record's
VERBS: dict[str, str] = {}


class Unrecorded(RuntimeError):
    """An action ended without a ledger entry; everything it did is undone."""


@dataclass
class _Work:
    verb: str
    by: Any
    entries: list[str] = field(default_factory=list)


_work: ContextVar[_Work | None] = ContextVar("action", default=None)


def action(verb: str, *, says: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a keyword-only function with `by=` (the person, or None for the product itself) an action."""
    if verb in VERBS:
        raise ValueError(f"Two actions share the verb {verb}.")
    VERBS[verb] = says

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            outermost = _work.get() is None
            work = _Work(verb, kwargs.get("by"))
            token = _work.set(work)
            try:
                with transaction.atomic(savepoint=outermost):
                    result = function(*args, **kwargs)
                    if verb not in work.entries:
                        raise Unrecorded(f"{verb} left no ledger entry.")
                    return result
            finally:
                _work.reset(token)

        run.verb = verb  # type: ignore[attr-defined]
        return run

    return wrap


def verb_at_work() -> str:
    """The verb of the innermost action under way, or "" outside one."""
    work = _work.get()
    return work.verb if work else ""


def person_at_work() -> Any:
    """The person on whose behalf the action under way runs; None for the product itself."""
    work = _work.get()
    return work.by if work else None


def tell(verb: str) -> None:
    """Called by the ledger once the entry is written."""
    work = _work.get()
    if work:
        work.entries.append(verb)
