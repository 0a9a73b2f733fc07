"""Everything of one practice as open files in one ZIP, and nothing that opens anything.

README.html          what each file and column is
format.json          the format, and the release that wrote it
data/KIND.jsonl      the rows of one kind of record, one a line: what an import reads
data/KIND.csv        the same for a spreadsheet
files/SHA256.pdf     evidence, by its hash
documents/NAME.pdf   what was issued, by its number
SHA256SUMS           the hash of every file
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import models

from practice_vetting.core import clock, progress, spreadsheet
from practice_vetting.core.archive import tables
from practice_vetting.core.archive.backup import whole
from practice_vetting.core.archive.export_readme import readme
from practice_vetting.core.archive.practice_rows import Kind, kinds, people_as_told
from practice_vetting.core.archive.snapshot import snapshot
from practice_vetting.core.files.file_types import CONTENT_TYPES
from practice_vetting.core.models import Document, Person, Practice, StoredFile
from practice_vetting.core.version import software_version

FORMAT = 1
NAME = "practice-vetting export"
WITHHELD = "it is withheld: a virus was found in it, or somebody says that it holds patient data"
_ENDINGS = {content_type: ends for ends, content_type in reversed(CONTENT_TYPES.items())}


class Archive:
    """A ZIP that keeps the hash of what goes into it."""

    def __init__(self, zipped: zipfile.ZipFile, at: Any) -> None:
        self._zip, self._at = zipped, at.timetuple()[:6]
        self.sums: dict[str, str] = {}

    def put(self, name: str, pieces: Iterable[bytes]) -> None:
        digest = hashlib.sha256()
        info = zipfile.ZipInfo(name, self._at)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as member:
            for piece in pieces:
                digest.update(piece)
                member.write(piece)
        self.sums[name] = digest.hexdigest()


def write(practice: Practice, out: IO[bytes]) -> list[dict[str, str]]:
    """Write the export into `out`; the files that should be in it, and are missing or damaged here."""
    with zipfile.ZipFile(out, "w") as zipped, snapshot() as using:
        archive = Archive(zipped, clock.now())
        every = progress.each("Writing the tables", kinds(), len(kinds()))
        counts = {kind.name: _put_kind(archive, practice, kind, using) for kind in every}
        missing = _put_files(archive, practice, using)
        about = {"format": FORMAT, "kind": NAME, "software": software_version(), "practice_uid": practice.uid}
        about |= {"made_at": clock.now().isoformat(), "migrations": tables.schema_of("default")}
        about |= {"rows": counts, "missing": missing}
        archive.put("format.json", [json.dumps(about, indent=1).encode()])
        archive.put("README.html", [readme(practice, counts, missing).encode()])
        sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(archive.sums.items()))
        archive.put("SHA256SUMS", [sums.encode()])
    return missing


def _put_kind(archive: Archive, practice: Practice, kind: Kind, using: str) -> int:
    rows = kind.rows(practice, using)
    told = people_as_told(practice, using) if kind.model is Person else {}
    archive.put(f"data/{kind.name}.jsonl", (tables.line(row) for row in _read(rows, kind, told)))
    cells = ([_cell(value) for value in row.values()] for row in _read(rows, kind, told))
    archive.put(f"data/{kind.name}.csv", spreadsheet.lines(kind.columns, cells))
    return rows.count()


def _read(rows: models.QuerySet, kind: Kind, told: dict[int, tables.Row]) -> Iterator[tables.Row]:
    """Each row; what was `told` of it by its id instead of what it says now."""
    for values in rows.values_list(*kind.columns).iterator(1000):
        row = dict(zip(kind.columns, values, strict=True))
        yield row | told.get(row.get("id", 0), {})


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _put_files(archive: Archive, practice: Practice, using: str) -> list[dict[str, str]]:
    """Each file once: documents by their numbers, anything else by its hash. What is not there, and why."""
    rows: models.QuerySet = models.QuerySet(StoredFile, using=using).filter(practice_id=practice.pk, purged_at=None)
    names, withheld = _names_of_documents(practice, using), _quarantined(practice, using)
    missing = []
    listed = rows.select_related("practice").order_by("pk").iterator(500)
    for stored in progress.each("Putting the files in", listed, rows.count()):
        name = names.get(stored.pk) or f"files/{stored.sha256}{_ENDINGS.get(stored.content_type, '')}"
        if why := WITHHELD if stored.is_infected or stored.pk in withheld else _put_file(archive, stored, name):
            missing.append({"sha256": stored.sha256, "why": why})
    return missing


def _names_of_documents(practice: Practice, using: str) -> dict[int, str]:
    names = {}
    rows: models.QuerySet = models.QuerySet(Document, using=using).filter(practice_id=practice.pk)
    for pk, number, title, content_type in rows.values_list("file_id", "number", "title", "file__content_type"):
        plain = re.sub(r"[^\w .,-]+", "-", f"{number} {title}")[:120].strip()
        names[pk] = f"documents/{plain}{_ENDINGS.get(content_type, '.zip')}"
    return names


def _quarantined(practice: Practice, using: str) -> set[int]:
    """Files that nobody may open, because somebody says that they hold patient data."""
    found: set[int] = set()
    for kind in kinds():
        if {"file_id", "quarantined_at"} <= set(kind.columns) and not kind.is_history:
            held = kind.rows(practice, using).exclude(quarantined_at=None)
            found |= set(held.order_by().values_list("file_id", flat=True))
    return found


def _put_file(archive: Archive, stored: StoredFile, name: str) -> str:
    """Why the file could not be put there, or ""."""
    try:
        with default_storage.open(stored.path) as file:
            if not whole(file, stored.sha256):
                return "it changed in the storage since it was kept"
            archive.put(name, iter(lambda: file.read(1024 * 1024), b""))
    except FileNotFoundError:
        return "it is missing from the storage"
    return ""


def write_file(practice: Practice, place: Path) -> list[dict[str, str]]:
    """The same into a new file that only its owner reads; a failure leaves nothing of it, and what was there before."""
    place.touch(mode=0o600, exist_ok=False)
    try:
        with place.open("r+b") as out:
            return write(practice, out)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
