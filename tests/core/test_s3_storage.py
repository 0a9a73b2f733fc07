"""Files in an S3-compatible storage: kept, given back, swept and held as on a disk; and one that is away, or lies."""

import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.test import Client

from practice_vetting import stores
from practice_vetting.core import clock, health
from practice_vetting.core.archive import runs
from practice_vetting.core.documents import jobs
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import held, keeping, store
from practice_vetting.core.files import s3 as s3_files
from practice_vetting.core.files.held import Looked
from practice_vetting.core.files.orphans import sweep_files
from practice_vetting.core.models import Practice
from practice_vetting.core.models.stored_file import StoredFile
from practice_vetting.core.proof import files as proof_files
from tests import factories
from tests import files as made
from tests.conftest import Cast
from tests.services import Bucket, free_port, s3

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

CONTENT = b"actor,action\r\nmodel,drafted\r\n"
AWAY = "The file storage does not answer, so nobody can open files right now. Try again later."
NOT_KEPT = (
    "The file could not be kept because the storage did not take it; nothing was saved. "
    "Tell who runs this installation."
)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with s3() as running:
        yield running


def use(settings: Any, environment: dict[str, str]) -> None:
    settings.STORAGES = {**settings.STORAGES, **_without_static(stores.storages(environment, Path("/nowhere")))}


def _without_static(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("default", "held")}


@pytest.fixture
def in_bucket(bucket: Bucket, settings: Any) -> Bucket:
    """The product's own settings for this bucket, which is empty."""
    use(settings, bucket.environment)
    for name in keys():
        storages["default"].connection.Object(bucket.name, name).delete()
    return bucket


@pytest.fixture
def practice() -> Practice:
    return factories.make_practice()


def keys() -> list[str]:
    return sorted(each.key for each in storages["default"].bucket.objects.all())


@pytest.fixture
def stored(in_bucket: Bucket, practice: Practice) -> StoredFile:
    return made.kept(made.accepted(CONTENT), practice)


# --- as on a disk -------------------------------------------------------------------------------------


def test_the_bytes_lie_under_their_hash_and_come_back_unchanged(stored: StoredFile) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert keys() == [f"files/{stored.practice.uid}/{digest[:2]}/{digest}"]
    with keeping.read(stored) as file:
        assert (file.size, file.read()) == (len(CONTENT), CONTENT)


def test_a_file_that_is_longer_than_a_few_pages_is_not_held_in_memory(in_bucket: Bucket, practice: Practice) -> None:
    long = b"a,b\r\n" * 600_000
    kept = made.kept(made.accepted(long), practice)
    with keeping.read(kept) as file:
        assert file.file._rolled  # to the disk
        assert (file.size, hashlib.sha256(file.read()).hexdigest()) == (len(long), kept.sha256)


def test_the_same_bytes_twice_are_one_copy_and_one_row(stored: StoredFile, practice: Practice) -> None:
    assert (made.kept(made.accepted(CONTENT), practice).pk, len(keys())) == (stored.pk, 1)


def test_two_writers_of_the_same_bytes_leave_one_whole_copy(
    in_bucket: Bucket, practice: Practice, tmp_path: Path
) -> None:
    (tmp_path / "given").write_bytes(CONTENT)
    path = StoredFile(practice=practice, sha256=hashlib.sha256(CONTENT).hexdigest()).path
    seen: list[bool] = []

    def write() -> None:
        for _ in range(5):
            store.put(path, tmp_path / "given")
            seen.append(default_storage.exists(path))

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (seen, len(keys())) == ([True] * 20, 1)


def test_adding_a_damaged_file_again_mends_it(stored: StoredFile, practice: Practice) -> None:
    default_storage.save(stored.path, ContentFile(b"damaged"))
    made.kept(made.accepted(CONTENT), practice)
    with keeping.read(stored) as file:
        assert file.read() == CONTENT


def test_bytes_without_a_record_are_swept_after_a_day_and_others_stay(stored: StoredFile, practice: Practice) -> None:
    default_storage.save(f"{practice.uid}/ab/{'ab' * 32}", ContentFile(b"left"))
    assert sweep_files() == 0
    with clock.set_to(clock.now() + timedelta(days=2)):
        assert sweep_files() == 1
    assert keys() == [f"files/{stored.path}"]


def test_a_held_file_is_taken_on_another_machine(in_bucket: Bucket, cast: Cast) -> None:
    token = held.hold(made.accepted(CONTENT), Looked("read"), practice=cast.practice, person=cast.staff)
    known = held.read_token(token, practice=cast.practice, person=cast.staff)
    assert known
    assert [name.split("/")[0] for name in keys()] == ["held"]
    assert held.take(known).path.read_bytes() == CONTENT


def test_held_files_are_swept_after_their_hour_and_dropped_with_a_purge(in_bucket: Bucket, cast: Cast) -> None:
    for content in (CONTENT, b"a,b\r\n"):
        held.hold(made.accepted(content), Looked("read"), practice=cast.practice, person=cast.staff)
    held.drop(cast.practice, hashlib.sha256(CONTENT).hexdigest())
    assert (len(keys()), held.sweep()) == (1, 0)
    with clock.set_to(clock.now() + timedelta(minutes=61)):
        assert (held.sweep(), keys()) == (1, [])


def test_a_held_file_that_was_changed_is_asked_for_again(in_bucket: Bucket, cast: Cast) -> None:
    token = held.hold(made.accepted(CONTENT), Looked("read"), practice=cast.practice, person=cast.staff)
    known = held.read_token(token, practice=cast.practice, person=cast.staff)
    assert known
    storages["held"].save(known.path, ContentFile(b"others"))
    with pytest.raises(Refused, match="We no longer have this file"):
        held.take(known)


def test_a_forked_child_speaks_over_lines_of_its_own(stored: StoredFile) -> None:
    before = storages["default"].connection
    child = os.fork()
    if child == 0:
        other = storages["default"].bucket.meta.client is not before.meta.client
        os._exit(0 if other and default_storage.exists(stored.path) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert storages["default"].connection is before


def test_health_asks_the_bucket_and_writes_nothing(in_bucket: Bucket) -> None:
    assert (health.storage(), keys()) == ("answers", [])


# --- what lies, and what is gone ------------------------------------------------------------------------


def test_an_object_that_changed_is_refused_with_its_reason(stored: StoredFile) -> None:
    default_storage.save(stored.path, ContentFile(bytes([CONTENT[0] ^ 1]) + CONTENT[1:]))
    with pytest.raises(keeping.Damaged, match="This file changed in the storage since it was kept"):
        keeping.read(stored)


def test_an_object_that_vanished_is_refused_with_its_reason(stored: StoredFile) -> None:
    default_storage.delete(stored.path)
    with pytest.raises(keeping.Damaged, match="This file is missing from the storage"):
        keeping.read(stored)


def test_a_bucket_that_vanished_is_no_missing_file(stored: StoredFile, settings: Any, in_bucket: Bucket) -> None:
    use(settings, {**in_bucket.environment, "S3_BUCKET": "another"})
    with pytest.raises(keeping.Away):
        keeping.read(stored)
    with pytest.raises(health.Unwell, match="the file storage does not answer"):
        health.storage()


# --- away -----------------------------------------------------------------------------------------------


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that does this with each caller."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        callers: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                callers.append(caller)
                answer(caller)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        for caller in callers:
            caller.close()


def refuse(settings: Any, endpoint: str, bucket: Bucket) -> None:
    use(settings, {**bucket.environment, "S3_ENDPOINT": endpoint})


def test_a_storage_that_is_away_keeps_nothing_and_says_so(bucket: Bucket, settings: Any, practice: Practice) -> None:
    refuse(settings, f"http://127.0.0.1:{free_port()}", bucket)
    with pytest.raises(Refused) as refused:
        made.kept(made.accepted(CONTENT), practice)
    assert (refused.value.field, refused.value.sentence) == ("file", NOT_KEPT)
    assert StoredFile.objects.count() == 0


def test_a_file_of_a_storage_that_is_away_is_not_called_missing(
    stored: StoredFile, settings: Any, bucket: Bucket
) -> None:
    refuse(settings, f"http://127.0.0.1:{free_port()}", bucket)
    with pytest.raises(keeping.Away) as away:
        keeping.read(stored)
    assert away.value.sentence == AWAY
    with pytest.raises(OSError, match="the file storage does not answer"):
        list(proof_files.misfits(stored.practice, using="default"))


def test_a_storage_that_hangs_is_given_up_within_seconds(
    bucket: Bucket, settings: Any, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert s3_files.SECONDS_TO_ANSWER * s3_files.TRIES <= 10
    assert s3_files.config().read_timeout == s3_files.SECONDS_OF_LONG_WORK  # of a worker
    monkeypatch.setenv("SERVES_PAGES", "1")
    monkeypatch.setattr(s3_files, "SECONDS_TO_ANSWER", 1)
    with answering(lambda caller: None) as endpoint:
        refuse(settings, endpoint, bucket)
        began = time.monotonic()
        with pytest.raises(health.Unwell):
            health.storage()
        looked = time.monotonic() - began
        with pytest.raises(Refused) as refused:
            made.kept(made.accepted(CONTENT), practice)
    assert refused.value.sentence == NOT_KEPT
    assert StoredFile.objects.count() == 0
    assert looked < 4
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 507 Insufficient Storage\r\n", "because the disk is full"),
        (b"HTTP/1.1 403 Forbidden\r\n", "because the storage did not take it"),
        (b"HTTP/1.1 500 Broken\r\n", "because the storage did not take it"),
    ],
)
def test_a_storage_that_takes_no_more_is_told_as_a_disk_would(
    bucket: Bucket, settings: Any, practice: Practice, answer: bytes, says: str
) -> None:
    def say(caller: socket.socket) -> None:
        caller.recv(100_000)
        caller.sendall(answer + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        caller.shutdown(socket.SHUT_WR)

    with answering(say) as endpoint:
        refuse(settings, endpoint, bucket)
        with pytest.raises(Refused, match=says):
            made.kept(made.accepted(CONTENT), practice)
    assert StoredFile.objects.count() == 0


def test_an_answer_that_is_cut_off_is_no_file(stored: StoredFile, bucket: Bucket, settings: Any) -> None:
    def cut(caller: socket.socket) -> None:
        caller.recv(100_000)
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 29\r\nConnection: close\r\n\r\n" + CONTENT[:10])
        caller.shutdown(socket.SHUT_WR)

    with answering(cut) as endpoint:
        refuse(settings, endpoint, bucket)
        with pytest.raises(keeping.Away):
            keeping.read(stored)


def test_nothing_held_goes_wrong_while_the_storage_is_away(bucket: Bucket, settings: Any, cast: Cast) -> None:
    refuse(settings, f"http://127.0.0.1:{free_port()}", bucket)
    token = held.hold(made.accepted(CONTENT), Looked("read"), practice=cast.practice, person=cast.staff)
    known = held.read_token(token, practice=cast.practice, person=cast.staff)
    assert known
    held.drop(cast.practice, known.sha256)
    assert held.sweep() == 0
    with pytest.raises(Refused, match="We no longer have this file"):
        held.take(known)


def test_a_download_while_the_storage_is_away_is_a_page_with_a_sentence(
    in_bucket: Bucket, settings: Any, cast: Cast, browse: Callable[..., Client]
) -> None:
    vendor = factories.make_vendor(practice=cast.practice)
    evidence = factories.make_evidence(
        vendor=vendor, checked_by=cast.owner, file=made.kept(made.accepted(), cast.practice)
    )
    refuse(settings, f"http://127.0.0.1:{free_port()}", in_bucket)
    response = browse(cast.owner).get(f"/evidence/{evidence.uid}/download/")
    assert (response.status_code, AWAY in response.content.decode()) == (503, True)


def test_a_backup_while_the_storage_is_away_is_none(
    stored: StoredFile, bucket: Bucket, settings: Any, tmp_path: Path
) -> None:
    refuse(settings, f"http://127.0.0.1:{free_port()}", bucket)
    with pytest.raises(Refused, match="The file storage does not answer, so there is no backup"):
        runs.make(tmp_path, "five words of an invented passphrase")
    assert list(tmp_path.glob("*.tar")) == []


def test_a_document_waits_for_a_storage_that_is_away() -> None:
    kept = Refused(NOT_KEPT)
    kept.__cause__ = store.StorageAway("EndpointConnectionError")
    assert jobs.is_of_others(kept)
