"""Packs a bundle: one ZIP, the same bytes for the same files and moment, with the SHA-256 of each in SHA256SUMS."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from practice_vetting.core import progress
from practice_vetting.core.documents.content import Member

SUMS = "SHA256SUMS"
_A_PART = 1024 * 1024
_UNIX = 3  # what a ZIP says of the system that made it: file rights as below
_PLAIN = {".txt", ".csv", ".eml", ".html", ".jsonl", ".json", ".pem"}  # what shrinks; the rest is stored as it is


class Unlike(OSError):
    """A file is not the one that was to be packed."""


def pack(members: Sequence[Member], out: Path, *, at: datetime) -> str:
    """Write the ZIP to `out`, in the order given and dated `at` (aware), with SHA256SUMS last; answers its SHA-256.

    Each file is streamed. Raises Unlike when the bytes of one do not have their hash.
    """
    sums = []
    with out.open("xb") as file, ZipFile(file, "w", allowZip64=True) as packed:
        for member in progress.each("Putting the files in", members, len(members)):
            sums.append(f"{_write(packed, member, at)}  {member.name}\n")
        _write(packed, Member(SUMS, "".join(sums).encode()), at)
    with out.open("rb") as whole:
        os.fsync(whole.fileno())
        return hashlib.file_digest(whole, "sha256").hexdigest()


def _write(packed: ZipFile, member: Member, at: datetime) -> str:
    day = at.astimezone(UTC)
    info = ZipInfo(member.name, (day.year, day.month, day.day, day.hour, day.minute, day.second))
    info.create_system, info.external_attr = _UNIX, 0o100644 << 16
    shrinks = PurePosixPath(member.name).suffix in _PLAIN or member.name == SUMS
    info.compress_type = ZIP_DEFLATED if shrinks else ZIP_STORED
    digest = hashlib.sha256()
    with packed.open(info, "w") as entry:
        for part in _parts(member):
            digest.update(part)
            entry.write(part)
    if member.sha256 and digest.hexdigest() != member.sha256:
        raise Unlike(f"{member.name} changed while it was packed")
    return digest.hexdigest()


def _parts(member: Member) -> Iterator[bytes]:
    with member.path.open("rb") if member.path else BytesIO(member.data) as source:
        while part := source.read(_A_PART):
            yield part
