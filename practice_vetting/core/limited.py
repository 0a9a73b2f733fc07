"""Runs one function in a child process that cannot outgrow its limits, nor outlive its parent.

    run_limited("package.module:function", payload, seconds=30, megabytes=800) -> bytes

The function takes bytes and returns bytes. It runs without anything of this process: no environment, no
settings, no connections, in an empty folder that is removed afterwards. Use it for whatever reads or lays
out what people sent us.

A process that asks gets one warm parent (core.warm_parent) at its first call, which has the libraries in
memory and forks a child for each call: a fresh interpreter would read them anew each time. A module names
them in WARM = {"function": ("library", "library:function that reads what never changes", ...)}.
"""

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import IO

from practice_vetting.core import warm_parent
from practice_vetting.core.warm_parent import BROKE, NO_MEMORY, RAISED, ROOT

__all__ = ["ROOT", "ChildFailed", "LimitReached", "TooLarge", "TooLong", "run_limited"]

_SECONDS_TO_FORK = 30.0  # reading the libraries included
_OUT_OF_MEMORY = ("MemoryError", "failed to allocate", "annot allocate memory", "bad_alloc", "ut of memory")
_SHAKEN = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL, -signal.SIGABRT}


class LimitReached(Exception):
    """The child did not finish; `sentence` is for a person, `detail` for the log, `kind` names the error
    inside.
    """

    def __init__(self, sentence: str, *, kind: str = "", detail: str = "") -> None:
        super().__init__(f"{sentence} ({kind}: {detail})" if detail else sentence)
        self.sentence = sentence
        self.kind = kind
        self.detail = detail


class TooLong(LimitReached):
    """It used up its time and was ended."""


class TooLarge(LimitReached):
    """It asked for more memory, or wrote a larger file, than it may."""


class ChildFailed(LimitReached):
    """It raised or crashed. When the error has a `sentence` of its own, that is the sentence."""


def run_limited(
    target: str, payload: bytes, *, seconds: float, megabytes: int, most_answered: int | None = None
) -> bytes:
    """What `target`, a "module:function", answers to `payload`.

    `seconds` bounds the wall clock, and processor time too; `megabytes` bounds the address space beyond the
    libraries; `most_answered` bounds the bytes of the answer. Raises TooLong, TooLarge or ChildFailed. The child is
    killed when this process ends.
    """
    with (
        tempfile.TemporaryDirectory(prefix="limited-") as folder,
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as said,
    ):
        given.write(payload)
        given.seek(0)
        limits = {"seconds": int(seconds) + 1, "megabytes": megabytes}
        order = json.dumps({"target": target, "folder": folder, **limits}).encode()
        code = _run(order, [given.fileno(), answer.fileno(), said.fileno()], seconds)
        if code != 0:
            raise _failure(code, _tail(said))
        if most_answered is not None and answer.seek(0, os.SEEK_END) > most_answered:
            raise TooLarge("What was found in it is too much, so nothing of it was taken.")
        answer.seek(0)
        return answer.read()


def read_ahead(target: str) -> socket.socket:
    """Have the warm parent read the libraries of `target` before the first call does, and return at once.

    Whoever wants to wait for it reads a byte from what is answered.
    """
    call, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(call, [json.dumps({"target": target}).encode()], [])
        _ask(theirs)
    return call


def _run(order: bytes, files: list[int], seconds: float) -> int:
    """The exit code of the child."""
    with _started(order, files) as call:
        call.settimeout(seconds)
        try:
            code = _code(call)
        except TimeoutError:
            raise TooLong(f"This took longer than {seconds:g} seconds and was stopped.") from None
        finally:
            _end(call)
    if code in _SHAKEN:  # a file that broke the reader does not get a second look at the same memory
        _retire()
    return code


def _started(order: bytes, files: list[int]) -> socket.socket:
    """A call whose child runs. A warm parent that died meanwhile is replaced, once."""
    for _ in range(2):
        call, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(call, [order], files)
            asked = _ask(theirs)
        call.settimeout(_SECONDS_TO_FORK)
        with contextlib.suppress(OSError):
            if call.recv(1) == b"+":
                return call
        call.close()
        _retire(asked)
    raise ChildFailed(BROKE, kind="crash", detail="no child could be started")


def _code(call: socket.socket) -> int:
    said = b""
    while not said.endswith(b"\n"):
        if not (more := call.recv(16)):
            raise ChildFailed(BROKE, kind="crash", detail="the warm parent ended")
        said += more
    return int(said)


def _end(call: socket.socket) -> None:
    # Whoever is still running there is killed; nothing of it may write into a folder that is removed next.
    with contextlib.suppress(OSError):
        call.shutdown(socket.SHUT_WR)
        call.settimeout(5)
        while call.recv(16):
            pass


def _tail(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - 8192))
    return said.read().decode("utf-8", "replace").strip()


def _failure(code: int, said: str) -> LimitReached:
    if code == RAISED:
        report = json.loads(said.splitlines()[-1])
        return ChildFailed(report["sentence"], kind=report["kind"], detail=report["detail"])
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return TooLong("This used up the time it may take and was stopped.")
    if code == NO_MEMORY or any(words in said for words in _OUT_OF_MEMORY):
        return TooLarge("This needs more memory than one document may use, and was stopped.")
    return ChildFailed(BROKE, kind="crash", detail=f"exit {code}: {said[-500:]}")


# --- the warm parent ----------------------------------------------------------------------------------

_lock = threading.Lock()
_current: socket.socket | None = None
_processes: list["subprocess.Popen[bytes]"] = []  # ours, to be reaped


def _ask(call: socket.socket) -> socket.socket:
    """Hand a call to this process's warm parent, started when there is none; answers its control socket."""
    global _current
    with _lock:
        if _current is None:
            _processes[:] = [process for process in _processes if process.poll() is None]
            _current, theirs = socket.socketpair()
            with theirs:
                _processes.append(_start(theirs))
        with contextlib.suppress(OSError):  # it died: then the call hears nothing
            socket.send_fds(_current, [b"!"], [call.fileno()])
        return _current


def _start(theirs: socket.socket) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", warm_parent.__file__, str(theirs.fileno()), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        cwd="/",
        pass_fds=[theirs.fileno()],
        start_new_session=True,
    )


def _retire(control: socket.socket | None = None) -> None:
    """Ask no more of the warm parent (of this one, if it still is); it ends after what it has under way."""
    global _current
    with _lock:
        if _current is not None and control in (None, _current):
            _current.close()
            _current = None


@atexit.register
def _let_go() -> None:
    _retire()
    for process in _processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)


def _forget() -> None:
    """After a fork: the warm parent is our parent's, and must not believe that we still hold it."""
    global _lock, _current
    _lock = threading.Lock()
    if _current is not None:
        _current.close()
        _current = None
    for process in _processes:
        process.returncode = 0  # not our child: nothing to wait for
    _processes.clear()


os.register_at_fork(after_in_child=_forget)
