"""The backup of the night: once, kept for two weeks, tried out each week, and told to the owners when it fails."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from practice_vetting.core import clock, condition, figures, tasks
from practice_vetting.core.archive import nightly, runs, scratch
from practice_vetting.core.archive.backup import Made
from practice_vetting.core.condition import State
from practice_vetting.core.models import BackupRun, Installation, LedgerEntry, Reminder
from tests.conftest import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

NIGHT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
Browse = Callable[[Any], Client]


@pytest.fixture
def folder(settings: Any, tmp_path: Path, passphrase: str) -> Path:
    """The folder of a nightly backup that is set up."""
    settings.BACKUP_DIR = str(tmp_path / "backups")
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that is a name alone, and a trial that it passes."""

    def make(to: Path, words: str) -> Made:
        path = to / f"practice-vetting-{clock.now():%Y-%m-%dT%H%M%SZ}.tar"
        path.write_bytes(b"12345")
        return Made(path, 5, "a" * 64, 10, 2, [])

    monkeypatch.setattr(runs.backup, "make", make)
    monkeypatch.setattr(scratch, "check", lambda file, words: (True, "Everything is right."))


def fails(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    def make(to: Path, words: str) -> Made:
        raise problem

    monkeypatch.setattr(runs.backup, "make", make)


def on(night: datetime) -> str:
    with clock.set_to(night):
        return nightly.tonight()


def test_one_is_made_a_night_whoever_looks(folder: Path, works: None, cast: Cast):
    assert [on(NIGHT), on(NIGHT), on(NIGHT + timedelta(hours=3))] == ["", "", ""]
    run = BackupRun.objects.get()
    assert (run.state, run.size, [run.file_name]) == ("done", 5, [path.name for path in folder.iterdir()])


def test_the_newest_fourteen_are_kept(folder: Path, works: None, cast: Cast):
    (folder / "letters.txt").touch()
    for night in range(16):
        on(NIGHT + timedelta(days=night))
    left = sorted(path.name for path in folder.glob("*.tar"))
    assert (len(left), left[0][:27]) == (14, "practice-vetting-2026-11-24")
    assert (folder / "letters.txt").exists()


def test_what_another_day_left_half_written_goes(folder: Path, works: None, cast: Cast):
    for name, age in (("old", 2), ("new", 0)):
        part = folder / f".practice-vetting-{name}.part"
        part.touch()
        at = (NIGHT - timedelta(days=age)).timestamp()
        os.utime(part, (at, at))
    on(NIGHT)
    assert [path.name for path in folder.glob(".*")] == [".practice-vetting-new.part"]


def test_once_a_week_the_newest_is_tried_out(folder: Path, works: None, cast: Cast):
    for night in range(9):
        on(NIGHT + timedelta(days=night))
    tried = [run.night.day for run in BackupRun.objects.exclude(checked_at=None).order_by("night")]
    assert tried == [22, 29]


def test_a_backup_that_cannot_be_restored_is_told(folder: Path, works: None, cast: Cast, monkeypatch: Any):
    monkeypatch.setattr(scratch, "check", lambda file, words: (False, "NO    The chain of a ledger breaks"))
    assert on(NIGHT).endswith("could not be restored. NO    The chain of a ledger breaks")
    assert BackupRun.objects.get().check_problem == "NO    The chain of a ledger breaks"
    assert Reminder.objects.get(kind="backup").person == cast.owner


def test_every_owner_is_told_once_a_day_what_failed(
    folder: Path, cast: Cast, strangers: Cast, monkeypatch: pytest.MonkeyPatch
):
    fails(monkeypatch, OSError(28, "No space left on device"))
    with clock.set_to(NIGHT), pytest.raises(CommandError, match="disk for backups is full"):
        call_command("backup", "--nightly")
    with clock.set_to(NIGHT):
        nightly._tell_all("and once more")
    told = Reminder.objects.filter(kind="backup").order_by("id")
    assert [each.person for each in told] == [cast.owner, strangers.owner]
    assert "The disk for backups is full." in told[0].text
    assert LedgerEntry.objects.filter(verb="backup.failed").count() == 4


def test_what_is_not_known_is_not_told(folder: Path, cast: Cast, monkeypatch: pytest.MonkeyPatch, passphrase: str):
    fails(monkeypatch, RuntimeError(f"{passphrase} somewhere inside"))
    assert on(NIGHT) == runs.BROKE
    told = str([list(model.objects.values()) for model in (BackupRun, Reminder, LedgerEntry)])
    assert passphrase not in told


def test_a_missing_passphrase_file_is_told(folder: Path, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("BACKUP_PASSPHRASE")
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", "/nowhere/at-all")
    assert on(NIGHT) == "The file that BACKUP_PASSPHRASE_FILE names cannot be read: /nowhere/at-all"
    assert BackupRun.objects.get().state == "failed"


def test_one_that_was_ended_in_the_middle_is_said_to_have_failed(folder: Path, works: None, cast: Cast):
    dead = BackupRun.objects.create(started_at=NIGHT - timedelta(hours=21))
    on(NIGHT)
    dead.refresh_from_db()
    assert (dead.state, dead.problem) == ("failed", runs.DIED)


def mails() -> list[str]:
    return list(Reminder.objects.filter(kind="backup").order_by("id").values_list("text", flat=True))


def test_owners_hear_each_time_that_one_was_ended_in_the_middle(folder: Path, works: None, cast: Cast):
    for night in range(3):  # what a kill leaves: a row that says that it runs
        BackupRun.objects.create(night=(NIGHT + timedelta(days=night)).date(), started_at=NIGHT + timedelta(days=night))
        on(NIGHT + timedelta(days=night, minutes=1))
    assert on(NIGHT + timedelta(days=3)) == ""
    told = [text.partition("What went wrong: ")[2].partition("\n")[0] for text in mails()]
    assert told == [f"The backup of 2026-11-{day} was not made. {runs.DIED}" for day in (22, 23, 24)]
    assert BackupRun.objects.filter(state="done").count() == 1


def test_one_by_hand_that_was_ended_is_told_to_nobody(folder: Path, works: None, cast: Cast):
    BackupRun.objects.create(started_at=NIGHT - timedelta(hours=21))
    on(NIGHT)
    assert (mails(), BackupRun.objects.filter(state="failed").count()) == ([], 1)


def test_a_trial_that_cannot_begin_is_told(folder: Path, works: None, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    def full(file: Path, words: str) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scratch, "check", full)
    assert on(NIGHT).endswith("There was no trial (No space left on device). " + runs._NOT_TRIED.split("). ")[1])
    assert len(mails()) == 1
    run = BackupRun.objects.get()
    assert (run.state, run.check_problem != "") == ("done", True)


def test_older_ones_that_cannot_be_removed_are_told(folder: Path, works: None, cast: Cast, monkeypatch: Any):
    for night in range(1, 17):
        (folder / f"practice-vetting-2026-01-{night:02}T023000Z.tar").touch()

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as read_only:
        read_only.setattr(Path, "unlink", refuse)
        said = on(NIGHT)
    assert said == runs._NOT_PRUNED.format(why="Permission denied")
    assert (len(mails()), BackupRun.objects.get().checked_at is None) == (1, False)


def test_whatever_breaks_is_told(folder: Path, works: None, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runs, "newest", lambda: 1 / 0)
    assert (on(NIGHT), len(mails())) == (runs.BROKE, 1)


def test_one_practice_that_cannot_be_told_keeps_it_from_no_other(
    folder: Path, cast: Cast, strangers: Cast, monkeypatch: pytest.MonkeyPatch
):
    fails(monkeypatch, RuntimeError("x"))
    real = nightly.tell_failed
    monkeypatch.setattr(
        nightly, "tell_failed", lambda **about: 1 / 0 if about["practice"] == cast.practice else real(**about)
    )
    on(NIGHT)
    assert Reminder.objects.get(kind="backup").person == strangers.owner


def test_the_page_warns_of_a_backup_that_cannot_be_restored(
    folder: Path, works: None, cast: Cast, browse: Browse, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scratch, "check", lambda file, words: (False, "NO    The chain of a ledger breaks"))
    with clock.set_to(NIGHT):
        nightly.tonight()
        page = " ".join(browse(cast.owner).get("/practice/backups/").content.decode().split())
    assert "<b>The newest backup could not be restored.</b> Do not rely on it." in page
    assert page.count("NO The chain of a ledger breaks") == 1


def test_a_missing_file_keeps_nobody_from_trying_it_out(folder: Path, works: None, cast: Cast, monkeypatch: Any):
    real = runs.backup.make
    monkeypatch.setattr(
        runs.backup, "make", lambda to, words: replace(real(to, words), problems=["x: it is missing from the storage"])
    )
    assert {on(NIGHT + timedelta(days=night)) for night in range(8)} == {
        "The backup was made, but 1 of its files are missing or damaged: x: it is missing from the storage."
    }
    assert BackupRun.objects.exclude(checked_at=None).count() == 2


def test_a_folder_without_a_passphrase_is_told_each_night(folder: Path, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("BACKUP_PASSPHRASE")
    assert nightly.is_set_up()
    assert on(NIGHT) == "There is no passphrase. Set BACKUP_PASSPHRASE_FILE."
    assert len(mails()) == 1
    Installation.objects.update_or_create(only=True, defaults={"set_up_at": NIGHT})
    assert runs.is_late(NIGHT + timedelta(days=3))


def test_one_that_never_began_is_late(folder: Path, cast: Cast, browse: Browse):
    Installation.objects.update_or_create(only=True, defaults={"set_up_at": NIGHT})
    assert not runs.is_late(NIGHT + timedelta(days=1))
    with clock.set_to(NIGHT + timedelta(days=2, minutes=1)):
        page = browse(cast.owner).get(reverse("core:backups")).content.decode()
    assert "No backup was made yet." in page


def test_the_worker_only_starts_it(folder: Path, monkeypatch: pytest.MonkeyPatch, passphrase: str):
    started: list[Any] = []
    monkeypatch.setattr(nightly.subprocess, "Popen", lambda command, **options: started.append(command))
    monkeypatch.setattr(nightly, "_children", [])
    tasks.backup()
    [command] = started
    assert command[1:4] == ["manage.py", "backup", "--nightly"]
    assert passphrase not in " ".join(command)
    entry = configured.CELERY_BEAT_SCHEDULE["make the backup of the night"]
    assert (entry["task"], entry["schedule"].hour, entry["schedule"].minute) == ("core.backup", {2}, {30})


def test_without_a_folder_nothing_is_started(monkeypatch: pytest.MonkeyPatch, passphrase: str):
    monkeypatch.setattr(nightly.subprocess, "Popen", lambda *args, **options: pytest.fail("started"))
    tasks.backup()


@pytest.mark.parametrize("role", ["owner", "officer"])
def test_the_page_says_that_none_is_set_up_and_what_to_tell(role: str, cast: Cast, browse: Browse):
    page = browse(getattr(cast, role)).get(reverse("core:backups")).content.decode()
    assert "No nightly backup is set up." in page
    assert "BACKUP_PASSPHRASE_FILE" in page


def test_the_page_tells_the_last_the_trial_and_the_next(folder: Path, works: None, cast: Cast, browse: Browse):
    on(NIGHT)
    with clock.set_to(NIGHT + timedelta(hours=12)):
        page = browse(cast.owner).get(reverse("core:backups")).content.decode()
    for words in ("22 Nov 2026", "Restored and checked", "practice-vetting-2026-11-22T023000Z.tar"):
        assert words in page
    assert 'class="notice' not in page


def test_the_page_tells_what_failed(folder: Path, cast: Cast, browse: Browse, monkeypatch: pytest.MonkeyPatch):
    fails(monkeypatch, OSError(28, "No space left on device"))
    on(NIGHT)
    page = browse(cast.owner).get(reverse("core:backups")).content.decode()
    assert "The last backup could not be made." in page
    assert "There is no good backup yet." in page


def test_the_page_about_the_installation_says_that_a_backup_is_late(
    folder: Path, works: None, cast: Cast, browse: Browse
):
    on(NIGHT)
    words = []
    for later in (timedelta(days=1), timedelta(days=2, minutes=1)):
        with clock.set_to(NIGHT + later):
            words.append([each.state for each in condition.parts(figures.read()) if each.name == "Nightly backup"])
    assert words == [[State.WELL], [State.LATE]]
