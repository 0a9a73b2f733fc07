"""Putting a backup into an empty installation: all of it, or nothing.

    report = restore(path, passphrase)

Rows go in within one transaction; files and keys are laid beside and moved when everything was read to its end and
fits the manifest. Then all of it is verified where it lies.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor

from practice_vetting.core import clock, installation, progress
from practice_vetting.core.archive import older, sealed, tables
from practice_vetting.core.archive.arrival import as_they_arrive
from practice_vetting.core.archive.backup import FORMAT
from practice_vetting.core.archive.workplaces import RESTORING, workplace
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import store
from practice_vetting.core.models import Person, Practice

NOT_EMPTY = (
    "This installation holds a practice already, and a backup is put into an empty one only. "
    "Begin with an empty DATA_DIR, or an empty database, and call this again."
)
_NEWER = "This file was made by a newer release ({release}). Install that release here, then call this again."
_OTHER = (
    "This file was made by release {release}, whose tables differ from those here ({differ}). "
    "Install that release, call this again there, and update afterwards."
)
#: the only names that a backup may have inside
_TABLE = re.compile(r"tables/([a-z0-9_]+)/[0-9]+\.jsonl")
_FILE = re.compile(r"files/([a-z0-9]{12}/[0-9a-f]{2}/[0-9a-f]{64})")
_KEY = re.compile(r"keys/((?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*)")
_SETTINGS = {"installation/secret_key", "installation/secret_key_fallbacks", "installation/settings.json"}
#: what the first start, or somebody who looked around, leaves in an installation that is still empty
_FIRST = {"core_installation", "checklists_loadededition"}


@dataclass
class Read:
    """What came out of the backup: its format and manifest, and each member's size and SHA-256 as we read them."""

    folder: Path
    format: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    members: dict[str, list[Any]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def files(self) -> list[str]:
        return [match[1] for name in self.members if (match := _FILE.fullmatch(name))]


def make_tables() -> None:
    """Bring an installation that nobody uses to where rows can be put in. Raises Refused when somebody does."""
    there = Practice._meta.db_table in connection.introspection.table_names()
    if there and Practice.objects.exists():
        raise Refused(NOT_EMPTY)
    executor = MigrationExecutor(connection)
    if not there or executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, run_syncdb=True, verbosity=0)
        call_command("createcachetable", verbosity=0)


def refuse_unless_empty() -> None:
    """Raises Refused when somebody uses this installation."""
    held = [each for each in tables.kept_models() if each._meta.db_table not in _FIRST]
    if Practice.objects.exists() or Person.objects.exists() or not all(tables.empty(m, using="default") for m in held):
        raise Refused(NOT_EMPTY)


def restore(path: Path, passphrase: str) -> Read:
    """Read the backup into this installation, whose tables are empty. Raises Refused; then nothing changed."""
    refuse_unless_empty()
    with beside() as folder, all_or_nothing():
        read = Read(folder)
        clear_first()
        with sealed.opening(path, passphrase) as opened:
            for name, _size, content in progress.each("Reading tables and files", opened):
                _take(read, name, content)
        _fits(read)
        tables.set_sequences(using="default")
        _move(read)
    installation.forget()
    return read


def clear_first() -> None:
    for name in sorted(_FIRST):
        tables.clear(_model(name), using="default")


def beside() -> AbstractContextManager[Path]:
    """A folder of the installation's own for what is not yet known to be whole."""
    return workplace(f"{RESTORING}{clock.now():%Y%m%dT%H%M%S%f}")


@contextmanager
def all_or_nothing() -> Iterator[None]:
    try:
        with tables.together("default"):
            yield
    except (tables.Unfit, IntegrityError) as problem:
        sentence = f"The rows of this file do not fit the tables here, so nothing was taken over ({problem})."
        raise Refused(sentence) from problem
    except store.StorageAway as problem:
        raise Refused("The file storage does not answer, so nothing was restored. Try again later.") from problem
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise Refused(f"The disk did not take it ({why}), so nothing was restored. Make room, then again.") from problem


def _take(read: Read, name: str, content: IO[bytes]) -> None:
    """One member of the backup: rows into their table, anything else beside."""
    if not read.format and name != "format.json":
        raise sealed.Unreadable(sealed.NO_BACKUP)
    watched = _Watched(content)
    if name == "format.json":
        read.format = json.loads(content.read())
        refuse_other_release(read.format, FORMAT)
    elif name == "manifest.json":
        read.manifest = json.loads(content.read())
    elif table := _TABLE.fullmatch(name):
        model = _model(table[1])
        count = tables.write(model, as_they_arrive(model, watched), using="default")
        read.rows[table[1]] = read.rows.get(table[1], 0) + count
    elif _FILE.fullmatch(name) or _KEY.fullmatch(name) or name in _SETTINGS:
        _lay_beside(read.folder / name, watched)
    else:
        raise sealed.Unreadable(sealed.DAMAGED)
    if name not in ("format.json", "manifest.json"):
        read.members[name] = [watched.size, watched.digest.hexdigest()]


class _Watched:
    """Reads through, and keeps count and hash of what was read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.digest, self.size = hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        for each in self._content:
            yield self._seen(each)

    def read(self, size: int = -1) -> bytes:
        return self._seen(self._content.read(size))

    def _seen(self, data: bytes) -> bytes:
        self.digest.update(data)
        self.size += len(data)
        return data


def _lay_beside(place: Path, content: Any) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with place.open("xb") as file:
        shutil.copyfileobj(content, file, 1024 * 1024)
        file.flush()
        os.fsync(file.fileno())
    place.chmod(0o600)


def _model(table: str) -> tables.Model:
    found = next((model for model in tables.kept_models() if model._meta.db_table == table), None)
    if found is None:
        raise Refused(f"This backup holds a table that is not known here, {table}. Nothing was restored.")
    return found


def refuse_other_release(made: dict[str, Any], newest: int) -> None:
    """Raises Refused for a file of a newer release, or of an earlier one whose rows do not fit the tables here."""
    if made.get("format", 0) > newest:
        raise Refused(_NEWER.format(release=made.get("software", "?")))
    differ = older.in_the_way(set(made["migrations"]), set(tables.schema_of("default")))
    if differ:
        raise Refused(_OTHER.format(release=made["software"], differ=", ".join(differ[:3])))


def _fits(read: Read) -> None:
    """What was read is what the manifest says, to the last row and byte. Raises Refused."""
    said = read.manifest
    if not said or said["members"] != read.members:
        raise sealed.Unreadable(sealed.DAMAGED)
    counted = {model._meta.db_table: tables.count(model, using="default") for model in tables.kept_models()}
    # a table that came after the release of the file is not in it, and empty here
    if wrong := sorted(
        name for name in {*said["tables"], *counted} if said["tables"].get(name, 0) != counted.get(name)
    ):
        raise Refused(f"The numbers of rows differ in {', '.join(wrong)}, so nothing was restored.")
    connection.check_constraints()  # now, and not when the files have moved already


def _move(read: Read) -> None:
    """Files, keys and secrets into their places; the rows follow when the transaction ends."""
    for name in read.files:
        store.move(name, read.folder / "files" / name)
    if (keys := read.folder / "keys").exists():
        _put_keys(keys)
    _put_secret(read.folder / "installation" / "secret_key", settings.DATA_DIR / "secret_key")
    fallbacks = read.folder / "installation" / "secret_key_fallbacks"
    if fallbacks.read_text().strip():
        _put_secret(fallbacks, settings.DATA_DIR / "secret_key_fallbacks")


def _put_keys(keys: Path) -> None:
    """Each by itself: the folder may be one that machines share, which cannot be moved."""
    settings.KEYS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = settings.DATA_DIR / f"keys-before-{clock.now():%Y%m%dT%H%M%S}"
    for made in list(settings.KEYS_DIR.iterdir()):  # at the first start, and never used
        aside.mkdir(mode=0o700, exist_ok=True)
        shutil.move(made, aside / made.name)
    for each in list(keys.iterdir()):
        shutil.move(each, settings.KEYS_DIR / each.name)


def _put_secret(source: Path, place: Path) -> None:
    beside = place.with_name(f"{place.name}.new")
    shutil.copyfile(source, beside)
    beside.chmod(0o600)
    beside.replace(place)
