"""The file of a backup: a plain tar that anybody opens, and inside it what only the passphrase opens.

    README.txt      how to open it with the `age` program
    key.age         a key made for this backup alone, under the passphrase (age, scrypt)
    data.tar.age    everything, to that key (age, X25519 and ChaCha20-Poly1305), itself a tar

Both ways the inner tar runs through a pipe: it is never whole in memory, and never on a disk in the clear.
"""

import os
import re
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import pyrage
from pyrage import passphrase as by_passphrase

from practice_vetting.core.errors import Refused

README, KEY, DATA = "README.txt", "key.age", "data.tar.age"
_BLOCK = tarfile.BLOCKSIZE
_HOW = """A backup of Practice Vetting. To restore it, on a machine with Practice Vetting:

    .venv/bin/python manage.py restore THIS-FILE

To open it by hand, with the age program (https://age-encryption.org):

    tar -xf THIS-FILE
    age -d -o key.txt key.age                       asks for the passphrase
    age -d -i key.txt data.tar.age | tar -x

What comes out is in the clear: tables/ holds every row as JSON, files/ every document, and installation/ and
keys/ the secrets of the installation. Remove it, and key.txt, when you are done.
"""


class Unreadable(Refused):
    """The backup cannot be opened; the sentence says why."""


NOT_THIS_ONE = "This passphrase does not open the backup. Look for a typing error, then try again."
DAMAGED = "This backup is damaged: it is cut off, or was changed after it was made. Take another one."
NO_BACKUP = "This file is no backup of Practice Vetting."
TOO_SLOW = (
    "This machine is too busy right now, or much slower than the one that made the backup, to try the passphrase. "
    "Wait until less is running, then try again."
)

# age measures in a few milliseconds how hard it can make guessing here, and refuses a key that seems far too hard for
# here. Either is wrong when the system did something else in these milliseconds, so it is asked again.
_TRIES = 5
_PATIENCE = 40  # refused in milliseconds, so many are cheap
_PAUSE = 0.1  # seconds
_HARD_ENOUGH = 18  # the exponent of scrypt's cost that the age program takes
_STANZA = re.compile(rb"age-encryption\.org/v1\n-> scrypt \S+ (\d+)\n")


class Inside:
    """The inner tar while it is written."""

    def __init__(self, tar: tarfile.TarFile, at: float) -> None:
        self._tar, self._at = tar, at

    def put(self, name: str, size: int, content: IO[bytes]) -> None:
        self._tar.addfile(_member(name, size, self._at), content)
        _forget(self._tar)  # it would remember each of a hundred thousand

    def put_bytes(self, name: str, content: bytes) -> None:
        self.put(name, len(content), BytesIO(content))


def _forget(tar: Any) -> None:
    tar.members.clear()


def _member(name: str, size: int, at: float) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(at), 0o600
    return member


@contextmanager
def sealing(out: IO[bytes], passphrase: str, at: float) -> Iterator[Inside]:
    """Write a backup into `out`, which is empty and can be sought; what the block puts in is encrypted as it comes.

    `at` is when, in seconds since 1970. Raises OSError when the disk does not take it.
    """
    identity, key = _new_key(passphrase)
    _add(out, README, _HOW.encode(), at)
    _add(out, KEY, key, at)
    head = out.tell()
    out.write(bytes(_BLOCK))  # the header of what follows: written last, when its size is known
    with _encrypting(out, identity) as pipe, tarfile.open(fileobj=pipe, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        yield Inside(tar, at)
    size = out.tell() - head - _BLOCK
    out.write(bytes(-size % _BLOCK + 2 * _BLOCK))
    out.seek(head)
    out.write(_member(DATA, size, at).tobuf(tarfile.GNU_FORMAT))


def _new_key(passphrase: str) -> tuple[Any, bytes]:
    """A key for one backup, and the same under the passphrase."""
    identity = pyrage.x25519.Identity.generate()
    key = b""
    for _ in range(_TRIES):
        key = max(key, by_passphrase.encrypt(f"{identity}\n".encode(), passphrase), key=hardness)
        if hardness(key) >= _HARD_ENOUGH:
            break
    return identity, key


def hardness(key: bytes) -> int:
    """How hard guessing the passphrase of `key` is: the exponent of scrypt's cost, 0 where it is under none."""
    found = _STANZA.match(key)
    return int(found[1]) if found else 0


def _add(out: IO[bytes], name: str, content: bytes, at: float) -> None:
    out.write(_member(name, len(content), at).tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % _BLOCK))


class _Writer:
    """Remembers its own error: pyrage would turn it into words."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.problem: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._out.write(data)
        except OSError as problem:
            self.problem = problem
            raise

    def flush(self) -> None:
        """The whole is flushed at the end."""


@contextmanager
def _encrypting(out: IO[bytes], identity: Any) -> Iterator[IO[bytes]]:
    """A pipe to write to, from which a thread encrypts into `out`. Whatever stops the thread is raised here."""
    writer = _Writer(out)

    def encrypt(source: IO[bytes]) -> None:
        pyrage.encrypt_io(source, writer, [identity.to_public()])

    there, here = os.pipe()
    reading = _thread(encrypt, os.fdopen(there, "rb"))
    with reading as failed, suppress(BrokenPipeError), os.fdopen(here, "wb") as pipe:  # its other end says why
        yield pipe
    if failed:
        raise writer.problem or failed[0]


@contextmanager
def _thread(work: Callable[[IO[bytes]], None], end: IO[bytes]) -> Iterator[list[Exception]]:
    """A thread that works at one end of a pipe, and closes it. What went wrong there, known after the block."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            with end:
                work(end)
        except Exception as problem:  # noqa: BLE001 - told by who waits for it
            failed.append(problem)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield failed
    finally:
        thread.join()


class Opened:
    """A backup that is read: its members in their order, each with name, size and content."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def __iter__(self) -> Iterator[tuple[str, int, IO[bytes]]]:
        while member := self._tar.next():
            _forget(self._tar)
            content = self._tar.extractfile(member) if member.isreg() else None
            if content is None:
                raise Unreadable(NO_BACKUP)
            yield member.name, member.size, content


@contextmanager
def opening(path: Path, passphrase: str) -> Iterator[Opened]:
    """Read a backup. Only when the block is left without an error was it whole. Raises Unreadable."""
    with path.open("rb") as file, _outer(file) as (key, data):
        identity = _identity(key, passphrase)
        with _decrypting(data, identity) as pipe, tarfile.open(fileobj=pipe, mode="r|") as tar:
            yield Opened(tar)


@contextmanager
def _outer(file: IO[bytes]) -> Iterator[tuple[bytes, IO[bytes]]]:
    """What is under the passphrase, and what is under the key."""
    try:
        tar = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115 - reads from what the caller closes
        parts = {member.name: member for member in iter(tar.next, None)}
    except tarfile.ReadError:
        raise Unreadable(DAMAGED if _begins_well(file) else NO_BACKUP) from None
    if list(parts) != [README, KEY, DATA]:
        raise Unreadable(DAMAGED if _begins_well(file) else NO_BACKUP)
    key, data = (tar.extractfile(parts[name]) for name in (KEY, DATA))
    assert key is not None
    assert data is not None
    yield key.read(100_000), data


def _begins_well(file: IO[bytes]) -> bool:
    file.seek(0)
    return file.read(len(README)) == README.encode()


def _identity(key: bytes, passphrase: str) -> Any:
    for _ in range(_PATIENCE):
        try:
            opened = by_passphrase.decrypt(key, passphrase)
            return pyrage.x25519.Identity.from_str(opened.decode().strip())
        except pyrage.DecryptError as problem:
            if "excessive work" not in str(problem).lower():
                wrong = "decryption failed" in str(problem).lower()
                raise Unreadable(NOT_THIS_ONE if wrong else f"{DAMAGED} ({problem})") from None
        time.sleep(_PAUSE)
    raise Unreadable(TOO_SLOW)


@contextmanager
def _decrypting(data: IO[bytes], identity: Any) -> Iterator[IO[bytes]]:
    """A pipe to read from, into which a thread decrypts."""

    def decrypt(sink: IO[bytes]) -> None:
        pyrage.decrypt_io(data, sink, [identity])

    there, here = os.pipe()
    with _thread(decrypt, os.fdopen(here, "wb")) as failed, os.fdopen(there, "rb") as pipe:
        try:
            yield pipe
            while pipe.read(1024 * 1024):  # to its very end: only there can it be told whether all came
                pass
        except (tarfile.TarError, EOFError):
            raise Unreadable(DAMAGED) from None
    if failed:
        raise Unreadable(DAMAGED) from failed[0]
