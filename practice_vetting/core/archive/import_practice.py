"""Bringing the export of one practice into an installation that holds none: all of it, or nothing.

Ids and the chain of the ledger stay as they were, so that it verifies here as it did there. People come without
passwords: they get in by "Forgotten password", which goes to the e-mail that the export says. That is why nothing is
brought in unless all of it fits its history.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.files.storage import default_storage
from django.db import connection

from practice_vetting.core import clock, installation, progress
from practice_vetting.core.archive import imported, tables
from practice_vetting.core.archive.arrival import as_they_arrive
from practice_vetting.core.archive.opened_export import CHANGED, OpenedExport, opened_export
from practice_vetting.core.archive.practice_rows import Kind, kinds
from practice_vetting.core.archive.proof import Point, prove
from practice_vetting.core.archive.restore import (
    all_or_nothing,
    beside,
    clear_first,
    refuse_unless_empty,
)
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import store
from practice_vetting.core.models import Installation, Person, Practice, StoredFile

NOT_ONE = "This export does not hold exactly the one practice that it names. Nothing was brought in."
NOT_RIGHT = "Not everything in this export is right, so nothing was brought in.\n%s"


@dataclass
class Brought:
    """What came in: the practice, how many rows and files, what was withheld or not there, and what was looked at."""

    about: dict[str, Any]
    practice: Practice
    rows: int
    files: int
    points: list[Point] = field(default_factory=list)


def bring_in(path: Path) -> Brought:
    """Read the export into this installation, whose tables are empty. Raises Refused; then nothing changed."""
    refuse_unless_empty()
    with opened_export(path) as given, beside() as folder, _files_too() as moved, all_or_nothing():
        brought = _bring(given, folder, moved)
        imported.refuse_forged_people(brought.practice)
        imported.tell_imported(practice=brought.practice, by=None, about=brought.about, rows=brought.rows)
        brought.points = list(prove(heads=None, missing=_withheld(brought)))
        if wrong := [point.words for point in brought.points if not point.holds]:
            raise Refused(NOT_RIGHT % "\n".join(wrong))
    installation.forget()
    return brought


def _bring(given: OpenedExport, folder: Path, moved: list[str]) -> Brought:
    clear_first()
    rows = sum(_put(given, kind) for kind in progress.each("Reading the tables", kinds(), len(kinds())))
    Installation.objects.create(set_up_at=clock.now())
    connection.check_constraints()
    tables.set_sequences(using="default")
    practice = _the_one(given)
    return Brought(given.about, practice, rows, _move_files(given, folder, moved))


def _the_one(given: OpenedExport) -> Practice:
    found = list(Practice.objects.all()[:2])
    if [each.uid for each in found] != [given.about["practice_uid"]]:
        raise Refused(NOT_ONE)
    return found[0]


def _put(given: OpenedExport, kind: Kind) -> int:
    lines = given.lines(f"data/{kind.name}.jsonl")
    lines = _without_password(lines) if kind.model is Person else lines
    count = tables.write(kind.model, as_they_arrive(kind.model, lines), using="default")
    if count != given.about["rows"][kind.name]:
        raise Refused(CHANGED % kind.name)
    return count


def _without_password(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield json.dumps({**json.loads(line), "password": make_password(None)}).encode()


def _move_files(given: OpenedExport, folder: Path, moved: list[str]) -> int:
    """Every file that a row names to its place in the storage."""
    files = StoredFile.objects.filter(purged_at=None).select_related("practice").order_by("pk")
    for stored in progress.each("Putting the files away", files, len(files)):
        if name := given.names.get(stored.sha256):
            place = folder / stored.sha256
            with given.open(name) as member, place.open("xb") as out:
                shutil.copyfileobj(member, out, 1024 * 1024)
            moved.append(stored.path)
            store.move(stored.path, place)
    return len(moved)


@contextmanager
def _files_too() -> Iterator[list[str]]:
    """A list of files of the storage that go again when the rows do."""
    moved: list[str] = []
    try:
        yield moved
    except BaseException:
        with suppress(OSError):  # what a storage that is away keeps, the daily sweep removes
            for name in moved:
                default_storage.delete(name)
        raise


def _withheld(brought: Brought) -> list[str]:
    """Where the files would lie that the export says it does not hold."""
    withheld = {each["sha256"] for each in brought.about["missing"]}
    return [stored.path for stored in StoredFile.objects.select_related("practice") if stored.sha256 in withheld]
