"""Lists made to be slow or large: each is answered soon, with its rows or with a sentence, in the limited child."""

import json
from pathlib import Path
from time import process_time

import pytest

from practice_vetting.core.limited import TooLarge, run_limited
from tests import factories
from tests.conftest import Cast
from tests.vendors.workbooks import workbook
from vendors.models import SubProcessorList
from vendors.sub_processor_import import from_text, from_workbook, guess, headings, lists, reading
from vendors.sub_processor_import.tables import LONGEST_CELL, MOST_CELLS, Unreadable, plain

FORM_ID = "5a3c4d0d-6f0b-4a57-9d0c-2f6a52f7f1b2"
NASTY = [
    "*" * 990_000 + "a", "[" * 400_000, "<" * 400_000, "<a" * 200_000, "`" * 400_000, "~~a" * 100_000, "**a" * 100_000,
    "__" * 200_000, "&#1" * 100_000, "[^" * 200_000, "<p>" + "; " * 200_000, "[a](" * 100_000, "![" * 200_000,
    "<br" + " " * 400_000, "<li" + "</li " * 80_000, "a." * 200_000, "(" * 400_000, "|" * 400_000, ":-" * 200_000,
    "sub processor " * 30_000, "third party service " * 20_000, "1-" * 200_000, "patient " * 50_000, "A" * 400_000,
    "&" * 400_000, "ab@" * 100_000, "\\|" * 200_000, "```" * 100_000, ";" * 400_000, "Ã" * 400_000, '"' * 399_999,
]  # fmt: skip
AS_LISTS = {
    "Markdown": "| Name | What it does |\n|---|---|\n| Harbor | {} |\n",
    "CSV": "Name,What it does\nHarbor,{}\n",
    "small cells": "Name,What it does\nHarbor,Hosting\n",
}


@pytest.mark.parametrize("nasty", NASTY, ids=lambda each: f"{each[:6]} {len(each)}")
@pytest.mark.parametrize("shape", AS_LISTS)
def test_no_text_takes_long(nasty: str, shape: str):
    text = AS_LISTS[shape].format(nasty[:200_000])
    if shape == "small cells":
        text += "".join(f"Company {n},{nasty[:3_000]}\n" for n in range(250))
    asked = json.dumps({"text": text, "vendor": "Notewell", "owner": ""}).encode()
    begun = process_time()
    assert set(json.loads(reading.read(asked))) in ({"rows", "refused"}, {"unreadable"}, {"unreadable", "owners"})
    assert process_time() - begun < 3


@pytest.mark.parametrize("nasty", NASTY, ids=lambda each: f"{each[:6]} {len(each)}")
def test_no_single_look_takes_long(nasty: str):
    begun = process_time()
    plain(nasty)
    headings.columns_of([nasty[: headings.LONGEST], "Name"])
    headings.other_kind([nasty[: headings.LONGEST], "Name"])
    guess.role(nasty[: lists.LONGEST["does"]])
    guess.known(nasty[:LONGEST_CELL])
    assert process_time() - begun < 0.2


@pytest.mark.parametrize("digits", [3_990, 5_000])
def test_a_number_too_long_to_be_a_sign_refuses_its_row(digits: int):
    found = lists.read(
        from_text.tables_in(f"Name,What it does\nHarbor,Hosting\n&#{'9' * digits};,Hosting\n"), vendor="Notewell"
    )
    assert ([row["name"] for row in found.rows], [each["line"] for each in found.refused]) == (["Harbor"], [3])


def test_a_row_with_a_cell_that_was_cut_is_refused():
    cell = "<i>" + " " * LONGEST_CELL + "</i>Hosting"
    found = lists.read(from_text.tables_in(f"Name,What it does\nHarbor,{cell}\n"), vendor="Notewell")
    assert (found.rows, "more than 4,000 letters" in found.refused[0]["reason"]) == ([], True)


def test_more_cells_than_a_list_has_are_refused_in_a_text():
    row = ",".join("x" * 100)
    with pytest.raises(Unreadable, match="20,000 cells"):
        from_text.tables_in("\n".join([row] * (MOST_CELLS // 100 + 1)))


@pytest.mark.parametrize(
    ("cell", "says"), [("*" * 1999 + "a", "more than 20,000 cells"), ("", ""), ("y" * 3_000, "too much text")]
)
def test_a_small_workbook_of_one_large_string_is_refused_in_the_child(tmp_path: Path, cell: str, says: str):
    rows = 900 if cell.startswith("y") else 2_900
    file = tmp_path / "list.xlsx"
    file.write_bytes(workbook({"List": [["Name", "What it does"], ["Harbor", "Hosting"], *[[cell] * 8] * rows]}))
    begun = process_time()
    if not says:
        assert json.loads(from_workbook.cells(json.dumps({"path": str(file)}).encode()))
    else:
        with pytest.raises(Unreadable, match=says):
            from_workbook.cells(json.dumps({"path": str(file)}).encode())
    assert process_time() - begun < 3


def test_an_answer_has_a_size():
    asked = {"seconds": 10, "megabytes": 200}
    assert run_limited("tests.core.limited_targets:echo", b"x" * 1000, **asked, most_answered=1000)
    with pytest.raises(TooLarge):
        run_limited("tests.core.limited_targets:echo", b"x" * 1001, **asked, most_answered=1000)


@pytest.mark.django_db
@pytest.mark.any_database
def test_pasted_text_is_never_parsed_where_pages_are_served(cast: Cast, browse, monkeypatch: pytest.MonkeyPatch):
    def parsed(*_: object, **__: object) -> None:
        raise AssertionError("parsed in this process")

    for module, name in ((from_text, "tables_in"), (from_text, "decoded"), (lists, "read")):
        monkeypatch.setattr(module, name, parsed)
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)
    sent = {"form_id": FORM_ID, "text": "Name,What it does\nHarbor,Hosting\n", "received_on": "2026-02-01"}
    assert browse(cast.officer).post(f"/vendors/{vendor.uid}/sub-processors/import/", sent).status_code == 302
    assert [row["name"] for row in SubProcessorList.objects.get().rows] == ["Harbor"]
