"""Virus scanning: refused when found, kept when the scanner is away, withheld when it is found later."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from checklists.models import Evaluation
from practice_vetting.core import health, ledger
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import keeping, scanning, virus_scan
from practice_vetting.core.files.infected import AlreadyJudged, withhold_infected
from practice_vetting.core.models import LedgerEntry, Reminder
from practice_vetting.core.models.stored_file import ScanState, StoredFile
from tests import factories, services
from tests import files as made
from tests.checklists.conftest import cleared, draft
from tests.conftest import Cast
from tests.hostile import EICAR
from vendors.actions.evidence import add_evidence
from vendors.models import Standing

__all__ = ["cleared", "draft"]  # fixtures
pytestmark = pytest.mark.django_db

Browse = Callable[..., Client]
LONGEST = 3 * 1024 * 1024


@pytest.fixture(scope="module")
def clamd() -> Iterator[services.Clamd]:
    with services.clamd(virus=EICAR, longest=LONGEST) as running:
        yield running


@pytest.fixture(params=["path", "address"])
def scanner(request: pytest.FixtureRequest, clamd: services.Clamd, settings: Any) -> str:
    """A real ClamAV, by its socket in a folder or by its port."""
    settings.CLAMAV_SOCKET = getattr(clamd, request.param)
    return str(settings.CLAMAV_SOCKET)


@contextmanager
def fake(answer: bytes | None) -> Iterator[str]:
    """A daemon that says this to anything and hangs up; with None it listens and says nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def talk() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            held.append(line)
            if answer is not None:
                line.recv(10)
                line.sendall(answer)
                line.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for line in held:
            line.close()


def bring(cast: Cast, content: bytes, name: str = "note.txt") -> keeping.Accepted:
    return keeping.accept(practice=cast.practice, upload=made.upload(content, name), by=cast.staff)


def on_file(cast: Cast, content: bytes = EICAR, name: str = "note.txt") -> Any:
    """Evidence that came while no scanner was there."""
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)
    return add_evidence(vendor=vendor, by=cast.officer, accepted=bring(cast, content, name), no_patient_data=True)


def test_a_clean_file_is_kept_with_the_day_of_its_scan(cast: Cast, scanner: str) -> None:
    stored = made.kept(bring(cast, b"plain words"), cast.practice)
    assert (stored.scan_state, stored.scanned_at is not None) == (ScanState.CLEAN, True)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("note.txt", lambda: EICAR),
        ("policy.docx", lambda: made.docx({"word/media/a.txt": EICAR})),
        ("report.pdf", lambda: made.pdf().replace(b"%%EOF", b"%" + EICAR + b"\n%%EOF")),
        ("answer.eml", lambda: made.eml().replace(b"We delete", EICAR)),
    ],
)
def test_an_infected_file_is_refused_and_told(
    cast: Cast, clamd: services.Clamd, settings: Any, name: str, make: Callable[[], bytes]
) -> None:
    settings.CLAMAV_SOCKET = clamd.path
    with pytest.raises(Refused) as refused:
        bring(cast, make(), name)
    assert (refused.value.field, refused.value.sentence) == (
        "file",
        "This file contains a virus, so it was not kept. Delete it, and ask the vendor for a clean one.",
    )
    entry = LedgerEntry.objects.get(verb="file.refused_infected")
    assert (entry.person_name, entry.record_label) == ("Sam Lindqvist", name)
    assert "Invented.Test.Virus" in entry.detail["virus"]
    told = Reminder.objects.filter(kind="virus").order_by("id")
    assert [mail.person for mail in told] == [cast.owner, cast.officer]
    assert {mail.subject for mail in told} == {f"A file contains a virus: {name}"}
    assert "Sam Lindqvist brought a file that contains a virus" in told[0].text
    assert StoredFile.objects.count() == 0
    assert ledger.broken_at(cast.practice.uid) is None


def test_without_a_scanner_it_is_said_plainly(cast: Cast, browse: Browse) -> None:
    evidence = on_file(cast)
    assert evidence.file.scan_state == ScanState.NONE
    page = browse(cast.auditor).get(f"/evidence/{evidence.uid}/").content.decode()
    assert "Not scanned: no scanner is set up" in page
    assert scanning.scan_waiting() == 0


@pytest.mark.parametrize(
    "answer",
    [b"", b"garbage\0", b"stream: OK", b"\xff\xfe\0", b"INSTREAM: Access denied. ERROR\0", b"stream: OK FOUND OK\0"],
)
def test_an_answer_that_is_no_judgement_keeps_the_file_waiting(cast: Cast, settings: Any, answer: bytes) -> None:
    with fake(answer) as settings.CLAMAV_SOCKET:
        scan = bring(cast, b"plain words").scan
    expected = ScanState.CLEAN if answer == b"stream: OK" else ScanState.WAITING
    assert scan.state == expected


def test_a_scanner_that_stalls_is_not_waited_for(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virus_scan, "SECONDS_TO_ANSWER", 0.2)
    with fake(None) as settings.CLAMAV_SOCKET:
        stored = made.kept(bring(cast, b"plain words"), cast.practice)
    assert stored.scan_state == ScanState.WAITING


@pytest.mark.parametrize("where", ["/nowhere/clamd.ctl", "127.0.0.1:1", "no-port-at-all:x"])
def test_a_scanner_that_is_away_refuses_nothing(cast: Cast, settings: Any, browse: Browse, where: str) -> None:
    settings.CLAMAV_SOCKET = where
    evidence = on_file(cast, b"plain words")
    assert evidence.file.scan_state == ScanState.WAITING
    assert "Waiting for the scanner" in browse(cast.staff).get(f"/evidence/{evidence.uid}/").content.decode()
    assert scanning.scan_waiting() == 0
    with pytest.raises(health.Unwell, match="the virus scanner does not answer, 1 file to be scanned"):
        health.scanner()


def test_a_file_too_large_for_the_scanner_waits_and_is_not_asked_about_each_minute(cast: Cast, scanner: str) -> None:
    stored = made.kept(bring(cast, b"word " * LONGEST), cast.practice)
    assert stored.scan_state == ScanState.WAITING
    assert scanning.scan_waiting() == 0
    stored.refresh_from_db()
    assert stored.scan_tried_at is not None
    assert list(scanning._to_scan()) == []


def test_the_sweep_scans_what_came_without_a_scanner(cast: Cast, clamd: services.Clamd, settings: Any) -> None:
    evidence = on_file(cast, b"plain words")
    settings.CLAMAV_SOCKET = clamd.path
    assert (scanning.scan_waiting(), scanning.scan_waiting()) == (1, 0)
    evidence.file.refresh_from_db()
    assert (evidence.file.scan_state, evidence.file.scanned_at is not None) == (ScanState.CLEAN, True)


def test_one_found_later_is_withheld_and_told(cast: Cast, clamd: services.Clamd, settings: Any, browse: Browse) -> None:
    evidence = on_file(cast)
    settings.CLAMAV_SOCKET = clamd.path
    assert scanning.scan_waiting() == 1
    evidence.file.refresh_from_db()
    assert evidence.file.scan_state == ScanState.INFECTED
    response = browse(cast.officer).get(f"/evidence/{evidence.uid}/download/")
    assert response.status_code == 410
    assert "so nobody gets it any more. Ask for a clean copy." in response.context["refusal"]
    entry = LedgerEntry.objects.get(verb="file.found_infected")
    assert (entry.person_name, entry.record_label) == ("Practice Vetting", f"{evidence} of Notewell")
    mail = Reminder.objects.filter(kind="virus", person=cast.owner).get()
    assert f"/evidence/{evidence.uid}/" in mail.text
    assert f"in a file that was on file already: {evidence} of Notewell." in mail.text
    with pytest.raises(Refused, match="contains a virus"):
        bring(cast, EICAR)
    assert default_storage.exists(evidence.file.path)  # evidence, even so
    assert "evidence.downloaded" not in LedgerEntry.objects.values_list("verb", flat=True)


def test_what_rested_on_it_is_open_again(cast: Cast, cleared: Evaluation) -> None:
    standing = Standing.objects.get(vendor=cleared.vendor)
    assert standing.met_count == 5
    for stored in StoredFile.objects.filter(practice=cast.practice):
        withhold_infected(stored=stored, by=None, virus="Test.Virus")
    standing.refresh_from_db()
    assert standing.met_count < 5


def test_two_workers_that_find_it_tell_it_once(cast: Cast) -> None:
    evidence = on_file(cast)
    withhold_infected(stored=evidence.file, by=None, virus="Test.Virus")
    with pytest.raises(AlreadyJudged):
        withhold_infected(stored=evidence.file, by=None, virus="Test.Virus")
    assert LedgerEntry.objects.filter(verb="file.found_infected").count() == 1


def test_the_page_about_the_installation_names_the_scanner_where_there_is_one(
    cast: Cast, browse: Any, scanner: str
) -> None:
    assert health.scanner().endswith(", 0 files to be scanned")
    assert "Virus scanner" in browse(cast.owner).get("/practice/installation/").content.decode()


def test_the_page_about_the_installation_leaves_out_a_scanner_that_is_not_set_up(cast: Cast, browse: Any) -> None:
    assert "Virus scanner" not in browse(cast.owner).get("/practice/installation/").content.decode()


def test_a_file_as_large_as_we_take_goes_to_the_scanner_in_pieces(tmp_path: Path, scanner: str) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(LONGEST - 1))
    with large.open("rb") as file:
        assert virus_scan.scan(file) == ""


def test_a_file_that_the_scanner_cannot_deal_with_stops_no_other(
    cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (made.kept(made.accepted(content), cast.practice) for content in (b"one", b"two"))

    def scan(file: Any) -> str:
        if file.read() == b"one":
            raise virus_scan.ScannerAway("it does not answer")
        return ""

    settings.CLAMAV_SOCKET = "/nowhere"
    monkeypatch.setattr(virus_scan, "scan", scan)
    monkeypatch.setattr(virus_scan, "version", lambda: "ClamAV 1.4.6")
    assert scanning.scan_waiting() == 1
    states = [StoredFile.objects.get(pk=each.pk).scan_state for each in (first, second)]
    assert states == [ScanState.WAITING, ScanState.CLEAN]
