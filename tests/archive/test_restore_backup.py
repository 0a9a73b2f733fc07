"""Restoring: a backup that was made while fifty people wrote, in an empty installation of either kind."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from practice_vetting.core import clock, delivery, ledger, reminders, tasks
from practice_vetting.core.accounts.factor_reset import apply_due_resets
from practice_vetting.core.archive import arrival, restore, scratch, sealed, tables, workplaces
from practice_vetting.core.documents import jobs
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import (
    Document,
    FactorReset,
    Job,
    JobState,
    LedgerEntry,
    Mail,
    Person,
    Practice,
    StoredFile,
)
from tests.archive.busy_site import WRITERS
from tests.archive.conftest import SETTINGS, Backup, from_each
from tests.factories import make_practice
from vendors.models import Vendor

pytestmark = pytest.mark.django_db


def restored(path: Path) -> str:
    said = StringIO()
    call_command("restore", str(path), stdout=said)
    return said.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(CommandError) as refused:
        restored(path)
    return str(refused.value)


def nothing_is_here(settings: Any) -> bool:
    rows = sum(tables.count(model, using="default") for model in tables.kept_models())
    files = [path for path in Path(default_storage.location).rglob("*") if path.is_file()]
    left = [path for path in settings.DATA_DIR.rglob("*") if path.is_file()]
    return (rows, files, left, settings.KEYS_DIR.exists()) == (0, [], [], False)


@from_each
def test_what_fifty_people_wrote_meanwhile_comes_back_up_to_one_moment(backup: Backup, passphrase: str):
    said = restored(backup.path)
    busy = Vendor.objects.filter(name__startswith="Busy").count()
    assert backup.facts["before"] <= busy <= backup.facts["written"]
    assert (WRITERS, backup.facts["after"] > backup.facts["before"]) == (50, True)
    told = LedgerEntry.objects.filter(verb="vendor.added", record_label__startswith="Busy").count()
    assert (told, ledger.broken_at(Practice.objects.get().uid)) == (busy, None)
    assert said.splitlines()[-1] == "Everything is right."
    assert "NO " not in said
    call_command("verify_history", stdout=StringIO())


@from_each
def test_every_row_file_and_key_is_as_it_was(backup: Backup, passphrase: str, settings: Any):
    read = restore.restore(backup.path, passphrase)
    counted = {model._meta.db_table: tables.count(model, using="default") for model in tables.kept_models()}
    assert counted == read.manifest["tables"]
    stored = StoredFile.objects.select_related("practice")
    assert {row.path for row in stored if default_storage.exists(row.path)} == {row.path for row in stored}
    kept = backup.data_dir / "keys"
    assert {path.name: path.read_bytes() for path in settings.KEYS_DIR.iterdir()} == {
        path.name: path.read_bytes() for path in kept.iterdir() if path.suffix != ".lock"
    }
    assert (settings.DATA_DIR / "secret_key").read_text() == (backup.data_dir / "secret_key").read_text()
    assert (settings.DATA_DIR / "secret_key").stat().st_mode & 0o777 == 0o600


@from_each
def test_new_rows_are_numbered_after_the_restored_ones(backup: Backup, passphrase: str):
    restore.restore(backup.path, passphrase)
    last = Practice.objects.order_by("-pk")[0].pk
    assert make_practice(name="Another").pk > last
    assert Person.objects.exists()


@from_each
def test_no_mail_that_went_or_may_have_gone_goes_again(backup: Backup, passphrase: str):
    restored(backup.path)
    before = Mail.objects.filter(state="sent").count()
    assert sorted(Mail.objects.filter(reminders__kind="virus").values_list("state", flat=True)) == [
        "failed", "parked", "parked", "sent",
    ]  # fmt: skip
    assert {row.last_error for row in Mail.objects.filter(state="parked")} == {arrival.MAY_HAVE_GONE}
    delivery.deliver_waiting()
    reminders.send_all(datetime(2026, 11, 21, tzinfo=UTC).date())
    assert Mail.objects.filter(state="sent", message_id__endswith="@x>").count() == 1
    assert [sent for sent in mail.outbox if sent.subject.startswith("Mail ")] == []
    assert Mail.objects.filter(state="sent").count() >= before


@from_each
def test_work_that_nobody_does_any_more_waits_for_a_worker(backup: Backup, passphrase: str):
    restored(backup.path)
    waiting = Job.objects.exclude(state=JobState.DONE)
    assert {(job.state, job.claim, job.lease_until) for job in waiting} == {(JobState.QUEUED, "", None)}
    assert jobs.claim(waiting.order_by("id")[0].uid) is not None


@from_each
def test_a_document_still_verifies_and_a_second_factor_still_opens(backup: Backup, passphrase: str, settings: Any):
    restored(backup.path)
    settings.SECRET_KEY = (settings.DATA_DIR / "secret_key").read_text()
    assert Document.objects.count() == 1
    factor = Authenticator.objects.get(type="totp")
    from practice_vetting.core.accounts.second_factor import Adapter

    assert len(Adapter().decrypt(factor.data["secret"])) >= 16


@from_each
def test_the_ledger_tells_that_it_was_restored(backup: Backup, passphrase: str):
    restored(backup.path)
    told = LedgerEntry.objects.get(verb="practice.restored")
    assert (told.detail["mails_not_sent_again"], told.person_name) == (2, "Practice Vetting")


@from_each
def test_a_reset_of_a_second_factor_that_waited_is_stopped(backup: Backup, passphrase: str):
    """It may have been stopped after the backup: its link would let it through a second time."""
    said = restored(backup.path)
    [reset] = FactorReset.objects.all()
    assert (reset.applied_at, reset.stopped_at is None) == (None, False)
    assert "Resets of second factors that waited, and were stopped: 1." in said
    with clock.set_to(reset.takes_effect_at + timedelta(minutes=1)):
        assert apply_due_resets() == 0
    assert Authenticator.objects.filter(user=reset.person).exists()


@from_each
def test_a_used_installation_is_left_alone(backup: Backup, passphrase: str, cast: Any):
    before = LedgerEntry.objects.count()
    assert refusal(backup.path) == restore.NOT_EMPTY
    assert (LedgerEntry.objects.count(), Practice.objects.count()) == (before, 1)


def test_a_wrong_passphrase_is_said(backup: Backup, settings: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BACKUP_PASSPHRASE", "mist over harbour slate")
    assert refusal(backup.path) == sealed.NOT_THIS_ONE
    assert nothing_is_here(settings)


@pytest.mark.parametrize("part", [0.01, 0.3, 0.9])
def test_a_file_that_is_cut_off_restores_nothing(
    backup: Backup, passphrase: str, settings: Any, tmp_path: Path, part: float
):
    whole = backup.path.read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[: int(len(whole) * part)])
    assert refusal(tmp_path / "cut.tar") == sealed.DAMAGED
    assert nothing_is_here(settings)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_one_changed_byte_restores_nothing(backup: Backup, passphrase: str, settings: Any, tmp_path: Path, part: float):
    whole = bytearray(backup.path.read_bytes())
    whole[int((len(whole) - 4096) * part)] ^= 1
    (tmp_path / "changed.tar").write_bytes(whole)
    assert refusal(tmp_path / "changed.tar") == sealed.DAMAGED
    assert nothing_is_here(settings)


def test_a_newer_format_and_other_tables_are_refused(backup: Backup, passphrase: str, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as older:
        older.setattr(restore, "FORMAT", 0)
        assert refusal(backup.path).startswith("This file was made by a newer release (")
    monkeypatch.setattr(tables, "schema_of", lambda using: ["core.0002_more"])
    assert "whose tables differ from those here (core.0002_more)" in refusal(backup.path)


@pytest.mark.parametrize("content", [b"", b"not a backup", b"\x1f\x8b" + bytes(2000)])
def test_any_other_file_is_no_backup(content: bytes, passphrase: str, tmp_path: Path):
    (tmp_path / "other.tar").write_bytes(content)
    assert refusal(tmp_path / "other.tar") == sealed.NO_BACKUP


def test_a_manifest_that_says_otherwise_restores_nothing(
    backup: Backup, passphrase: str, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    real = restore._take

    def lose_one_file(read: Any, name: str, content: Any) -> None:
        real(read, name, content)
        if name.startswith("files/"):
            read.members.pop(name)

    monkeypatch.setattr(restore, "_take", lose_one_file)
    with pytest.raises(Refused, match="damaged"):
        restore.restore(backup.path, passphrase)
    assert nothing_is_here(settings)


def test_other_numbers_of_rows_than_the_manifest_says_restore_nothing(
    backup: Backup, passphrase: str, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    real = restore._fits

    def one_more_said(read: Any) -> None:
        read.manifest["tables"]["vendors_vendor"] += 1
        real(read)

    monkeypatch.setattr(restore, "_fits", one_more_said)
    assert refusal(backup.path) == "The numbers of rows differ in vendors_vendor, so nothing was restored."
    assert nothing_is_here(settings)


def test_rows_that_point_nowhere_restore_nothing(
    backup: Backup, passphrase: str, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    def elsewhere(model: Any, lines: Any) -> Iterator[bytes]:
        for line in arrival.as_they_arrive(model, lines):
            yield line if model is not StoredFile else json.dumps(json.loads(line) | {"practice_id": 4711}).encode()

    monkeypatch.setattr(restore, "as_they_arrive", elsewhere)
    assert refusal(backup.path).startswith("The rows of this file do not fit the tables here")
    assert nothing_is_here(settings)


@pytest.mark.parametrize("of", ["a document", "another file"])
def test_a_file_that_changed_on_its_way_is_said(backup: Backup, passphrase: str, monkeypatch: Any, of: str):
    documents = Document.objects.values("file")
    real = restore._move

    def spoil(read: Any) -> None:
        real(read)
        files = (
            StoredFile.objects.exclude(pk__in=documents)
            if of == "another file"
            else StoredFile.objects.filter(pk__in=documents)
        )
        Path(default_storage.path(files.select_related("practice")[0].path)).write_bytes(b"something else")

    monkeypatch.setattr(restore, "_move", spoil)
    said = StringIO()
    with pytest.raises(CommandError, match="not everything is right"):
        call_command("restore", str(backup.path), stdout=said)
    wrong = [line for line in said.getvalue().splitlines() if line.startswith("NO ")]
    assert [" not as kept: " in line for line in wrong].count(True) == 1
    assert [" not valid: " in line for line in wrong].count(True) == (of == "a document")


def test_a_fault_at_the_very_end_leaves_no_row(
    backup: Backup, passphrase: str, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(restore, "_move", lambda read: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(Refused, match="The disk did not take it"):
        restore.restore(backup.path, passphrase)
    assert nothing_is_here(settings)


@from_each
def test_the_trial_restores_beside_and_removes_it_all(backup: Backup, settings: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(*next(iter(SETTINGS.items())))
    passed, said = scratch.check(backup.path, "harbour mist over slate")
    assert (passed, said.splitlines()[-1]) == (True, "Everything is right.")
    assert list((settings.DATA_DIR / "work").iterdir()) == []
    assert Practice.objects.count() == 0


@pytest.fixture
def killed(settings: Any) -> Callable[..., Path]:
    """A folder that a process left which was ended at once, some hours ago."""

    def make(name: str, hours: int = 7) -> Path:
        folder = settings.DATA_DIR / "work" / name
        (folder / "files").mkdir(parents=True)
        (folder / "practice.sqlite3").write_text("in the clear")
        at = (clock.now() - timedelta(hours=hours)).timestamp()
        os.utime(folder, (at, at))
        return folder

    return make


def left(settings: Any) -> list[str]:
    return sorted(path.name for path in (settings.DATA_DIR / "work").iterdir())


def test_what_was_left_in_the_clear_is_swept_each_day(killed: Any, settings: Any):
    for name in ("check-1", "restoring-1", "export-1", "abcdefghjkmn"):
        killed(name)
    killed("check-2", hours=5)
    tasks.sweep_files()
    assert left(settings) == ["abcdefghjkmn", "check-2"]


def test_where_somebody_works_nothing_is_swept(killed: Any, settings: Any):
    with workplaces.workplace("check-1") as folder:
        at = (clock.now() - timedelta(days=3)).timestamp()
        os.utime(folder, (at, at))
        workplaces.sweep()
        assert left(settings) == ["check-1"]
    assert left(settings) == []


def test_a_trial_removes_what_one_before_it_left(killed: Any, settings: Any, monkeypatch: pytest.MonkeyPatch):
    killed("check-1", hours=0)
    seen: list[int] = []

    def look(file: Path, passphrase: str, folder: Path, lock: int) -> tuple[bool, str]:
        seen.append(len(left(settings)))
        return True, ""

    monkeypatch.setattr(scratch, "_restored", look)
    scratch.check(Path("a.tar"), "harbour mist over slate")
    assert (seen, left(settings)) == ([1], [])


def test_two_trials_take_turns(settings: Any, monkeypatch: pytest.MonkeyPatch):
    under_way, most = [], []

    def slow(*args: Any) -> tuple[bool, str]:
        under_way.append(1)
        most.append(len(under_way))
        time.sleep(0.05)
        under_way.pop()
        return True, ""

    monkeypatch.setattr(scratch, "_restored", slow)
    trials = [threading.Thread(target=scratch.check, args=(Path("a.tar"), "harbour mist")) for _ in range(3)]
    for trial in trials:
        trial.start()
    for trial in trials:
        trial.join()
    assert most == [1, 1, 1]


def members(path: Path, passphrase: str) -> Iterator[tuple[str, bytes]]:
    with sealed.opening(path, passphrase) as opened:
        for name, _size, content in opened:
            yield name, content.read()


@from_each
def test_a_backup_holds_every_table_that_is_not_left_out_by_name(backup: Backup, passphrase: str):
    inside = dict(members(backup.path, passphrase))
    manifest = json.loads(inside["manifest.json"])
    assert {*manifest["tables"], *tables.LEFT_OUT} >= set(connection.introspection.django_table_names())
    assert set(manifest["tables"]).isdisjoint(tables.LEFT_OUT)
    assert json.loads(inside["format.json"])["format"] == 1


def test_nothing_of_it_can_be_read_without_the_passphrase(backup: Backup):
    content = backup.path.read_bytes()
    secret = (backup.data_dir / "secret_key").read_bytes()
    known = [b"Claridesk", b"BEGIN PRIVATE KEY", b"core_ledgerentry", secret]
    assert [words for words in known if words in content] == []
    assert backup.path.stat().st_mode & 0o777 == 0o600
