"""The file of an export while it is read: what it says of itself, and its members, once every one fits its hash.

Whoever made the file may be a stranger, so nothing of it is believed, and nothing is read without an end.
"""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from practice_vetting.core import progress
from practice_vetting.core.archive.export import FORMAT, NAME
from practice_vetting.core.archive.practice_rows import kinds
from practice_vetting.core.archive.restore import refuse_other_release
from practice_vetting.core.errors import Refused

NO_EXPORT = "This file is no export of a practice."
CHANGED = "This export is damaged, or was changed after it was made: %s does not fit its hash. Nothing was brought in."
TOO_LARGE = "This export holds a file that is larger than any that we write (%s). Nothing was brought in."
LARGEST = {"format.json": 32 * 1024**2, "SHA256SUMS": 64 * 1024**2}  # bytes; a file more takes 100 of them
LONGEST_LINE = 64 * 1024**2  # bytes of one row
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_UID = re.compile(r"[a-z0-9]{12}")
_SHAPE = {"software": str, "practice_uid": str, "made_at": str, "migrations": list, "rows": dict, "missing": list}
#: what reading a member raises when its bytes are not what they were
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError)
#: what follows from JSON that is something else than was expected
_UNFIT = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True)
class OpenedExport:
    """`about` is format.json; `names` gives the name of each file by its hash."""

    zipped: zipfile.ZipFile
    about: dict[str, Any]
    names: dict[str, str]

    def lines(self, name: str) -> Iterator[bytes]:
        with self.zipped.open(name) as member:
            while line := member.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    raise Refused(TOO_LARGE % name)
                yield line

    def open(self, name: str) -> IO[bytes]:
        return self.zipped.open(name)


@contextmanager
def opened_export(path: Path) -> Iterator[OpenedExport]:
    """Raises Refused unless this is an export of this release, and every file in it fits its hash."""
    with path.open("rb") as file:  # ours to close, whatever member is half read
        try:
            zipped = zipfile.ZipFile(file)
        except _BROKEN as problem:
            raise Refused(NO_EXPORT) from problem
        _refuse_what_we_never_write(zipped)
        about = _about(zipped)
        yield OpenedExport(zipped, about, _names(zipped))


def _refuse_what_we_never_write(zipped: zipfile.ZipFile) -> None:
    """Members that are encrypted, packed another way, or there twice."""
    members = zipped.infolist()
    packed = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    if any(member.flag_bits & 1 or member.compress_type not in packed for member in members):
        raise Refused(NO_EXPORT)
    if len({member.filename for member in members}) != len(members):
        raise Refused(CHANGED % "the list of files")


def _about(zipped: zipfile.ZipFile) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(_small(zipped, "format.json"))
        if about["kind"] != NAME:
            raise Refused(NO_EXPORT)
        refuse_other_release(about, FORMAT)
        fits = all(isinstance(about[name], shape) for name, shape in _SHAPE.items())
        fits = fits and all({"sha256", "why"} <= each.keys() for each in about["missing"])
    except _UNFIT as problem:
        raise Refused(NO_EXPORT) from problem
    if not fits or not _UID.fullmatch(about["practice_uid"]):
        raise Refused(NO_EXPORT)
    if set(about["rows"]) != {kind.name for kind in kinds()}:
        raise Refused("This export holds other kinds of records than this release knows. Nothing was brought in.")
    return about


def _names(zipped: zipfile.ZipFile) -> dict[str, str]:
    """The name of each file by its hash, once every one of them fits it. Raises Refused."""
    try:
        lines = _small(zipped, "SHA256SUMS").decode().splitlines()
    except (UnicodeDecodeError, KeyError):
        raise Refused(CHANGED % "the list of files") from None
    listed = {match[2]: match[1] for line in lines if (match := _LINE.fullmatch(line))}
    if set(zipped.namelist()) != {*listed, "SHA256SUMS"}:
        raise Refused(CHANGED % "the list of files")
    for name, digest in progress.each("Comparing what is in the file with its hashes", listed.items(), len(listed)):
        if _digest(zipped, name) != digest:
            raise Refused(CHANGED % name)
    return {digest: name for name, digest in listed.items()}


def _small(zipped: zipfile.ZipFile, name: str) -> bytes:
    """All of a member that is never large. Raises KeyError when it is not there, else Refused."""
    info = zipped.getinfo(name)
    try:
        with zipped.open(info) as member:
            content = member.read(LARGEST[name] + 1)
    except _BROKEN as problem:
        raise Refused(CHANGED % name) from problem
    if len(content) > LARGEST[name]:
        raise Refused(TOO_LARGE % name)
    return content


def _digest(zipped: zipfile.ZipFile, name: str) -> str:
    try:
        with zipped.open(name) as member:
            return hashlib.file_digest(member, "sha256").hexdigest()  # type: ignore[arg-type]
    except _BROKEN:
        return "damaged"
