"""Making a backup: what goes into it, and that a failure leaves nothing behind."""

import errno
import json
import os
import tarfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError

from practice_vetting.core import clock
from practice_vetting.core.archive import backup, passphrases, runs, sealed
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import BackupRun, StoredFile
from tests import files as made
from tests.archive.busy_site import PASSPHRASE
from tests.conftest import Cast
from tests.factories import arranging

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _key() -> Any:
    return sealed._new_key(PASSPHRASE)


@pytest.fixture(autouse=True)
def _one_key(monkeypatch: pytest.MonkeyPatch, _key: Any) -> None:
    """For all backups of these tests: to make one takes a second on purpose."""
    monkeypatch.setattr(sealed, "_new_key", lambda words: _key)


def keep(cast: Cast, content: bytes) -> StoredFile:
    return made.kept(made.accepted(content, "paper.pdf", "application/pdf", 1), cast.practice)


def inside(path: Path) -> dict[str, bytes]:
    with sealed.opening(path, PASSPHRASE) as opened:
        return {name: content.read() for name, _size, content in opened}


def test_it_holds_rows_files_keys_and_a_list_of_all(cast: Cast, tmp_path: Path, settings: Any):
    stored = keep(cast, made.pdf())
    settings.KEYS_DIR.mkdir()
    (settings.KEYS_DIR / "seal.key").write_bytes(b"a key")
    done = backup.make(tmp_path, PASSPHRASE)
    held = inside(done.path)
    manifest = json.loads(held["manifest.json"])
    assert held[f"files/{stored.path}"] == made.pdf()
    assert (held["keys/seal.key"], held["installation/secret_key"].decode()) == (b"a key", settings.SECRET_KEY)
    assert set(manifest["members"]) == {*held} - {"format.json", "manifest.json"}
    assert json.loads(held["tables/core_practice/1.jsonl"])["name"] == cast.practice.name
    assert (manifest["tables"]["core_person"], done.files, done.problems) == (4, 1, [])


def test_a_file_that_was_purged_meanwhile_is_noted(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stored = keep(cast, made.pdf())
    real = backup._files

    def purge_after(using: str) -> Any:
        found = list(real(using))
        with arranging():
            stored.purged_at, stored.purged_by, stored.purge_reason = clock.now(), cast.owner, "A patient"
            stored.save()
        default_storage.delete(stored.path)
        return found

    monkeypatch.setattr(backup, "_files", purge_after)
    done = backup.make(tmp_path, PASSPHRASE)
    assert (done.files, done.problems) == (0, [])
    assert json.loads(inside(done.path)["manifest.json"])["missing"] == [{"file": stored.path, "why": backup.PURGED}]


@pytest.mark.parametrize("harm", ["missing", "changed"])
def test_a_file_that_should_be_there_is_named(cast: Cast, tmp_path: Path, harm: str):
    stored = keep(cast, made.pdf())
    place = Path(default_storage.path(stored.path))
    if harm == "missing":
        place.unlink()
    else:
        place.write_bytes(b"something else")
    [problem] = backup.make(tmp_path, PASSPHRASE).problems
    assert problem.startswith(stored.path)


def test_rows_of_a_large_table_come_in_parts(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backup, "_PART", 300)
    held = inside(backup.make(tmp_path, PASSPHRASE).path)
    assert len([name for name in held if name.startswith("tables/core_person/")]) > 1


def test_a_full_disk_leaves_nothing(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(self: Any, data: bytes) -> int:
        self.problem = OSError(errno.ENOSPC, "No space left on device")
        raise self.problem

    monkeypatch.setattr(sealed._Writer, "write", full)
    with pytest.raises(Refused) as refused:
        runs.make(tmp_path / "backups", PASSPHRASE)
    assert refused.value.sentence == runs._FULL
    assert list((tmp_path / "backups").iterdir()) == []
    run = BackupRun.objects.get()
    assert (run.state, run.problem, run.file_name) == ("failed", runs._FULL, "")


def test_the_half_written_one_is_its_owners_alone(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real, modes = backup._fill, []

    def look(*args: Any) -> Any:
        modes.extend(path.stat().st_mode & 0o777 for path in tmp_path.glob(".*.part"))
        return real(*args)

    monkeypatch.setattr(backup, "_fill", look)
    backup.make(tmp_path, PASSPHRASE)
    assert modes == [0o600]


def test_what_another_process_is_writing_stays(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with clock.set_to(clock.now()):
        theirs = tmp_path / f".practice-vetting-{clock.now():%Y%m%dT%H%M%S}-{os.getpid()}.part"
        theirs.touch()
        with pytest.raises(FileExistsError):
            backup.make(tmp_path, PASSPHRASE)
    assert theirs.exists()


def test_two_of_one_second_have_two_names(cast: Cast, tmp_path: Path):
    with clock.set_to(clock.now()):
        first, second = (backup.make(tmp_path, PASSPHRASE).path for _ in range(2))
    assert (first != second, len(list(tmp_path.glob("*.tar")))) == (True, 2)


def test_the_command_says_where_it_is(cast: Cast, tmp_path: Path, passphrase: str):
    said = StringIO()
    call_command("backup", to=tmp_path, stdout=said)
    run, [path] = BackupRun.objects.get(), list(tmp_path.glob("*.tar"))
    assert said.getvalue().splitlines()[0] == str(path)
    assert (run.state, run.file_name, run.size) == ("done", path.name, path.stat().st_size)
    assert run.sha256 in said.getvalue()
    with tarfile.open(path) as tar:
        assert tar.getnames() == [sealed.README, sealed.KEY, sealed.DATA]


def test_a_short_or_missing_passphrase_is_refused(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(CommandError, match="There is no passphrase"):
        call_command("backup", to=tmp_path)
    monkeypatch.setenv("BACKUP_PASSPHRASE", "too short")
    with pytest.raises(CommandError, match="at least 12 characters"):
        call_command("backup", to=tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "data"]


def test_who_sits_there_is_asked_twice(monkeypatch: pytest.MonkeyPatch):
    typed = iter([PASSPHRASE, PASSPHRASE, PASSPHRASE, "something else here"])
    monkeypatch.setattr(passphrases.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(passphrases.getpass, "getpass", lambda prompt: next(typed))
    assert passphrases.for_a_backup() == PASSPHRASE
    with pytest.raises(Refused, match="not the same"):
        passphrases.for_a_backup()
