"""The process that core.limited forks its children from: it has read the libraries, and knows nothing else.

It is started with an empty environment and never sees a payload, a setting, a secret or a connection. It has
one thread, so that a fork is safe whatever its owner's threads do. What it is told comes through two sockets:

    control    one byte and a socket for each call; when it closes, what runs is finished and the process ends
    a call     a line of JSON with the child's input, output and error files; "+" is answered when the child
               runs, then its exit code. When the call closes first, the child and all it started are killed.
               A line without files asks for no child: the libraries are read ahead, and "+" says that they are.

When its owner dies, by whatever signal, everything ends at once.
"""

import contextlib
import ctypes
import errno
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LARGEST_RESULT_MB = 512  # of any file that the child writes, its result included
NO_MEMORY, RAISED = 71, 72  # exit codes
BROKE = "Something in this file or document could not be handled. Nothing was changed."

_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_ONE_LINE = 4096


class WarmParent:
    """The loop: takes calls, forks, reaps, kills."""

    def __init__(self, control: socket.socket, owner: int) -> None:
        self.control, self.owner = control, owner
        self.calls: dict[int, socket.socket] = {}  # child -> its call
        self.open = True
        # A descriptor of the process, because PR_SET_PDEATHSIG speaks of the thread that started us.
        self.owner_handle = os.pidfd_open(owner) if hasattr(os, "pidfd_open") else None
        self.woken, self.wake = socket.socketpair()
        for end in (self.woken, self.wake):
            end.setblocking(False)

    def run(self) -> None:
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake.fileno(), warn_on_full_buffer=False)
        while self.open or self.calls:
            ready = self._wait()
            if self.owner_handle in ready or os.getppid() != self.owner:
                break
            self._reap()
            for child, call in list(self.calls.items()):
                if call.fileno() in ready:  # its owner gave up
                    _kill(child)
            if self.control.fileno() in ready:
                self._take()
        for child in self.calls:
            _kill(child)

    def _wait(self) -> list[int | None]:
        poll = select.poll()  # unlike select, for any number of descriptors
        watched = [self.woken.fileno(), *(call.fileno() for call in self.calls.values())]
        watched += [self.control.fileno()] if self.open else []
        watched += [self.owner_handle] if self.owner_handle is not None else []
        for descriptor in watched:
            poll.register(descriptor, select.POLLIN)
        ready: list[int | None] = [descriptor for descriptor, _ in poll.poll(2000)]
        with contextlib.suppress(BlockingIOError):
            self.woken.recv(4096)
        return ready

    def _reap(self) -> None:
        for child, call in list(self.calls.items()):
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
                continue
            _kill(child)  # what it started stays behind no more than it does; its number is still its own
            _, status = os.waitpid(child, 0)
            del self.calls[child]
            with contextlib.suppress(OSError), call:
                call.send(b"%d\n" % os.waitstatus_to_exitcode(status))

    def _take(self) -> None:
        asked, given, *_ = socket.recv_fds(self.control, 1, 1)
        if not asked:
            self.open = False
            return
        call = socket.socket(fileno=given[0])
        call.settimeout(5)
        line, files, *_ = socket.recv_fds(call, _ONE_LINE, 3)
        order = json.loads(line)
        _warm(order["target"])
        if not files:
            with contextlib.suppress(OSError), call:  # nobody need wait for it
                call.send(b"+")
            return
        child = os.fork()
        if child == 0:
            self._become_child(call, files, order)
        for file in files:
            os.close(file)
        with contextlib.suppress(OSError):  # the owner may be gone already; then its call is readable now
            call.send(b"+")
        self.calls[child] = call

    def _become_child(self, call: socket.socket, files: list[int], order: dict[str, Any]) -> None:
        code = 1
        try:
            _bind(os.getppid(), self.owner_handle, order)
            for end in (call, self.control, self.woken, self.wake, *self.calls.values()):
                end.close()
            if self.owner_handle is not None:
                os.close(self.owner_handle)
            for file, standard in zip(files, (0, 1, 2), strict=True):
                os.dup2(file, standard)
                os.close(file)
            code = _call(order["target"])
        finally:
            os._exit(code)  # without the clean-up of the parent's half


def _kill(child: int) -> None:
    for end in (os.killpg, os.kill):  # the group may not be made yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(child, signal.SIGKILL)


def _warm(target: str) -> None:
    """Read the target's module and the libraries it names in WARM[function], once, before the fork.

    "module:function" is called: it reads files of the program that never change while it runs.

    What cannot be read fails in the child again, which says so.
    """
    module, _, name = target.partition(":")
    if target in _read:
        return
    _read.add(target)
    with contextlib.suppress(Exception):
        wanted = getattr(importlib.import_module(module), "WARM", {}).get(name, ())
        for library in wanted:
            where, _, reads = library.partition(":")
            read = importlib.import_module(where)
            if reads:
                getattr(read, reads)()
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page it looks at


_read: set[str] = set()


# --- the child's side ---------------------------------------------------------------------------------


def _bind(parent: int, owner: int | None, order: dict[str, Any]) -> None:
    """Tie the child to its parent, its folder and its limits."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)
    os.chdir(order["folder"])
    os.environ.update(HOME=order["folder"], TMPDIR=order["folder"])
    tempfile.tempdir = None  # a library may have asked for it in the parent
    space, seconds = _address_space() + order["megabytes"] * 1024 * 1024, order["seconds"]
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_RESULT_MB * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    """Bytes that the libraries take already; the limit counts what comes on top."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _call(target: str) -> int:
    """The exit code after calling the function with all of the input."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answer
    try:
        answer.write(_function(target)(sys.stdin.buffer.read()))
        answer.close()
    except MemoryError:
        return NO_MEMORY
    except Exception as error:  # noqa: BLE001 - the parent reads it, whatever it is
        if isinstance(error, OSError) and error.errno in {errno.ENOMEM, errno.EFBIG}:
            return NO_MEMORY
        _tell(error)
        return RAISED
    return 0


def _function(target: str) -> Callable[[bytes], bytes]:
    module, _, name = target.partition(":")
    function: Callable[[bytes], bytes] = getattr(importlib.import_module(module), name)
    return function


def _tell(error: Exception) -> None:
    report = {
        "kind": type(error).__name__,
        "sentence": getattr(error, "sentence", BROKE),
        "detail": ", ".join(getattr(error, "details", ())) or str(error)[:2000],
    }
    sys.stderr.write("\n" + json.dumps(report) + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    WarmParent(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])).run()
