"""Runs one function in a child process that cannot outgrow its limits, nor outlive its parent.

    run_limited("package.module:function", payload, seconds=30, megabytes=800) -> bytes

The function takes bytes and returns bytes. It runs in a fresh interpreter without the secrets of this
process's environment, in an empty folder that is removed afterwards. Use it for whatever reads or lays out
what people sent us.
"""

import contextlib
import ctypes
import errno
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
LARGEST_RESULT_MB = 512  # of any file that the child writes, its result included

_NO_MEMORY, _RAISED = 71, 72
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_OUT_OF_MEMORY = ("MemoryError", "failed to allocate", "annot allocate memory", "bad_alloc", "ut of memory")


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


def run_limited(target: str, payload: bytes, *, seconds: float, megabytes: int) -> bytes:
    """What `target`, a "module:function", answers to `payload`.

    `seconds` bounds the wall clock, and processor time too; `megabytes` bounds the address space. Raises
    TooLong, TooLarge or ChildFailed. The child is killed when the thread that called this ends.
    """
    with (
        tempfile.TemporaryDirectory(prefix="limited-") as folder,
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as said,
    ):
        given.write(payload)
        given.seek(0)
        code = _run(_command(target, seconds, megabytes), folder, given, answer, said, seconds)
        if code != 0:
            raise _failure(code, _tail(said))
        answer.seek(0)
        return answer.read()


def _command(target: str, seconds: float, megabytes: int) -> list[str]:
    return [sys.executable, __file__, target, str(int(seconds) + 1), str(megabytes), str(os.getpid())]


def _run(command: list[str], folder: str, given: IO[bytes], answer: IO[bytes], said: IO[bytes], seconds: float) -> int:
    environment = {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "HOME": folder,
        "TMPDIR": folder,
    }
    process = subprocess.Popen(
        command, stdin=given, stdout=answer, stderr=said, env=environment, cwd=folder, start_new_session=True
    )
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise TooLong(f"This took longer than {seconds:g} seconds and was stopped.") from None
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    # The group goes too, finished or not: nothing that the child started may stay behind.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - 8192))
    return said.read().decode("utf-8", "replace").strip()


def _failure(code: int, said: str) -> LimitReached:
    if code == _RAISED:
        report = json.loads(said.splitlines()[-1])
        return ChildFailed(report["sentence"], kind=report["kind"], detail=report["detail"])
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return TooLong("This used up the time it may take and was stopped.")
    if code == _NO_MEMORY or any(words in said for words in _OUT_OF_MEMORY):
        return TooLarge("This needs more memory than one document may use, and was stopped.")
    return ChildFailed(_BROKE, kind="crash", detail=f"exit {code}: {said[-500:]}")


_BROKE = "Something in this file or document could not be handled. Nothing was changed."


def main(target: str, seconds: int, megabytes: int, parent: int) -> int:
    """The child's side: binds itself to its parent and its limits, then calls the function."""
    _bind(seconds, megabytes, parent)
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answer
    try:
        answer.write(_function(target)(sys.stdin.buffer.read()))
        answer.close()
    except MemoryError:
        os._exit(_NO_MEMORY)  # without clean-up, for which there may be no memory
    except Exception as error:  # noqa: BLE001 - the parent reads it, whatever it is
        if isinstance(error, OSError) and error.errno in {errno.ENOMEM, errno.EFBIG}:
            return _NO_MEMORY
        _tell(error)
        return _RAISED
    return 0


def _bind(seconds: int, megabytes: int, parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we could ask
        os._exit(1)
    space = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_RESULT_MB * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _function(target: str) -> Callable[[bytes], bytes]:
    # Our code only: the script's own folder, which Python puts first, would let core/ shadow the standard
    # library.
    sys.path[0] = str(ROOT)
    module, _, name = target.partition(":")
    function: Callable[[bytes], bytes] = getattr(importlib.import_module(module), name)
    return function


def _tell(error: Exception) -> None:
    report = {
        "kind": type(error).__name__,
        "sentence": getattr(error, "sentence", _BROKE),
        "detail": ", ".join(getattr(error, "details", ())) or str(error)[:2000],
    }
    sys.stderr.write("\n" + json.dumps(report) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:5])))
