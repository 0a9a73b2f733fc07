"""Taking everything of a practice away: open files that explain themselves, and nothing that opens anything."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from practice_vetting.core import clock
from practice_vetting.core.archive import export, exports
from practice_vetting.core.archive.practice_rows import kinds
from practice_vetting.core.files import orphans
from practice_vetting.core.models import LedgerEntry, Person, PracticeExport, Record
from practice_vetting.core.people import invite
from tests import files as made
from tests.conftest import Cast
from tests.core.document_kinds import make_document
from tests.core.factors import give_app
from tests.doors import read_out
from tests.factories import arranging, make_vendor
from vendors.models import Evidence

pytestmark = pytest.mark.django_db

Browse = Callable[[Person], Client]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker takes each export at once."""
    monkeypatch.setattr(exports, "wake", exports.make)


def taken(practice: Any) -> zipfile.ZipFile:
    out = io.BytesIO()
    export.write(practice, out)
    return zipfile.ZipFile(out)


def lines(zipped: zipfile.ZipFile, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in zipped.read(f"data/{kind}.jsonl").splitlines()]


def full(cast: Cast) -> Any:
    """A practice with a vendor, a document, evidence and somebody with a second factor."""
    vendor = make_vendor(practice=cast.practice, name="=Notewell")
    paper = made.kept(made.accepted(made.pdf(), "paper.pdf", "application/pdf", 1), cast.practice)
    with arranging():
        Evidence(
            practice=cast.practice, vendor=vendor, number=1, title="SOC 2", checked_by=cast.officer, file=paper
        ).save()
    make_document(subject=cast.owner.memberships.get())
    give_app(cast.owner)
    return vendor


def test_each_kind_of_record_is_there_as_rows_and_as_a_table(cast: Cast):
    full(cast)
    zipped = taken(cast.practice)
    for kind in kinds():
        rows = lines(zipped, kind.name)
        table = list(csv.reader(io.StringIO(zipped.read(f"data/{kind.name}.csv").decode("utf-8-sig"))))
        assert (table[0], len(table) - 1) == (kind.columns, len(rows))
    assert [row["name"] for row in lines(zipped, "vendors_vendor")] == ["=Notewell"]
    assert b'"\'=Notewell"' in zipped.read("data/vendors_vendor.csv")


def test_every_record_is_of_some_kind():
    from django.apps import apps

    records = {model for model in apps.get_models() if issubclass(model, Record)}
    assert records - {kind.model for kind in kinds()} == set()


def test_evidence_and_documents_are_there_once_and_every_hash_fits(cast: Cast):
    full(cast)
    zipped = taken(cast.practice)
    assert zipped.read("documents/PV-2026-0001 Attestation- Notewell.pdf") == b"sealed"
    assert zipped.read(f"files/{hashlib.sha256(made.pdf()).hexdigest()}.pdf") == made.pdf()
    listed = dict(reversed(line.split("  ", 1)) for line in zipped.read("SHA256SUMS").decode().splitlines())
    assert listed == {
        name: hashlib.sha256(zipped.read(name)).hexdigest() for name in zipped.namelist() if name != "SHA256SUMS"
    }


def test_the_readme_explains_each_file_and_column(cast: Cast):
    page = taken(cast.practice).read("README.html").decode()
    for kind in kinds():
        assert f'<h3 id="{kind.name}">{kind.name}' in page
        assert [name for name in kind.columns if f"<code>{name}</code>" not in page] == []
    assert "days from the due date" in page


def test_nothing_in_it_opens_anything(cast: Cast, browse: Browse):
    full(cast)
    browse(cast.owner)
    link = invite(practice=cast.practice, by=cast.owner, email="new@x.example", name="New", role="staff").link
    zipped = taken(cast.practice)
    whole = b"".join(zipped.read(name) for name in zipped.namelist())
    hashes = [person.password.encode() for person in Person.objects.all()]
    assert [word for word in [*hashes, link.rstrip("/").rsplit("/", 1)[1].encode(), b"totp"] if word in whole] == []


def test_nothing_of_another_practice_is_in_it(cast: Cast, strangers: Cast):
    make_vendor(practice=strangers.practice, name="Theirs alone")
    full(cast)
    zipped = taken(cast.practice)
    whole = b"".join(zipped.read(name) for name in zipped.namelist())
    theirs = ["Theirs alone", strangers.practice.uid, strangers.practice.name, strangers.owner.email]
    assert [word for word in theirs if word.encode() in whole] == []


@pytest.mark.parametrize("why", ["virus", "quarantined", "missing", "changed"])
def test_a_file_that_nobody_may_have_is_named_and_left_out(cast: Cast, why: str):
    evidence = full(cast).evidence.get()
    with arranging(cast.staff):
        if why == "virus":
            evidence.file.scan_state, evidence.file.scanned_at, evidence.file.virus = "infected", clock.now(), "X"
            evidence.file.save()
        if why == "quarantined":
            evidence.quarantined_at, evidence.quarantined_by = clock.now(), cast.staff
            evidence.quarantine_reason = "A patient"
            evidence.save()
    place = Path(default_storage.path(evidence.file.path))
    if why == "missing":
        place.unlink()
    if why == "changed":
        place.write_bytes(b"something else")
    zipped = taken(cast.practice)
    assert [name for name in zipped.namelist() if name.startswith("files/")] == []
    [noted] = json.loads(zipped.read("format.json"))["missing"]
    assert noted["sha256"] == evidence.file.sha256
    assert evidence.file.sha256 in zipped.read("README.html").decode()


def test_an_owner_asks_a_worker_makes_and_the_owner_takes_it(
    cast: Cast, browse: Browse, now: None, django_capture_on_commit_callbacks: Any
):
    full(cast)
    client = browse(cast.owner)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("core:exports")).status_code == 302
    done = PracticeExport.objects.get()
    assert (done.state, done.problem) == ("done", "")
    content = read_out(client.get(reverse("core:download_export", args=[done.uid])))
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (done.sha256, done.size)
    assert json.loads(zipfile.ZipFile(io.BytesIO(content)).read("format.json"))["practice_uid"] == cast.practice.uid
    told = LedgerEntry.objects.filter(verb__startswith="practice.export").values_list("verb", "person_name")
    assert sorted(told) == [("practice.export_asked", "Maria Reyes"), ("practice.export_downloaded", "Maria Reyes")]


def test_two_clicks_make_one_file(cast: Cast, browse: Browse, monkeypatch: pytest.MonkeyPatch):
    client = browse(cast.owner)
    for _ in range(2):
        client.post(reverse("core:exports"))
    assert PracticeExport.objects.count() == 1


def test_after_a_day_the_file_is_gone(cast: Cast, browse: Browse):
    asked = exports.ask(practice=cast.practice, by=cast.owner)
    exports.make(asked.uid)
    with clock.set_to(clock.now() + timedelta(days=1, minutes=1)):
        orphans.sweep_files()
        client = browse(cast.owner)
        answer = client.get(reverse("core:download_export", args=[asked.uid]), follow=True)
    assert exports.GONE in answer.content.decode().replace("&#x27;", "'")
    assert not default_storage.exists(asked.path)


def test_a_worker_that_died_is_followed_by_another_and_the_third_gives_up(cast: Cast):
    asked = exports.ask(practice=cast.practice, by=cast.owner)
    dead = {"state": "running", "lease_until": clock.now() - timedelta(seconds=1)}
    PracticeExport.objects.update(**dead, attempts=1)
    exports.make(asked.uid)
    assert PracticeExport.objects.get().state == "done"
    PracticeExport.objects.update(**dead, finished_at=None, attempts=3)
    exports.make(asked.uid)
    assert PracticeExport.objects.get().problem == "The worker was ended in the middle of it, three times."


def test_a_full_disk_is_said_and_leaves_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch, settings: Any):
    def full_disk(practice: Any, out: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "write", full_disk)
    asked = exports.ask(practice=cast.practice, by=cast.owner)
    exports.make(asked.uid)
    assert PracticeExport.objects.get().problem == exports._DISK
    assert list((settings.DATA_DIR / "work").iterdir()) == []


@pytest.mark.parametrize("role", ["officer", "staff", "auditor"])
def test_nobody_but_an_owner_takes_it(role: str, cast: Cast, browse: Browse):
    client = browse(getattr(cast, role))
    asked = exports.ask(practice=cast.practice, by=cast.owner)
    urls = [reverse("core:exports"), reverse("core:download_export", args=[asked.uid])]
    assert [client.get(url).status_code for url in urls] == [403, 403]


def test_the_command_wants_to_know_which_of_two(cast: Cast, strangers: Cast, tmp_path: Path):
    with pytest.raises(CommandError, match="Harbor Light Counseling, Quiet Pines Therapy"):
        call_command("export_practice", to=tmp_path / "all.zip")
    call_command("export_practice", to=tmp_path / "all.zip", practice=cast.practice.name)
    assert (tmp_path / "all.zip").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_stays_as_it_is(cast: Cast, tmp_path: Path):
    (tmp_path / "last-year.zip").write_text("the export of last year")
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_practice", to=tmp_path / "last-year.zip")
    assert (tmp_path / "last-year.zip").read_text() == "the export of last year"


def test_a_worker_whose_turn_is_over_says_nothing_any_more(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    """Another took it over in the meantime: what became of it is theirs to say."""
    asked = exports.ask(practice=cast.practice, by=cast.owner)
    theirs = clock.now() + timedelta(hours=3)

    def slow(export: PracticeExport) -> dict[str, Any]:
        PracticeExport.objects.update(lease_until=theirs)
        return {"state": "done", "size": 1, "sha256": "a" * 64}

    monkeypatch.setattr(exports, "_made", slow)
    exports.make(asked.uid)
    asked.refresh_from_db()
    assert (asked.state, asked.lease_until, asked.size) == ("running", theirs, 0)
