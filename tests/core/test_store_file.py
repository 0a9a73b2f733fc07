"""Keeping the bytes: once a practice, exactly as they came, given back only while they are still the same."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import RequestFactory

from practice_vetting.core.errors import Refused
from practice_vetting.core.files import keeping, store
from practice_vetting.core.files.uploads import BoundedFile
from practice_vetting.core.models import Practice
from practice_vetting.core.models.stored_file import StoredFile
from tests import factories
from tests import files as made

pytestmark = pytest.mark.django_db

CONTENT = b"actor,action\r\nmodel,drafted\r\n"


@pytest.fixture
def practice() -> Practice:
    return factories.make_practice()


def files_on_disk() -> list[str]:
    root = Path(default_storage.location)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_the_bytes_lie_under_their_hash_and_come_back_unchanged(practice: Practice) -> None:
    stored = made.kept(made.accepted(CONTENT), practice)
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert files_on_disk() == [f"{practice.uid}/{digest[:2]}/{digest}"]
    with keeping.read(stored) as file:
        assert file.read() == CONTENT


def test_the_same_bytes_twice_are_one_copy_and_one_row(practice: Practice) -> None:
    first, second = (made.kept(made.accepted(CONTENT), practice) for _ in range(2))
    assert (first.pk, len(files_on_disk())) == (second.pk, 1)


def test_two_practices_share_nothing(practice: Practice) -> None:
    other = factories.make_practice(name="Quiet Pines Therapy")
    mine, theirs = made.kept(made.accepted(CONTENT), practice), made.kept(made.accepted(CONTENT), other)
    assert mine.path != theirs.path
    assert len(files_on_disk()) == 2


def test_a_full_disk_leaves_neither_row_nor_file(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(Refused) as refused:
        made.kept(made.accepted(CONTENT), practice)
    assert (refused.value.field, refused.value.sentence) == (
        "file",
        "The file could not be kept because the disk is full; nothing was saved. Tell who runs this installation.",
    )
    assert (files_on_disk(), StoredFile.objects.count()) == ([], 0)


def test_a_storage_that_takes_nothing_is_told_apart(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*args: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(store.os, "fsync", read_only)
    with pytest.raises(Refused, match="because the storage did not take it; nothing was saved"):
        made.kept(made.accepted(CONTENT), practice)


def test_one_flipped_bit_is_refused_with_its_reason(practice: Practice) -> None:
    stored = made.kept(made.accepted(CONTENT), practice)
    Path(default_storage.path(stored.path)).write_bytes(bytes([CONTENT[0] ^ 1]) + CONTENT[1:])
    with pytest.raises(keeping.Damaged, match="This file changed in the storage since it was kept"):
        keeping.read(stored)


def test_a_file_that_vanished_is_refused_with_its_reason(practice: Practice) -> None:
    stored = made.kept(made.accepted(CONTENT), practice)
    default_storage.delete(stored.path)
    with pytest.raises(keeping.Damaged, match="This file is missing from the storage"):
        keeping.read(stored)


def test_adding_a_damaged_file_again_mends_it(practice: Practice) -> None:
    stored = made.kept(made.accepted(CONTENT), practice)
    Path(default_storage.path(stored.path)).write_bytes(b"")
    made.kept(made.accepted(CONTENT), practice)
    with keeping.read(stored) as file:
        assert file.read() == CONTENT


@pytest.fixture
def send() -> Iterator[Callable[..., Any]]:
    """Sends a form with a title and a file, and gives back the file as it arrived."""
    requests = []

    def sent(content: bytes, name: str = "report.pdf") -> Any:
        request = RequestFactory().post("/", {"title": "The report", "file": ContentFile(content, name=name)})
        requests.append(request)
        assert request.POST["title"] == "The report"
        return request.FILES["file"]

    yield sent
    for request in requests:
        request.close()


def test_a_form_around_a_file_that_is_too_large_survives(settings: Any, send: Callable[..., Any]) -> None:
    settings.UPLOAD_LIMIT = 1000
    upload = send(bytes(200_000))
    assert (upload.size, upload.name) == (200_000, "report.pdf")
    assert Path(upload.temporary_file_path()).stat().st_size < 70_000


def test_a_name_longer_than_the_file_system_allows_is_no_fault(send: Callable[..., Any]) -> None:
    assert send(CONTENT, name="x." + "y" * 298).size == len(CONTENT)


def test_a_disk_that_fills_up_on_the_way_in_is_told_later(
    monkeypatch: pytest.MonkeyPatch, send: Callable[..., Any]
) -> None:
    def full(file: Any, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(BoundedFile, "write", full, raising=False)
    assert send(CONTENT).fault.errno == 28
