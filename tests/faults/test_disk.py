"""F11 and F13: the disk is full, or can only be read, at an upload, at a document, and where the log is written."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Report
from tests.faults.desk import fresh_pdf, journals_of, signed_in, upload
from tests.faults.installation import Installation
from tests.faults.officers import Officer
from tests.faults.processes import Process
from tests.faults.small_disk import SmallDisk, small_disk
from tests.services import wait_until

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    with small_disk(tmp_path_factory.mktemp("disk") / "data", megabytes=160) as mounted:
        yield mounted


@pytest.fixture(scope="module")
def site(disk: SmallDisk) -> Iterator[Installation]:
    """One of each, whose folder, temporary files and logs lie on the small disk; PostgreSQL is elsewhere."""
    (disk.place / "tmp").mkdir()
    with Installation(disk.place.parent, web=1, workers=1, clocks=1, TMPDIR=str(disk.place / "tmp")) as running:
        running.arrange(practices=1, officers=2)
        yield running


@pytest.fixture(scope="module")
def officer(site: Installation) -> Officer:
    return signed_in(site, 1, most=1)[0]


def logs_in(site: Installation, folder: Path, **environment: str) -> None:
    """Start all of ours again, with their logs and what the clock remembers in this folder."""
    for each in site.ours:
        each.stop()
        each.log = folder / each.log.name
        if "--schedule" in each.command:
            each.command[each.command.index("--schedule") + 1] = str(folder / "clock")
        each.start(**environment)
    site.heals()


def health(site: Installation) -> Any:
    [port] = site.front.backends
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": "localhost"})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as red:
        return json.load(red)


def kept(site: Installation) -> tuple[Any, list[str]]:
    """Rows of files and evidence, and all files that are in the storage or were left in the temporary folder."""
    places = [site.data_dir / "files", site.data_dir / "tmp"]
    rows = site.postgresql.ask("SELECT (SELECT count(*) FROM core_storedfile), (SELECT count(*) FROM vendors_evidence)")
    return rows, sorted(str(path) for place in places for path in place.rglob("*") if path.is_file())


def job_says(site: Installation) -> str:
    return str(site.postgresql.ask("SELECT last_error FROM core_job ORDER BY id DESC LIMIT 1")[0][0])


def goes_wrong_and_heals(site: Installation, officer: Officer, words: str) -> None:
    """What a person sees while nothing can be written: a sentence, and nothing of the file anywhere."""
    before = kept(site)
    answer = upload(officer, fresh_pdf(officer))
    assert answer is not None
    assert (answer.status_code, words in " ".join(answer.text.split())) == (422, True), answer.text[-3000:]
    assert kept(site) == before
    officer.answer()  # what needs no disk of ours is saved all the same
    officer.look()
    wait_until(lambda: health(site)["storage"] is False, "health tells of the disk")  # its answer is kept for 2 seconds
    officer.dossier()
    wait_until(lambda: job_says(site) != "", "the document was tried", 90)


def everything_runs(processes: list[Process]) -> None:
    ended = [f"{each.name}: {each.said()[-800:]}" for each in processes if not each.is_alive]
    assert ended == []


def test_a_full_disk_is_told_and_keeps_nothing_by_half(
    site: Installation, disk: SmallDisk, officer: Officer, report: Report
):
    report.fault("F11", "disk full at an upload, at a document, and under the logs of every process")
    (disk.place / "logs").mkdir()
    logs_in(site, disk.place / "logs")
    officer.evidence()
    disk.fill()
    goes_wrong_and_heals(site, officer, "because the disk is full; nothing was saved")
    report.counts |= {"the document waits with": job_says(site)}
    everything_runs(site.ours)
    disk.make_room()
    report.healing(site)
    officer.evidence()
    report.holds(site, [officer.journal])
    assert "disk is full" in report.counts["the document waits with"]


def test_a_disk_that_can_only_be_read_is_told_and_keeps_nothing_by_half(
    site: Installation, disk: SmallDisk, officer: Officer, report: Report
):
    report.fault("F13", "the file system of the files can only be read, for a while")
    logs_in(site, site.folder, TMPDIR=str(site.folder))  # nobody may have a file open there for writing
    officer.evidence()
    disk.read_only(is_so=True)
    try:
        goes_wrong_and_heals(site, officer, "nothing was saved")
        everything_runs(site.ours)
    finally:
        disk.read_only(is_so=False)
    report.counts |= {"the document waits with": job_says(site)}
    report.healing(site)
    officer.evidence()
    report.holds(site, journals_of([officer]))
