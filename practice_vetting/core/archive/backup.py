"""Making a backup: every row as of one moment, every file, the keys, and a list of it all with its hashes.

    made = make(folder, passphrase)

The rows are read in one snapshot, while people go on writing. Files are kept under their hash and never change, so
they are read after it; one that was purged in between is noted. Inside, in this order:

    format.json            which format, software and migrations
    tables/TABLE/N.jsonl   rows, one a line
    installation/, keys/   the secret key, and the keys that seal documents
    files/...              every file, by practice and hash
    manifest.json          counts, hashes, the ends of the ledgers: last, so that nothing is whole without it
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connections, models

from practice_vetting.core import clock, progress
from practice_vetting.core.archive import sealed, tables
from practice_vetting.core.archive.snapshot import snapshot
from practice_vetting.core.models import LedgerHead, StoredFile
from practice_vetting.core.version import software_version

FORMAT = 1
PREFIX, ENDING = "practice-vetting-", ".tar"
_PART = 4 * 1024 * 1024  # bytes of rows in one member, so that no table is ever whole in memory
_NOTED = (
    "SITE_URL",
    "DEFAULT_FROM_EMAIL",
    "OIDC_ISSUER",
    "OIDC_NAME",
    "CLAMAV_SOCKET",
    "ALLOWED_HOSTS",
    "UPLOAD_LIMIT",
)


@dataclass
class Manifest:
    """What a backup holds: rows by table, members with size and SHA-256, and files that could not be had."""

    tables: dict[str, int] = field(default_factory=dict)
    members: dict[str, list[Any]] = field(default_factory=dict)
    missing: list[dict[str, str]] = field(default_factory=list)
    heads: list[list[Any]] = field(default_factory=list)

    def as_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **vars(self)}, indent=1).encode()


@dataclass(frozen=True)
class Made:
    """A backup on the disk. `problems` are files that should be in it, and are missing or damaged here."""

    path: Path
    size: int
    sha256: str
    rows: int
    files: int
    problems: list[str]


def make(folder: Path, passphrase: str) -> Made:
    """Write one backup into the folder, readable by its owner alone. Raises OSError; then nothing of it is left."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    at = clock.now()
    part = folder / f".{PREFIX}{at:%Y%m%dT%H%M%S}-{os.getpid()}.part"
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "r+b") as out:
            with sealed.sealing(out, passphrase, at.timestamp()) as inside:
                manifest = _fill(inside, at)
            out.flush()
            os.fsync(out.fileno())
            out.seek(0)
            digest = hashlib.file_digest(out, "sha256").hexdigest()
        place = _in_place(part, folder, at)
    finally:
        part.unlink(missing_ok=True)
    files = sum(name.startswith("files/") for name in manifest.members)
    problems = [f"{each['file']}: {each['why']}" for each in manifest.missing if each["why"] != PURGED]
    return Made(place, place.stat().st_size, digest, sum(manifest.tables.values()), files, problems)


def _in_place(part: Path, folder: Path, at: datetime) -> Path:
    """The part under a name that nothing has yet, for good."""
    name, number = f"{PREFIX}{at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}", 1
    while (place := folder / f"{name}{f'-{number}' if number > 1 else ''}{ENDING}").exists():
        number += 1
    part.rename(place)
    shelf = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(shelf)
    finally:
        os.close(shelf)
    return place


def _fill(inside: sealed.Inside, at: datetime) -> Manifest:
    manifest = Manifest()
    with snapshot() as using:
        inside.put_bytes("format.json", _format(using, at))
        every = tables.kept_models()
        for model in progress.each("Copying the tables", every, len(every)):
            _put_rows(inside, manifest, model, using)
        manifest.heads = [list(head) for head in _heads(using)]
        files = list(_files(using))
    for name, content in _secrets():
        _put(inside, manifest, name, content)
    for name, sha256 in progress.each("Copying the files", files, len(files)):
        _put_file(inside, manifest, name, sha256)
    inside.put_bytes("manifest.json", manifest.as_json())
    return manifest


def _format(using: str, at: datetime) -> bytes:
    return json.dumps(
        {
            "format": FORMAT,
            "software": software_version(),
            "made_at": at.isoformat(),
            "database": connections[using].vendor,
            "migrations": tables.schema_of(using),
        }
    ).encode()


def _put_rows(inside: sealed.Inside, manifest: Manifest, model: tables.Model, using: str) -> None:
    table, count, number, part = model._meta.db_table, 0, 0, bytearray()
    for row in tables.rows(model, using=using):
        part += tables.line(row)
        count += 1
        if len(part) >= _PART:
            number += 1
            _put(inside, manifest, f"tables/{table}/{number}.jsonl", bytes(part))
            part.clear()
    if part:
        _put(inside, manifest, f"tables/{table}/{number + 1}.jsonl", bytes(part))
    manifest.tables[table] = count


def _heads(using: str) -> Any:
    return LedgerHead.objects.using(using).order_by("practice_uid").values_list("practice_uid", "seq", "digest")


def _files(using: str) -> Iterator[tuple[str, str]]:
    """Where each file lies, and its hash."""
    rows: models.QuerySet = models.QuerySet(StoredFile, using=using)
    kept = rows.filter(purged_at=None).select_related("practice")
    for stored in kept.order_by("pk").iterator(1000):
        yield stored.path, stored.sha256


def _secrets() -> Iterator[tuple[str, bytes]]:
    yield "installation/secret_key", settings.SECRET_KEY.encode()
    yield "installation/secret_key_fallbacks", " ".join(settings.SECRET_KEY_FALLBACKS).encode()
    noted = {name: getattr(settings, name) for name in _NOTED}
    yield "installation/settings.json", json.dumps(noted, indent=1).encode()
    for path in sorted(settings.KEYS_DIR.rglob("*")) if settings.KEYS_DIR.exists() else []:
        if path.is_file() and path.suffix not in (".lock", ".new"):
            yield f"keys/{path.relative_to(settings.KEYS_DIR).as_posix()}", path.read_bytes()


def _put(inside: sealed.Inside, manifest: Manifest, name: str, content: bytes) -> None:
    inside.put_bytes(name, content)
    manifest.members[name] = [len(content), hashlib.sha256(content).hexdigest()]


PURGED = "it was purged while the backup was made"


def _put_file(inside: sealed.Inside, manifest: Manifest, name: str, sha256: str) -> None:
    """The file as it was kept; what is not that any more is noted, and not taken."""
    try:
        with default_storage.open(name) as file:
            if fits := whole(file, sha256):
                inside.put(f"files/{name}", file.size, file)
                manifest.members[f"files/{name}"] = [file.size, sha256]
    except FileNotFoundError:
        gone = StoredFile.objects.filter(sha256=sha256, practice__uid=name.partition("/")[0]).exclude(purged_at=None)
        manifest.missing.append({"file": name, "why": PURGED if gone.exists() else "it is missing from the storage"})
        return
    if not fits:
        manifest.missing.append({"file": name, "why": "it changed in the storage since it was kept"})


def whole(file: Any, sha256: str) -> bool:
    """Whether these are the bytes of that hash; the file is at its start again."""
    digest = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest() == sha256
