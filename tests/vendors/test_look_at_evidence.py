"""Looking at evidence: pages drawn anew as pictures, text as text, each look written down once in a while."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from practice_vetting.core import clock
from practice_vetting.core.files import keeping
from practice_vetting.core.models import LedgerEntry
from practice_vetting.core.models.stored_file import StoredFile
from tests import factories
from tests import files as made
from tests.conftest import Cast
from vendors.actions.evidence import add_evidence
from vendors.models import Evidence

Browse = Callable[..., Client]


@pytest.fixture
def keep(cast: Cast) -> Callable[..., Evidence]:
    """Evidence of the practice whose file is these bytes."""
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)

    def kept(content: bytes, name: str) -> Evidence:
        accepted = keeping.accept(practice=cast.practice, upload=made.upload(content, name))
        return add_evidence(vendor=vendor, by=cast.officer, accepted=accepted, no_patient_data=True)

    return kept


def looks() -> list[str]:
    return [entry.person_name for entry in LedgerEntry.objects.filter(verb="evidence.viewed").order_by("seq")]


def drawn(response: Any) -> Image.Image:
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/png")
    return Image.open(io.BytesIO(response.content))


def test_the_page_leads_to_a_picture_of_each_page(cast: Cast, browse: Browse, keep: Callable[..., Evidence]) -> None:
    report = keep(made.pdf(pages=3), "report.pdf")
    page = browse(cast.auditor).get(f"/evidence/{report.uid}/", {"page": "2"}).content.decode()
    assert "Page 2 of 3</h2>" in page
    assert [part in page for part in ['href="?page=1#look"', 'href="?page=3#look"']] == [True, True]
    assert f'src="/evidence/{report.uid}/pages/2/"' in page


@pytest.mark.parametrize(("asked", "shown"), [("0", 1), ("99", 3), ("x", 1), ("9" * 400, 1), ("²", 1), ("-1", 1)])
def test_a_page_that_is_not_there_is_the_nearest(
    cast: Cast, browse: Browse, keep: Callable[..., Evidence], asked: str, shown: int
) -> None:
    report = keep(made.pdf(pages=3), "report.pdf")
    response = browse(cast.staff).get(f"/evidence/{report.uid}/", {"page": asked})
    assert (response.status_code, response.context["look"].number) == (200, shown)


def test_without_asking_nothing_is_shown(cast: Cast, browse: Browse, keep: Callable[..., Evidence]) -> None:
    log = keep(b"actor,action\r\nmodel,drafted\r\n", "log.csv")
    response = browse(cast.staff).get(f"/evidence/{log.uid}/")
    assert (response.context["look"], looks()) == (None, [])
    assert 'href="?page=1#look">Look at it</a>' in response.content.decode()


def test_a_pdf_page_is_drawn_within_bounds(cast: Cast, browse: Browse, keep: Callable[..., Evidence]) -> None:
    report = keep(made.pdf(pages=2), "report.pdf")
    picture = drawn(browse(cast.auditor).get(f"/evidence/{report.uid}/pages/2/"))
    assert (picture.width, picture.height <= 2500, looks()) == (1200, True, ["Alex Tan"])


@pytest.mark.parametrize("size", [(12_000, 800), (300, 9_000), (1, 1)])
def test_a_picture_is_made_small(
    cast: Cast, browse: Browse, keep: Callable[..., Evidence], size: tuple[int, int]
) -> None:
    flow = keep(made.png(width=size[0], height=size[1]), "flow.png")
    picture = drawn(browse(cast.staff).get(f"/evidence/{flow.uid}/pages/1/"))
    assert picture.width <= 1200
    assert picture.width * picture.height <= 3_000_000


def test_what_a_picture_carries_is_not_in_its_preview(
    cast: Cast, browse: Browse, keep: Callable[..., Evidence]
) -> None:
    out, said = io.BytesIO(), PngInfo()
    said.add_text("Comment", "taken at the front desk")
    Image.new("RGB", (20, 20), "red").save(out, "PNG", pnginfo=said)
    flow = keep(out.getvalue(), "flow.png")
    response = browse(cast.staff).get(f"/evidence/{flow.uid}/pages/1/")
    assert (b"front desk" in out.getvalue(), b"front desk" in response.content) == (True, False)
    assert drawn(response).convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_no_browser_takes_the_picture_for_anything_else(
    cast: Cast, browse: Browse, keep: Callable[..., Evidence]
) -> None:
    headers = browse(cast.staff).get(f"/evidence/{keep(made.jpeg(), 'a.jpg').uid}/pages/1/").headers
    names = ["X-Content-Type-Options", "Content-Security-Policy", "Cache-Control", "Cross-Origin-Resource-Policy"]
    assert [headers[name] for name in names] == ["nosniff", "sandbox; default-src 'none'", "no-store", "same-origin"]


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("log.csv", b"who;what\n<b>x</b>;1\n", "&lt;b&gt;x&lt;/b&gt;;1"),
        ("note.txt", "Stra\u00dfe \u202eabc".encode(), "Stra\u00dfe abc"),
        ("answer.eml", made.eml(), "Subject: Your question"),
    ],
)
def test_text_is_shown_as_text(
    cast: Cast, browse: Browse, keep: Callable[..., Evidence], name: str, content: bytes, shown: str
) -> None:
    response = browse(cast.auditor).get(f"/evidence/{keep(content, name).uid}/", {"page": "1"})
    assert shown in response.content.decode()
    assert looks() == ["Alex Tan"]


def test_long_text_is_cut_and_says_so(cast: Cast, browse: Browse, keep: Callable[..., Evidence]) -> None:
    response = browse(cast.staff).get(f"/evidence/{keep(b'word ' * 9000, 'note.txt').uid}/", {"page": "1"})
    assert len(response.context["look"].text.text) == 20_000
    assert "This is the beginning. Download the file to read on." in response.content.decode()


def test_an_office_file_is_not_shown_and_says_why(cast: Cast, browse: Browse, keep: Callable[..., Evidence]) -> None:
    policy = keep(made.docx(), "policy.docx")
    response = browse(cast.staff).get(f"/evidence/{policy.uid}/", {"page": "1"})
    assert "Word and Excel files cannot be shown here. Download the file to read it." in response.content.decode()
    assert browse(cast.staff).get(f"/evidence/{policy.uid}/pages/1/").status_code == 422
    assert looks() == []


def test_turning_pages_is_one_look_until_ten_minutes_are_over(
    cast: Cast, browse: Browse, keep: Callable[..., Evidence]
) -> None:
    report, staff = keep(made.pdf(pages=2), "report.pdf"), browse(cast.staff)
    for number in (1, 2, 1):
        staff.get(f"/evidence/{report.uid}/pages/{number}/")
    browse(cast.owner).get(f"/evidence/{report.uid}/pages/1/")
    with clock.set_to(clock.now() + timedelta(minutes=10)):
        staff.get(f"/evidence/{report.uid}/pages/2/")
    assert looks() == ["Sam Lindqvist", "Maria Reyes", "Sam Lindqvist"]


def test_a_damaged_file_is_not_drawn_and_its_page_answers(
    cast: Cast, browse: Browse, keep: Callable[..., Evidence]
) -> None:
    report = keep(made.pdf(), "report.pdf")
    default_storage.delete(report.file.path)
    response = browse(cast.staff).get(f"/evidence/{report.uid}/pages/1/")
    assert (response.status_code, response.content.decode(), looks()) == (
        422,
        "This file is missing from the storage. Restore it from a backup, or add it again.",
        [],
    )


def test_an_infected_file_is_shown_to_nobody(cast: Cast, browse: Browse, keep: Callable[..., Evidence]) -> None:
    log = keep(b"actor,action\r\n", "log.csv")
    StoredFile.objects.update(scan_state="infected", scanned_at=clock.now(), virus="Test.Virus")
    page = browse(cast.staff).get(f"/evidence/{log.uid}/", {"page": "1"}).content.decode()
    assert "It contains a virus (Test.Virus), so nobody gets it any more. Ask for a clean copy." in page
    assert "actor,action" not in page


def test_a_stranger_sees_no_page(strangers: Cast, browse: Browse, keep: Callable[..., Evidence]) -> None:
    report = keep(made.pdf(), "report.pdf")
    assert browse(strangers.owner).get(f"/evidence/{report.uid}/pages/1/").status_code == 404
    assert looks() == []
