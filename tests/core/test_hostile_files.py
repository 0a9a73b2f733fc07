"""Files of somebody who means harm meet their sentence at the real form, and nothing of them stays behind."""

import hashlib
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils.html import escape

from practice_vetting.core.files import keeping
from practice_vetting.core.models import LedgerEntry
from practice_vetting.core.models.stored_file import StoredFile
from tests import factories, services
from tests import files as made
from tests.conftest import Cast
from tests.hostile import EICAR, HOSTILE, Hostile
from tests.malformed import mutants
from vendors.models import Evidence, Vendor

pytestmark = pytest.mark.any_database

Send = Callable[..., Any]
A_TURN, TURNS = 30, 7  # malformed PDFs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everything temporary goes."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice, name="Notewell")
    factories.make_standing(vendor=vendor)
    return vendor


@pytest.fixture
def send(
    cast: Cast, notewell: Vendor, browse: Callable[..., Client], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Send:
    """Sends the evidence form as a browser would that takes any file name; a child has 300 MB."""
    monkeypatch.setattr(keeping, "INSPECT_MEGABYTES", 300)
    client = browse(cast.officer)

    def sent(content: bytes, name: str) -> Any:
        form = {
            "title": "Kept all the same",
            "kind_of": "policy",
            "no_patient_data": "on",
            "form_id": str(uuid.uuid4()),
        }
        return client.post(f"/vendors/{notewell.uid}/evidence/add/", *multipart(form, content, name))

    return sent


def multipart(form: dict[str, str], content: bytes, name: str) -> tuple[bytes, str]:
    edge = "----the-edge-of-a-part"
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{form[key]}\r\n' for key in form]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    body = "".join(parts).encode() + head.encode() + b"Content-Type: application/pdf\r\n\r\n" + content
    return body + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def left_behind(folder: Path) -> tuple[int, int, int, list[Path]]:
    """Rows of files, of evidence and of the ledger, and files in the storage or anywhere temporary."""
    places = [Path(default_storage.location), folder]
    found = [path for place in places for path in place.rglob("*")]
    return StoredFile.objects.count(), Evidence.objects.count(), LedgerEntry.objects.count(), found


def refused(response: Any, sentence: str) -> None:
    page = response.content.decode()
    assert (response.status_code, response.context["form"].errors.get("file")) == (422, [sentence])
    assert escape(sentence) in page
    assert 'value="Kept all the same"' in page
    assert '<option value="policy" selected>' in page


def test_there_are_enough_of_them() -> None:
    assert len({hashlib.sha256(f"{each.name}{each.what}".encode()).digest() for each in HOSTILE}) >= 100


@pytest.mark.django_db
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.what)
def test_a_hostile_file_meets_its_sentence_and_leaves_nothing(hostile: Hostile, send: Send, folder: Path) -> None:
    refused(send(hostile.make(), hostile.name), hostile.sentence)
    assert left_behind(folder) == (0, 0, 0, [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("x" * 296 + ".pdf", "x" * 251 + ".pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("..\\\\..\\\\boot.pdf", "boot.pdf"),
        ("fdp.\u202eexe.pdf", "fdp.exe.pdf"),
        ("<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf"),
    ],
)
def test_a_name_is_a_label_and_nothing_more(name: str, kept: str, send: Send, browse: Any, cast: Cast) -> None:
    send(made.pdf(), name)
    evidence = Evidence.objects.get()
    assert (evidence.file_name, evidence.file.path.rpartition("/")[2]) == (kept, evidence.file.sha256)
    assert escape(kept) in browse(cast.staff).get(f"/evidence/{evidence.uid}/").content.decode()


@pytest.fixture(scope="module")
def clamd() -> Iterator[services.Clamd]:
    with services.clamd(virus=EICAR) as running:
        yield running


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.txt", lambda: EICAR),
        ("a.docx", lambda: made.docx({"word/media/a.bin": EICAR})),
        ("a.pdf", lambda: made.pdf().replace(b"%%EOF", b"%" + EICAR + b"\n%%EOF")),
    ],
)
def test_a_virus_leaves_its_line_in_the_ledger_and_nothing_else(
    name: str, make: Callable[[], bytes], send: Send, folder: Path, clamd: services.Clamd, settings: Any
) -> None:
    settings.CLAMAV_SOCKET = clamd.path
    sentence = "This file contains a virus, so it was not kept. Delete it, and ask the vendor for a clean one."
    refused(send(make(), name), sentence)
    verbs = set(LedgerEntry.objects.values_list("verb", flat=True))
    assert verbs == {"file.refused_infected", "reminder.made"}
    rows, evidence, _, found = left_behind(folder)
    assert (rows, evidence, found) == (0, 0, [])


# Without the mark of a database test: the run on PostgreSQL would only repeat what no database decides.
@pytest.mark.parametrize("turn", range(TURNS))
def test_a_malformed_pdf_is_refused_or_kept_whole_and_never_a_fault(
    turn: int, send: Send, folder: Path, browse: Callable[..., Client], cast: Cast
) -> None:
    reader, kept = browse(cast.auditor), 0
    for content in mutants(A_TURN, seed=turn):
        response = send(content, "report.pdf")
        assert response.status_code in {302, 422}
        if response.status_code == 422:
            assert response.context["form"].errors["file"]
            assert StoredFile.objects.count() == kept
            continue
        kept += 1
        evidence = Evidence.objects.latest("pk")
        with default_storage.open(evidence.file.path) as file:
            assert file.read() == content
        assert reader.get(f"/evidence/{evidence.uid}/", {"page": "1"}).status_code == 200
        drawn = reader.get(f"/evidence/{evidence.uid}/pages/1/")
        assert (drawn.status_code, drawn.headers["Content-Type"]) in PREVIEWS
    assert StoredFile.objects.count() == Evidence.objects.count() == kept
    on_disk = [path for path in Path(default_storage.location).rglob("*") if path.is_file()]
    assert (len(on_disk), list(folder.iterdir())) == (kept, [])


PREVIEWS = {(200, "image/png"), (422, "text/plain; charset=utf-8")}


@pytest.mark.parametrize("turn", range(2))
def test_the_malformed_are_always_the_same(turn: int) -> None:
    first, second = (hashlib.sha256(b"".join(mutants(A_TURN, seed=turn))).digest() for _ in range(2))
    assert first == second
