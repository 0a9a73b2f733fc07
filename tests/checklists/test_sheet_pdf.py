"""“May I use this?” as one sealed sheet: the same answers as the page, on one side of paper."""

import json
from pathlib import Path

import pytest
from pdfua import Severity, validate
from pypdf import PdfReader

from checklists.actions.sheets import request_sheet
from checklists.may_use_list import lines_of
from practice_vetting.core import clock
from practice_vetting.core.documents import jobs
from practice_vetting.core.models import Document
from tests.checklists import paper
from tests.checklists.kits import bytes_of
from tests.core.pdf_tools import missing_glyphs
from tests.factories import make_standing, make_tool, make_vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
TOOLS = 25


@pytest.fixture
def made() -> Document:
    """A sheet of 25 tools: two of them cleared, the rest of vendors in every other state."""
    with clock.set_to(paper.PRINTED):
        story = paper.told()
        for number in range(TOOLS - 2):
            vendor = make_vendor(practice=story.cast.practice, name=f"Vendor of tool {number}")
            make_standing(vendor=vendor, state=["stopped", "no_patient_data", "proposed", "lapsed"][number % 4])
            make_tool(vendor=vendor, name=f"Tool number {number:02}")
        job = request_sheet(practice=story.cast.practice, by=story.cast.officer, form_id="1")
        jobs.run(job.uid)
        job.refresh_from_db()
        assert job.last_error == ""
        return Document.objects.get(job=job)


def test_it_is_one_accessible_page_with_every_answer(made: Document, tmp_path: Path):
    pdf = bytes_of(made)
    path = tmp_path / "sheet.pdf"
    path.write_bytes(pdf)
    words = paper.words_of(pdf)
    assert (len(PdfReader(path).pages), missing_glyphs(pdf), paper.outside(pdf, margin=28)) == (1, 0, [])
    assert {each.rule_id for each in validate(path).findings if each.severity is Severity.ERROR} == set()
    for said in ("Harbor Light Counseling", "valid on that day only", "Dana Okafor", "21 November 2026", made.number):
        assert said in words
    told = json.loads(made.snapshot)["tools"]
    with clock.set_to(paper.PRINTED):
        lines = lines_of(made.practice, on=made.practice.today())
    assert [(each["name"], each["word"]) for each in told] == [(each.tool.name, each.answer.word) for each in lines]
    assert all(line.tool.name in words for line in lines)


def test_it_belongs_to_the_practice_and_no_vendor_takes_it_along(made: Document):
    assert (made.kind, made.subject_kind, made.subject_uid) == ("sheet", "practice", made.practice.uid)
