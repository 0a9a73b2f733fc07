"""The attestation: built from the frozen snapshot and its signatures alone, and read back as a reader would."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader

from checklists import documents
from checklists.models import Evaluation
from practice_vetting.core import clock
from practice_vetting.core.documents.content import Content
from practice_vetting.core.ledger import sha256
from tests.checklists import paper
from tests.core.pdf_tools import rendered
from tests.factories import arranging, change
from vendors.models import Agreement, ClauseReading, Evidence, Tool, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SECTIONS = [
    "The five requirements",
    "The nine answers",
    "Told beside the verdict",
    "The tools in scope",
    "The agreement",
    "Evidence it rests on",
    "How it came about",
    "Attestation and countersignature",
    "Certificate of this document",
]


def attested(story: paper.Story) -> Content:
    with clock.set_to(paper.PRINTED):
        return documents.attestation(paper.job_for("attestation", story.evaluation, story.cast.owner))


@pytest.fixture(scope="module")
def story(django_db_setup: None, django_db_blocker: Any) -> Iterator[paper.Story]:
    """The whole story, told once: what a test does to it is undone after the test."""
    with django_db_blocker.unblock(), paper.undone():
        yield paper.told()


@pytest.fixture(scope="module")
def content(story: paper.Story) -> Content:
    with paper.undone():
        return attested(story)


@pytest.fixture(scope="module")
def pdf(content: Content) -> bytes:
    return rendered(content.html, title=content.title, author=content.author, language=content.language)


@pytest.fixture(scope="module")
def words(pdf: bytes) -> str:
    return paper.words_of(pdf)


@pytest.fixture(scope="module")
def first_page(pdf: bytes) -> str:
    return " ".join(PdfReader(BytesIO(pdf)).pages[0].extract_text().split())


@pytest.mark.parametrize(
    "answer",
    [
        "Claridesk",
        "Harbor Light Counseling",
        "Cleared: five of five",
        "Intake assistant (AI), Reminder texts (AI)",
        "Dana Okafor, compliance officer, 9 November 2026, 14:31 PST",
        "Maria Reyes, practice owner, 9 November 2026, 15:02 PST",
        "PV-2026-0007",
        "1 of ",
    ],
)
def test_the_first_page_is_the_answer(first_page: str, answer: str):
    assert answer in first_page


def test_the_first_page_names_the_short_address_that_leads_to_its_check(first_page: str, content: Content):
    assert re.search(r"http://localhost:8000/v/[2-9a-z]{12} or scan the code", first_page)


def test_the_fingerprint_of_what_was_signed_stands_on_the_first_page(first_page: str, content: Content):
    assert sha256(content.snapshot) in first_page.replace(" ", "")


def test_it_has_its_sections_as_bookmarks(pdf: bytes):
    assert paper.bookmarks(pdf) == ["Claridesk", SECTIONS]


def test_it_is_tagged_and_tells_its_title_and_language(pdf: bytes):
    with pikepdf.open(BytesIO(pdf)) as document:
        root = document.Root
        assert (bool(root.MarkInfo.Marked), str(root.Lang), str(document.docinfo.Title)) == (
            True,
            "en-US",
            "Attestation: Claridesk",
        )


def test_every_requirement_shows_on_what_it_rests(words: str):
    for basis in [
        "Required by rule The rule lets you share",
        "Our policy HIPAA has no rule that a clinician must review",
    ]:
        assert basis in words
    assert "45 CFR 164.504(e)" in words


def test_every_question_stands_in_full_with_its_answer_and_its_proof(words: str):
    assert "Can AI text get into the record, a bill or a patient's hands before a clinician signs?" in words
    assert "“The assistant writes drafts. A clinician has to approve each one before it is filed.”" in words
    hashed = paper.sha256(f"{paper.FILES[2][0]} 3".encode()).hexdigest()
    grouped = " ".join(hashed[at : at + 4] for at in range(0, 16, 4))
    assert f"E-03 Sample log export with every field, pages 1, 7 · SHA-256 {grouped}" in words


def test_the_statement_stands_in_full_and_both_signatures_with_their_facts(words: str):
    assert "I read the nine answers and opened the evidence listed with them." in words
    assert words.count("I mean this as my signature, and I agree to sign electronically.") == 2
    local, utc = "9 November 2026, 14:31 PST (America/Los_Angeles)", "9 November 2026, 22:31:05 UTC"
    assert f"{local}, which is {utc}, by this server’s clock" in words
    assert words.count("Confirmed by password within the five minutes before, full name typed, consent marked") == 2
    assert words.count("203.0.113.9") == 2
    assert words.count("Statement edition 2026-1") == 2


def test_it_says_what_it_is_and_what_it_is_not(words: str):
    for sentence in [
        "Its seal is that of this installation.",
        "No outside time stamp was set.",
        "It is not legal advice, and not a certification that anyone complies with HIPAA.",
    ]:
        assert sentence in words


def test_nothing_reaches_into_the_margins(pdf: bytes):
    assert paper.outside(pdf) == []


def test_two_signers_are_told_for_the_verify_page(content: Content):
    assert [(each.name, each.role) for each in content.signers] == [
        ("Dana Okafor", "Compliance officer"),
        ("Maria Reyes", "Practice owner"),
    ]


def change_everything(story: paper.Story) -> None:
    """Whatever could have leaked into the document from live rows reads differently now."""
    with arranging():
        story.cast.practice.name = "Renamed practice"
        story.cast.practice.save()
        for model in (Vendor, Tool):
            for row in model.objects.all():
                row.name = f"Renamed {row.pk}"
                row.save()
        for evidence in Evidence.objects.all():
            evidence.title = "Changed since"
            evidence.save()
        for reading in ClauseReading.objects.all():
            reading.quote = "Changed since"
            reading.save()
        for agreement in Agreement.objects.all():
            agreement.plan = "Changed since"
            agreement.save()
    for person in (story.cast.owner, story.cast.officer):
        change(person, name="Renamed person")


def test_live_rows_that_change_afterwards_change_nothing(story: paper.Story):
    job = paper.job_for("attestation", story.evaluation, story.cast.owner)
    with clock.set_to(paper.PRINTED):
        before = documents.attestation(job)
    change_everything(story)
    with clock.set_to(paper.PRINTED):
        assert documents.attestation(type(job).objects.get(pk=job.pk)) == before


def test_a_snapshot_that_was_tampered_with_gives_no_document(story: paper.Story, monkeypatch: pytest.MonkeyPatch):
    job = paper.job_for("attestation", story.evaluation, story.cast.owner)
    read = Evaluation.from_db.__func__

    def tampered(*given: Any) -> Evaluation:
        evaluation: Evaluation = read(*given)
        evaluation.snapshot = evaluation.snapshot.replace("five of five", "four of five")
        return evaluation

    monkeypatch.setattr(Evaluation, "from_db", classmethod(tampered))
    with pytest.raises(documents.Unsound):
        documents.attestation(job)


def test_one_person_who_signed_in_both_parts_is_told_as_one():
    html = attested(paper.told(paper.alone())).html
    assert html.count("One person signed in both parts.") == 1
    assert "The practice had no other owner or compliance officer." in html


def test_a_job_cannot_reach_another_practices_evaluation(story: paper.Story):
    other = paper.cast_of(name="Quiet Pines Therapy")
    job = paper.job_for("attestation", story.evaluation, story.cast.owner)
    job.practice = other.practice
    with pytest.raises(Evaluation.DoesNotExist):
        documents.attestation(job)
