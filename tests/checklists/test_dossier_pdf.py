"""The dossier as a reader meets it: its words, its order, and names that would break it if they could."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader

from checklists import documents, snapshot
from practice_vetting.core import clock
from practice_vetting.core.documents.content import Content
from practice_vetting.core.documents.imprint import imprint_of
from practice_vetting.core.documents.proof import proof_of
from practice_vetting.core.models import Job, Practice
from tests.checklists import paper
from tests.core.pdf_tools import missing_glyphs, rendered
from tests.factories import make_hold
from vendors.actions.holds import lift_hold
from vendors.actions.vendors import add_vendor
from vendors.models import Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SECTIONS = [
    "The five requirements",
    "Told beside the verdict",
    "The nine answers",
    "Tools",
    "Agreements, clause by clause",
    "Evidence on file",
    "Signatures",
    "Reminders",
    "What happened",
    "Certificate of this document",
]
SCRIPT = "<script>alert(1)</script>"
TURNED = "Invoice \u202egnp.exe\u202c"
WIDE = "王小明 Ελένη أحمد \U0001f469\u200d\u2695\ufe0f"
LONG = "W" * 200


def dossier_of(vendor: Vendor, by: Any) -> Content:
    with clock.set_to(paper.PRINTED):
        return documents.dossier(paper.job_for("dossier", vendor, by, number="PV-2026-0008"))


def pdf_of(content: Content) -> bytes:
    return rendered(content.html, title=content.title, author=content.author, language=content.language)


@pytest.fixture(scope="module")
def opened(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), paper.undone():
        yield


@pytest.fixture(scope="module")
def content(opened: None) -> Content:
    with paper.undone():
        story = paper.told()
        return dossier_of(story.vendor, story.cast.owner)


@pytest.fixture(scope="module")
def pdf(content: Content) -> bytes:
    return pdf_of(content)


@pytest.fixture(scope="module")
def words(pdf: bytes) -> str:
    return paper.words_of(pdf)


@pytest.fixture(scope="module")
def hostile(opened: None) -> Content:
    """Every name a person can type is one that tries to break the page."""
    with paper.undone():
        cast = paper.cast_of(name=f"{SCRIPT} {LONG}"[:200], officer=f"{TURNED} {WIDE}", owner=LONG)
        vendor = paper.begun(cast, vendor=LONG, tools=(SCRIPT, TURNED, WIDE))
        paper.agreed(cast, vendor, quote=f"{SCRIPT}{TURNED}{WIDE}{LONG}")
        said = {number: f"{LONG}{LONG}\n{WIDE}\n{SCRIPT}" for number in range(1, 10)}
        paper.file_of(vendor, by=cast.officer, number=7, title=LONG, file_name=f"{TURNED}{LONG}.pdf")
        paper.signed(cast, paper.answered(cast, vendor, said=said))
        return dossier_of(vendor, cast.owner)


@pytest.fixture(scope="module")
def hostile_pdf(hostile: Content) -> bytes:
    return pdf_of(hostile)


def test_the_first_page_is_the_answer(pdf: bytes):
    first = " ".join(PdfReader(BytesIO(pdf)).pages[0].extract_text().split())
    for answer in [
        "Cleared: five of five",
        "Patient data may reach the tools in scope.",
        "This may change by itself on 16 July 2027.",
        "Cleared since 9 November 2026",
        "Intake assistant (AI), Reminder texts (AI)",
        "Substance-use records: yes.",
        "Business associate agreement (BAA), signed by both on 6 November 2026. No patient data has reached it yet",
        "PV-2026-0008, made 21 November 2026, 10:00 PST for Maria Reyes",
        "Open http://localhost:8000/v/",
    ]:
        assert answer in first


def test_it_has_its_sections_as_bookmarks_and_a_list_of_contents_with_pages(pdf: bytes, words: str):
    assert paper.bookmarks(pdf) == ["Claridesk", SECTIONS]
    pages = len(PdfReader(BytesIO(pdf)).pages)
    assert words.count(f"of {pages}") == pages
    contents = words[words.index("CONTENTS") : words.index("1 of ")]
    assert [name for name in SECTIONS if name not in contents] == []


def test_it_is_tagged_with_headings_lists_and_tables(pdf: bytes):
    with pikepdf.open(BytesIO(pdf)) as document:
        found = {str(each.S) for each in document.objects if isinstance(each, pikepdf.Dictionary) and "/S" in each}
    assert {"/H1", "/H2", "/H3", "/Table", "/TH", "/TD", "/LI", "/P"} <= found


def test_policy_is_never_called_law(words: str):
    for name in ("Identifiers stay inside, or travel only under agreement", "A clinician signs before anything enters"):
        row = words[words.index(name) :]
        assert row.index("Our policy") < row.index("45 CFR")
    assert "Requirement 2. No HIPAA rule says to take identifiers out before AI is used." in words


def test_each_clause_has_its_reading_page_and_words(words: str):
    assert (
        "B07 Report of wrong uses and breaches Required by rule Present 10 days 2 “The vendor uses and shares" in words
    )
    assert "43 present, 2 absent. Read by Dana Okafor on 7 November 2026" in words


def test_the_evidence_has_its_whole_hash(words: str):
    hashed = paper.sha256(f"{paper.FILES[1][0]} 2".encode()).hexdigest()
    assert hashed in words.replace(" ", "")


def test_the_certificate_binds_the_content_and_the_ledger(words: str, content: Content):
    data = snapshot.read(content.snapshot)
    joined = words[words.index("Certificate of this document Document") :].replace(" ", "")
    assert content.snapshot_sha256 in joined
    assert data["ledger"]["digest"] in joined
    assert "PracticeVetting0.1.0" in joined


def test_empty_parts_say_so_plainly(words: str):
    assert "No reminder about this vendor was due yet." in words
    assert "It was not reviewed yet." in words


def test_nothing_reaches_into_the_margins(pdf: bytes):
    assert paper.outside(pdf) == []


def test_a_vendor_about_which_nothing_is_known_has_a_dossier_too(opened: None):
    with paper.undone():
        cast = paper.cast_of()
        html = dossier_of(paper.begun(cast, tools=()), cast.owner).html
    for sentence in [
        "Nobody has asked this vendor the nine questions yet.",
        "No tool is recorded.",
        "No agreement with this vendor is on record.",
        "No document is on file.",
        "Nobody has signed the evaluation that counts.",
    ]:
        assert sentence in html


def test_the_same_data_give_the_same_html(opened: None, content: Content):
    data = snapshot.read(content.snapshot)
    job = Job(number="PV-2026-0008", practice=Practice())
    imprint = imprint_of(job, content.snapshot, made_at=data["made_at"])
    context = documents.dossier_context(data)
    made = [documents._content(job, "dossier", data, content.snapshot, context, imprint) for _ in range(2)]
    assert made[0] == made[1]


def test_use_that_is_not_cleared_is_loud_and_every_reason_is_told(opened: None):
    with paper.undone():
        cast = paper.cast_of()
        vendor = paper.begun(cast)
        paper.used(vendor, reason="We had to.", first_phi_on=paper.date(2026, 11, 3))
        html = dossier_of(vendor, cast.owner).html
    assert "<b>In use but not cleared.</b>" in html
    assert "In use before it was cleared, because: “We had to.”" in html
    assert "No agreement covers Intake assistant." in html


def test_a_legal_hold_is_loud_and_a_lifted_one_is_told(opened: None):
    with paper.undone():
        cast = paper.cast_of()
        vendor = paper.begun(cast)
        hold = make_hold(vendor=vendor, by=cast.officer)
        standing = dossier_of(vendor, cast.owner).html
        with clock.set_to(paper.PRINTED):
            lift_hold(hold=hold, by=cast.owner, version=1, reason="They settled.")
        Job.objects.all().delete()
        lifted = dossier_of(vendor, cast.owner).html
    assert (
        '<p class="loud"><b>Legal hold since 1 November 2026.</b> Nothing about this vendor may be removed.' in standing
    )
    assert "Legal hold since" not in lifted
    assert "Lifted 21 November 2026, 10:00 PST by Maria Reyes: “They settled.”" in lifted


@pytest.mark.parametrize(("kind", "minutes"), [("attestation", 0), ("attestation", 180), ("dossier", 180)])
def test_a_document_that_waited_tells_when_it_was_made_and_when_it_was_asked_for(opened: None, kind: str, minutes: int):
    made = paper.PRINTED + timedelta(minutes=minutes)
    with paper.undone(), clock.set_to(made):
        story = paper.told()
        subject = story.evaluation if kind == "attestation" else story.vendor
        job = paper.job_for(kind, subject, story.cast.owner, number="PV-2026-0009")
        told = getattr(documents, kind)(job)
        proof = json.loads(proof_of(job, told, fingerprint="", time_source="", sealed_at=made))
    printed = re.findall(r"<dt>(Made|Asked for)</dt><dd>(\S+ \S+ \S+ \S+)", told.html)
    asked = [("Asked for", "21 November 2026, 10:00")] if minutes else []
    assert printed == [("Made", f"21 November 2026, {10 + minutes // 60}:00"), *asked]
    assert (proof["made_at"], proof["asked_at"]) == (f"2026-11-21T{18 + minutes // 60}:00:00Z", "2026-11-21T18:00:00Z")
    assert told.made_at == made


def test_an_entry_in_between_leaves_snapshot_and_paper_alike(opened: None, monkeypatch: pytest.MonkeyPatch):
    """Somebody acts between the two moments in which each could have looked."""
    with paper.undone():
        story = paper.told()
        text_of = snapshot.text_of

        def meanwhile(data: Any) -> str:
            add_vendor(practice=story.cast.practice, by=story.cast.owner, name="Between", summary="", website="")
            return text_of(data)

        monkeypatch.setattr(snapshot, "text_of", meanwhile)
        content = dossier_of(story.vendor, story.cast.owner)
    told = json.loads(content.snapshot)["ledger"]
    assert told == {"entries": content.ledger_seq, "digest": content.ledger_digest}


def test_no_typed_word_is_markup(hostile: Content):
    assert "<script" not in hostile.html
    assert "&lt;script&gt;" in hostile.html


def test_hostile_names_survive_whole_and_cannot_turn_the_line(hostile_pdf: bytes):
    found = paper.words_of(hostile_pdf)
    joined = found.replace(" ", "")
    assert "<script>alert(1)</script>" in joined
    assert LONG in joined
    assert "王小明" in joined
    assert "Invoicegnp.exe" in joined
    assert "\u202e" not in found


def test_hostile_names_leave_no_glyph_missing_and_stay_on_the_paper(hostile_pdf: bytes):
    assert missing_glyphs(hostile_pdf) == 0
    assert paper.outside(hostile_pdf) == []
