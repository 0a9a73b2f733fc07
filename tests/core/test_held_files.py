"""Files that we asked about: held for an hour, for one person of one practice, and swept."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages

from practice_vetting.core import clock, tasks
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import held
from practice_vetting.core.files.held import Looked
from practice_vetting.core.files.patient_data import Finding
from practice_vetting.core.files.scanning import Scan
from practice_vetting.core.models.stored_file import ScanState
from tests import files as made
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

FOUND = Looked("read", (Finding("ssn", 1, "***-**-6789", "page 2"),))


def files_held() -> list[Path]:
    return [path for path in Path(storages["held"].location).rglob("*") if path.is_file()]


@pytest.fixture
def token(cast: Cast) -> str:
    return held.hold(made.accepted(b"SSN 123-45-6789"), FOUND, practice=cast.practice, person=cast.staff)


def test_the_same_file_comes_back_without_being_chosen_again(cast: Cast, token: str) -> None:
    known = held.read_token(token, practice=cast.practice, person=cast.staff)
    assert known is not None
    accepted = held.take(known)
    assert (known.looked, known.name, accepted.size) == (FOUND, "log.csv", 15)
    assert (accepted.path.read_bytes(), accepted.scan) == (b"SSN 123-45-6789", Scan(ScanState.NONE))


def test_what_the_virus_scanner_said_is_held_with_it(cast: Cast) -> None:
    scan = Scan(ScanState.CLEAN, clock.now())
    accepted = made.accepted()
    object.__setattr__(accepted, "scan", scan)
    token = held.hold(accepted, FOUND, practice=cast.practice, person=cast.staff)
    known = held.read_token(token, practice=cast.practice, person=cast.staff)
    assert known is not None
    assert held.take(known).scan == scan


def test_nobody_else_takes_it(cast: Cast, strangers: Cast, token: str) -> None:
    tries = [(cast.practice, cast.owner), (strangers.practice, cast.staff), (strangers.practice, strangers.owner)]
    assert [held.read_token(token, practice=practice, person=person) for practice, person in tries] == [None] * 3


@pytest.mark.parametrize("wrong", ["", "x", "a:b:c", "\0"])
def test_a_token_that_we_did_not_give_opens_nothing(cast: Cast, token: str, wrong: str) -> None:
    for each in [wrong, token[:-1] + ("A" if token[-1] != "A" else "B"), wrong + token]:
        if each != token:
            assert held.read_token(each, practice=cast.practice, person=cast.staff) is None


def test_after_its_hour_it_is_gone(cast: Cast, token: str) -> None:
    assert (held.sweep(), len(files_held())) == (0, 1)
    with clock.set_to(clock.now() + timedelta(minutes=61)):
        assert held.read_token(token, practice=cast.practice, person=cast.staff) is None
        tasks.sweep()
    assert files_held() == []


def test_bytes_that_are_gone_are_asked_for_again(cast: Cast, token: str) -> None:
    known = held.read_token(token, practice=cast.practice, person=cast.staff)
    assert known is not None
    held.drop(cast.practice, known.sha256)
    with pytest.raises(Refused) as refused:
        held.take(known)
    assert (refused.value.sentence, refused.value.field) == ("We no longer have this file. Choose it again.", "file")


def test_a_disk_that_takes_no_more_holds_nothing_and_still_tells(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("django.core.files.storage.filesystem.locks.lock", full)
    token = held.hold(made.accepted(), FOUND, practice=cast.practice, person=cast.staff)
    assert held.read_token(token, practice=cast.practice, person=cast.staff) is not None
    assert files_held() == []


def test_only_we_can_read_what_is_held(token: str) -> None:
    assert [oct(path.stat().st_mode & 0o777) for path in files_held()] == ["0o600"]
