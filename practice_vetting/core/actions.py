"""Actions: the only way in which anything changes.

    @action("vendor.added", says="added the vendor")
    def add_vendor(*, practice, by, name) -> Vendor: ...

An action is atomic. It cannot return before it told the ledger what it did (`ledger.record`), and every history row
that it writes carries its person and its verb. An action may call another; each tells its own entry, and both are kept
or neither. What they told is appended to the ledger together when the outermost ends, so that writers of one practice
wait for each other's last moment only.
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
class Unit:
    """What the outermost action and those within it are about to leave: ledger entries, and rows of history."""

    told: list[Any] = field(default_factory=list)
    written: list[Any] = field(default_factory=list)
    close: Callable[["Unit"], None] | None = None


@dataclass
class _Work:
    verb: str
    by: Any
    unit: Unit = field(default_factory=Unit)
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
            outer = _work.get()
            work = _Work(verb, kwargs.get("by"), outer.unit if outer else Unit())
            told, written = len(work.unit.told), len(work.unit.written)
            token = _work.set(work)
            try:
                with transaction.atomic(savepoint=outer is None):
                    result = function(*args, **kwargs)
                    if verb not in work.entries:
                        raise Unrecorded(f"{verb} left no ledger entry.")
                    if outer is None and work.unit.close:
                        work.unit.close(work.unit)
                    return result
            except BaseException:
                del work.unit.told[told:], work.unit.written[written:]  # an outer one may undo this alone, and go on
                raise
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


def tell(entry: Any, close: Callable[[Unit], None]) -> None:
    """Called by the ledger: the innermost action told `entry`, and `close` appends what the whole unit told."""
    work = _work.get()
    if work:
        work.entries.append(work.verb)
        work.unit.told.append(entry)
        work.unit.close = close


def wrote(row: Any) -> None:
    """Called by a record's history: `row` was written, and the ledger is to bind it. Raises Unrecorded outside one."""
    work = _work.get()
    if work is None:
        raise Unrecorded(f"{row} was written outside an action.")
    work.unit.written.append(row)
