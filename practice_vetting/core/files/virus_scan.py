"""Asks ClamAV about a file, when CLAMAV_SOCKET names where its daemon listens.

    scan(file) -> "" when it found nothing, else the name of what it found

The protocol is one command (INSTREAM of clamd(8)), so these lines take the place of a library: those on PyPI
have had no release for years.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings

SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 2, 20
_PIECE = 256 * 1024


class ScannerAway(Exception):
    """It did not answer, or not with a judgement. The text is for the log and the health page."""


class TooLargeToScan(ScannerAway):
    """The file is longer than its StreamMaxLength."""


def is_set_up() -> bool:
    return bool(settings.CLAMAV_SOCKET)


def scan(file: IO[bytes] | Any) -> str:
    """The name of the virus in what can be read from `file`, or "". Raises ScannerAway."""
    answer = _answer_to_stream(file)
    if answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")[:100]
    if answer == "stream: OK":
        return ""
    if "size limit exceeded" in answer:
        raise TooLargeToScan("the file is longer than its StreamMaxLength")
    raise ScannerAway(f"it said “{answer[:100]}”" if answer else "it hung up without an answer")


def version() -> str:
    """What it is, such as "ClamAV 1.4.6". Raises ScannerAway."""
    with _talking(seconds=SECONDS_TO_CONNECT) as line:
        line.sendall(b"zVERSION\0")
        answer = _read(line)
    if not answer.startswith("ClamAV"):
        raise ScannerAway("it is no ClamAV")
    return answer.partition("/")[0][:40]


def _answer_to_stream(file: Any) -> str:
    with _talking(seconds=SECONDS_TO_ANSWER) as line:
        try:
            line.sendall(b"zINSTREAM\0")
            while piece := file.read(_PIECE):
                line.sendall(struct.pack("!L", len(piece)) + piece)
            line.sendall(struct.pack("!L", 0))
        except (BrokenPipeError, ConnectionResetError):
            pass  # it hangs up on what is too large, and says so first
        return _read(line)


def _read(line: socket.socket) -> str:
    answer = b""
    for _ in range(8):  # it answers in one piece; one that drips is not waited for
        more = line.recv(4096)
        answer += more
        if not more or b"\0" in more:
            break
    return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()


@contextmanager
def _talking(seconds: float) -> Iterator[socket.socket]:
    try:
        with _connected() as line:
            line.settimeout(seconds)
            yield line
    except TimeoutError:
        raise ScannerAway("it does not answer") from None
    except (OSError, ValueError) as problem:
        raise ScannerAway(f"it cannot be reached ({type(problem).__name__})") from None


def _connected() -> socket.socket:
    where = str(settings.CLAMAV_SOCKET)
    if "/" not in where:
        host, _, port = where.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS_TO_CONNECT)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(SECONDS_TO_CONNECT)
    try:
        line.connect(where)
    except OSError:
        line.close()
        raise
    return line
