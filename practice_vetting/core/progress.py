"""How far long work is: told by whoever does it, heard by a row that a page reads, or by a terminal.

    with progress.kept_on(Job.objects.filter(pk=job.pk, claim=job.claim)):
        progress.tell("Putting the files in", 12, 40)

Telling costs nothing where nobody listens, and is never what makes the work fail.
"""

import logging
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from practice_vetting.core import clock

log = logging.getLogger(__name__)

A_ROW, A_LINE, A_SCREEN = 1.0, 10.0, 0.2  # seconds between two counts on a row, in a log, and on a terminal
T = TypeVar("T")


class Listener(Protocol):
    """Hears the step, in words for a person; and what of it is done, of how much, as far as that is known."""

    def hear(self, step: str, done: int | None, of: int | None) -> None: ...

    def make_way(self) -> None: ...


_listener: ContextVar[Listener | None] = ContextVar("progress", default=None)


def tell(step: str, done: int | None = None, of: int | None = None) -> None:
    if listener := _listener.get():
        listener.hear(step, done, of)


def each(step: str, things: Iterable[T], of: int | None = None) -> Iterator[T]:
    """The same things, telling before each how many went before it."""
    for done, thing in enumerate(things):
        tell(step, done, of)
        yield thing


def make_way() -> None:
    """Before something else is written to the same terminal."""
    if listener := _listener.get():
        listener.make_way()


def in_words(step: str, done: int | None, of: int | None) -> str:
    """Such as "Putting the files in: 12 of 40"."""
    if done is None:
        return step
    return f"{step}: {done:,}" if of is None else f"{step}: {done:,} of {of:,}"


@contextmanager
def _heard_by(listener: Listener) -> Iterator[None]:
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


# --- a row ------------------------------------------------------------------------------------------------


class _Row:
    def __init__(self, mine: QuerySet[Any]) -> None:
        self._mine, self._step, self._at, self._is_mine = mine, "", 0.0, True

    def hear(self, step: str, done: int | None, of: int | None) -> None:
        now = time.monotonic()
        if not self._is_mine or (step == self._step and now - self._at < A_ROW):
            return
        self._step, self._at = step, now
        try:
            with transaction.atomic():
                said = {"step": step, "step_done": done, "step_of": of, "step_at": clock.now()}
                self._is_mine = bool(self._mine.update(**said))
        except DatabaseError as problem:
            log.info("How far the work is could not be written (%s)", type(problem).__name__)

    def make_way(self) -> None: ...


def kept_on(mine: QuerySet[Any]) -> Any:
    """Keep on the row what is told in this block: each new step, and of its counts one a second.

    `mine` finds the row only while it is ours: once another took it over, nothing is written any more.
    """
    return _heard_by(_Row(mine))


# --- a terminal -------------------------------------------------------------------------------------------


class _Terminal:
    """One line that is rewritten; where the output goes to no terminal, a line now and then."""

    def __init__(self, out: Any) -> None:
        self._out, self._is_screen, self._at, self._drawn = out, out.isatty(), time.monotonic(), False

    def hear(self, step: str, done: int | None, of: int | None) -> None:
        now, words = time.monotonic(), in_words(step, done, of)
        if now - self._at < (A_SCREEN if self._is_screen else A_LINE):
            return
        self._at = now
        if self._is_screen:
            self._write("\r\x1b[K" + words[: shutil.get_terminal_size().columns - 1])
            self._drawn = True
        else:
            self._write(f"{words}\n")

    def make_way(self) -> None:
        if self._drawn:
            self._write("\r\x1b[K")
            self._drawn = False

    def _write(self, text: str) -> None:
        self._out.write(text, style_func=str, ending="")
        self._out.flush()


@contextmanager
def on_terminal(out: Any) -> Iterator[None]:
    """Show on `out`, the stderr of a command, what is told in this block. Quick work shows nothing.

    A command that another one calls leaves it to that one.
    """
    if _listener.get():
        yield
        return
    terminal = _Terminal(out)
    with _heard_by(terminal):
        try:
            yield
        finally:
            terminal.make_way()
