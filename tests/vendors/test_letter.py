"""The letter that asks a vendor for what its agreement lacks: to copy, to mail, and as a sealed PDF."""

import json
from datetime import date
from urllib.parse import unquote

import pikepdf
import pytest
import time_machine
from pdfua import Severity, validate

from practice_vetting.core.documents import jobs
from practice_vetting.core.models import Document, Job, LedgerEntry
from tests.checklists import paper
from tests.checklists.kits import attached, bytes_of
from tests.core.pdf_tools import missing_glyphs, tool
from tests.factories import make_agreement, make_reading, make_tool, make_vendor
from vendors.letters import letter_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TODAY = date(2026, 11, 21)
FORM_ID = "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e61"
SIGNED = {"practice_signed_on": date(2026, 1, 5), "vendor_signed_on": date(2026, 1, 9)}


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def agreement(cast):
    vendor = make_vendor(practice=cast.practice, contact_name="Priya Raman", contact_email="priya@notewell.example")
    make_tool(vendor=vendor)
    return make_agreement(vendor=vendor, vendor_party="Notewell, Inc.", **SIGNED)


@pytest.fixture
def lacking(cast, agreement):
    for code, status, columns in [
        ("B01", "present", {}),
        ("B09", "partial", {"page": "3", "quote": "Vendor uses reasonable\nefforts."}),
        ("B30", "absent", {}),
        ("B19", "present", {"days": 90, "page": "4"}),
        ("B33", "present", {"days": 10}),
        ("B31", "partial", {}),
        ("B45", "absent", {}),
        ("B04", "absent", {}),
    ]:
        make_reading(agreement=agreement, by=cast.officer, code=code, status=status, **columns)
    return agreement


def told(agreement):
    return letter_of(agreement, person="Dana Okafor", on=TODAY)


def test_it_asks_for_each_clause_that_is_wanting_the_needed_ones_first(lacking):
    letter = told(lacking)
    assert ([point.code for point in letter.needed], [point.code for point in letter.advised]) == (
        ["B09", "B19"],
        ["B31", "B30", "B33"],
    )


def test_its_text_names_the_agreement_each_clause_its_source_and_what_comes_next(lacking):
    text = told(lacking).text
    for words in (
        "Hello Priya Raman,",
        "business associate agreement (BAA) between Harbor Light Counseling and Notewell, Inc.",
        "signed by both of us on 9 Jan 2026",
        "1. Sub-processors bound in the same way (B09)",
        "It is only partly there. Required by rule: 45 CFR 164.504(e)(2)(ii)(D)",
        "Your text (page 3): “Vendor uses reasonable efforts.”",
        "Please promise that each sub-processor with our patient data signs the same limits",
        "It gives 90 days, and the rule allows 60 at most (45 CFR 164.410(b)).",
        "WHAT HAPPENS NEXT",
        "Kind regards,\nDana Okafor\nHarbor Light Counseling",
    ):
        assert words in text


def test_it_begins_with_a_capital_and_promises_no_signature(lacking):
    text = told(lacking).text
    assert ("Hello Priya Raman,\n\nThank you for the" in text, "and sign it" in text) == (True, False)


def test_a_letter_of_one_point_speaks_of_one(cast, agreement):
    make_reading(agreement=agreement, by=cast.officer, code="B09", status="partial")
    text = told(agreement).text
    assert ("There is 1 point" in text, "It stands below" in text, "Each one" in text) == (True, True, False)


def test_the_mail_program_gets_the_whole_text_and_no_second_header(lacking):
    address = told(lacking).mailto("priya@notewell.example?bcc=x@y.example")
    assert address.startswith("mailto:priya@notewell.example%3Fbcc%3Dx@y.example?subject=Our%20business")
    assert unquote(address.partition("&body=")[2]).replace("\r\n", "\n") == told(lacking).text


def test_an_amendment_in_force_answers_for_a_clause(cast, lacking):
    amendment = make_agreement(vendor=lacking.vendor, kind_of="amendment", amends=lacking, tools=[], **SIGNED)
    make_reading(agreement=amendment, by=cast.officer, code="B19", days=5)
    assert [point.code for point in told(lacking).needed] == ["B09"]


def test_with_nothing_wanting_there_is_no_letter(cast, agreement, browse):
    client = browse(cast.officer)
    assert "Nothing to ask for" in client.get(f"/agreements/{agreement.uid}/letter/").content.decode()
    client.post(f"/agreements/{agreement.uid}/letter/pdf/", {"form_id": FORM_ID})
    assert Job.objects.count() == 0


@pytest.mark.parametrize(("person", "status"), [("owner", 200), ("officer", 200), ("staff", 403), ("auditor", 403)])
def test_who_may_write_it(cast, lacking, browse, person, status):
    assert browse(getattr(cast, person)).get(f"/agreements/{lacking.uid}/letter/").status_code == status


def test_the_page_shows_the_points_the_text_and_the_way_to_the_mail_program(cast, lacking, browse):
    page = browse(cast.officer).get(f"/agreements/{lacking.uid}/letter/").content.decode()
    assert ("B09 Sub-processors bound" in page, "mailto:priya@notewell.example" in page) == (True, True)


def test_the_same_form_makes_one_sealed_letter(cast, lacking, browse, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    client = browse(cast.officer)
    for _ in range(2):
        client.post(f"/agreements/{lacking.uid}/letter/pdf/", {"form_id": FORM_ID})
    job = Job.objects.get()
    assert LedgerEntry.objects.filter(verb="letter.requested").count() == 1
    jobs.run(job.uid)
    job.refresh_from_db()
    assert job.last_error == ""
    document = Document.objects.select_related("file__practice").get(job=job)
    path = tmp_path / "letter.pdf"
    path.write_bytes(bytes_of(document))
    assert document.title == "Letter to Notewell about the business associate agreement (BAA)"
    sound(path)
    words = paper.words_of(path.read_bytes())
    assert ("Sub-processors bound in the same way" in words, "How to check this document" in words) == (True, True)
    snapshot = json.loads(attached(path.read_bytes())["snapshot.json"])
    assert [point["code"] for point in snapshot["letter"]["needed"]] == ["B09", "B19"]


def sound(path):
    """As the other papers: PDF/A-3A and PDF/UA-1, tagged, its signature over the whole file, no glyph missing."""
    assert "Total document signed" in tool("pdfsig", path)
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", path)
    assert {each.rule_id for each in validate(path).findings if each.severity is not Severity.WARNING} == set()
    assert missing_glyphs(path.read_bytes()) == 0
    with pikepdf.open(path) as document, document.open_metadata() as packet:
        assert (packet["pdfaid:part"], packet["pdfaid:conformance"], packet["pdfuaid:part"]) == ("3", "A", "1")
        assert (bool(document.Root.MarkInfo.Marked), str(document.Root.Lang)) == (True, "en-US")
