"""Functions for the limited child that behave badly, each in one way."""

import json
import os
import signal
import sys
from pathlib import Path

WARM = {"lay_out": ("practice_vetting.core.documents.render",)}


class Declined(Exception):
    sentence = "This was declined, kindly."


def echo(payload: bytes) -> bytes:
    return payload


def chatter(payload: bytes) -> bytes:
    sys.stdout.write("a library says hello")
    os.write(1, b"and so does one written in C")
    return payload


def hang(_: bytes) -> bytes:
    signal.pause()
    return b""


def spin(_: bytes) -> bytes:
    while True:
        pass


def eat(_: bytes) -> bytes:
    eaten = []
    while True:
        eaten.append(bytearray(8_000_000))


def flood(_: bytes) -> bytes:
    with Path("flood").open("wb") as file:
        file.truncate(600_000_000)
    return b""


def crash(_: bytes) -> bytes:
    os.abort()


def decline(_: bytes) -> bytes:
    raise Declined


def stumble(_: bytes) -> bytes:
    raise ValueError("the detail is for the log")


def surroundings(_: bytes) -> bytes:
    about = {
        "names": sorted(os.environ),
        "folder": str(Path.cwd()),
        "entries": os.listdir(),  # noqa: PTH208
        "settings": "practice_vetting.settings" in sys.modules,
    }
    return json.dumps(about).encode()


def descriptors(_: bytes) -> bytes:
    """What is open in the child: where each descriptor leads."""
    handles = Path("/proc/self/fd")
    return json.dumps([os.readlink(each) for each in handles.iterdir() if each.exists()]).encode()  # noqa: PTH115


def parent(_: bytes) -> bytes:
    return str(os.getppid()).encode()


def leave_behind(_: bytes) -> bytes:
    """Starts a process that would outlive it."""
    child = os.fork()
    if child == 0:
        os.close(0)
        signal.pause()
    return str(child).encode()


def tell_and_hang(fifo: bytes) -> bytes:
    Path(fifo.decode()).write_text(str(os.getpid()))
    signal.pause()
    return b""


def lay_out(text: bytes) -> bytes:
    from tests.core.pdf_tools import page, rendered

    return rendered(page(text.decode()))
