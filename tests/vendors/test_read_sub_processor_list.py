"""Lists of sub-processors as vendors write them, made rows: what is read, what is refused, and the sentence for it."""

import json
from pathlib import Path

import pytest

from practice_vetting.core.limited import LimitReached, run_limited
from tests.vendors.workbooks import workbook
from vendors.sub_processor_import import from_text, from_workbook, guess, lists
from vendors.sub_processor_import.lists import NotAList, ReadList, SeveralCompanies
from vendors.sub_processor_import.tables import Unreadable, plain

VENDOR = "Notewell"


def read(text: str, *, vendor: str = VENDOR, owner: str = "") -> ReadList:
    return lists.read(from_text.tables_in(text), vendor=vendor, owner=owner)


def rows(found: ReadList) -> list[tuple[object, ...]]:
    return [(each["line"], each["name"], each["does"], each["region"]) for each in found.rows]


def reasons(found: ReadList) -> list[tuple[int, str]]:
    return [(each["line"], each["reason"]) for each in found.refused]


MDX = """import { Page } from "../../parts/Page";

export const meta = { title: "Sub-processors" };

Notewell uses these [companies](/legal) to run its service.

## The list

| Name          | Purpose            | Entity Country |
| ------------- | ------------------ | -------------- |
| Cloud Harbor  | Cloud provider     | US             |
| **Quill AI**  | Drafts the notes   | US             |

export default ({ children }) => <Page meta={meta}>{children}</Page>;
"""
SEVERAL_TABLES = """---
title: Our partners
---
# Partners

| Plan | Price |
| -- | -- |
| Small | $9 |

## Third parties

| Supplier   |  Function  |  Geographic Location  |  Legal basis  |
| -- | :-: | --: | -- |
| Stone Rack \\| Metal | Bare metal | EU (Lisbon) | Contract |
| Skyhook | <ul><li>Names of hosts</li><li>Keeps backups</li></ul> | EU (Oslo) | Contract |

```
| Name | Purpose |
| -- | -- |
| In a sample | Not real |
```

## Own companies

| Supplier | Function | Geographic Location |
| -- | -- | -- |
| Notewell Inc. | Operates it | US |
| Notewell Iberia S.L. | Support | Spain |
"""


def test_a_markdown_page_with_one_table_is_read():
    assert rows(read(MDX)) == [
        (11, "Cloud Harbor", "Cloud provider", "US"),
        (12, "Quill AI", "Drafts the notes", "US"),
    ]


def test_several_tables_lists_in_cells_and_escaped_bars_are_read_and_the_rest_is_told():
    found = read(SEVERAL_TABLES)
    assert rows(found) == [
        (14, "Stone Rack | Metal", "Bare metal", "EU (Lisbon)"),
        (15, "Skyhook", "Names of hosts; Keeps backups", "EU (Oslo)"),
        (28, "Notewell Iberia S.L.", "Support", "Spain"),
    ]
    assert reasons(found) == [
        (6, "This table looks like a list of costs."),
        (27, "This is the vendor itself, not a company behind it."),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str):
    text = "\r\n".join(delimiter.join(row) for row in [
        ["Sub-processor", "What they do", "Where", "BAA in place?", "Handles PHI"],
        ["Cloud Harbor", "Hosting", "Ohio", "Yes", "yes"],
        ["Ledgerly", '"Invoices"', "Texas", "", "no"],
    ])  # fmt: skip
    found = read(text)
    assert rows(found) == [(2, "Cloud Harbor", "Hosting", "Ohio"), (3, "Ledgerly", "Invoices", "Texas")]
    assert [(each["gets"], each["covered"]) for each in found.rows] == [("yes", "by_list"), ("no", "")]


def test_a_title_above_and_a_cell_of_several_lines_do_not_shift_the_line_numbers():
    found = read('Sub-processors of Notewell\n\nCompany,Purpose\n"Cloud\nHarbor","Hosts\nit"\nQuill,Drafts\n')
    assert rows(found) == [(4, "Cloud Harbor", "Hosts it", ""), (7, "Quill", "Drafts", "")]


def test_names_alone_under_a_heading_are_a_list():
    assert [each["name"] for each in read("Sub-processors\nCloud Harbor\nQuill AI\n").rows] == [
        "Cloud Harbor",
        "Quill AI",
    ]


def test_each_bad_row_is_refused_with_its_line_and_reason():
    found = read(
        "Name,Purpose,Country\n"
        ",Hosting,US\n"
        "Cloud Harbor,Hosting,US\n"
        '"CLOUD HARBOR, Inc.",Backups,US\n'
        f"{'x' * 201},Hosting,US\n"
        f"Wordy,{'y' * 1001},US\n"
        "=1+1,Hosting,US\n"
        "notewell,Everything,US\n"
        '"Scan Co","Patient: Ann Example, DOB 03/04/1985",US\n'
    )
    assert [each["name"] for each in found.rows] == ["Cloud Harbor"]
    assert reasons(found) == [
        (2, "It has no name."),
        (4, "This company stands in line 3 already."),
        (5, "The name has 201 letters. Keep it to 200."),
        (6, "What it does has 1,001 letters. Keep it to 1,000."),
        (7, "Its name begins like a formula. Write the name itself."),
        (8, "This is the vendor itself, not a company behind it."),
        (9, "It looks like patient data (1 birth date), so its text was not kept."),
    ]
    assert (found.refused[-1]["text"], "Ann" in json.dumps(found.refused)) == ("", False)


ALL = (
    "Company,Sub-processor,Service category / What they do\nNotewell,Cloud Harbor,Hosts it\nNotewell,Quill AI,Writes\n"
)
ALL += "Otherly,Cloud Harbor,Hosts it\nOtherly,Ledgerly,Bills\n"


def test_of_a_list_of_several_companies_only_the_rows_of_this_vendor_are_taken():
    found = read(ALL, vendor="NOTEWELL, Inc.")
    assert [each["name"] for each in found.rows] == ["Cloud Harbor", "Quill AI"]
    assert reasons(found) == [(0, "2 rows of other companies were left out.")]


def test_where_none_of_the_companies_is_the_vendor_a_person_chooses():
    with pytest.raises(SeveralCompanies) as asked:
        read(ALL, vendor="Somebody")
    assert asked.value.owners == ["Notewell", "Otherly"]
    assert [each["name"] for each in read(ALL, vendor="Somebody", owner="Otherly").rows] == ["Cloud Harbor", "Ledgerly"]


@pytest.mark.parametrize(
    ("text", "looks_like"),
    [
        ('Vendor Name,Department,Cost (USD),What it does\nCloud Harbor,IT,"$3,117",Hosting\n', "a list of costs"),
        (
            "| ID | Question | Answer |\n|--|--|--|\n| A-1 | Are logs kept? | Yes |\n",
            "a questionnaire with its answers",
        ),
        ("Patient name,DOB,Company\nAnn,1.1.1980,Acme\n", "a list of patients"),
        ("First name,Last name,Company\nAnn,Example,Acme\n", "a list of people"),
    ],
)
def test_another_kind_of_table_is_refused_whole_and_told_what_it_looks_like(text: str, looks_like: str):
    with pytest.raises(NotAList) as refusal:
        read(text)
    assert refusal.value.sentence == (
        f"This looks like {looks_like}, not like a list of sub-processors. Nothing was taken from it."
    )


@pytest.mark.parametrize("text", ["", "Hello there", "Cloud Harbor,Hosting\nQuill,Drafts\n", "| a | b |\n| - | - |\n"])
def test_a_text_without_headings_says_what_to_do(text: str):
    with pytest.raises(NotAList):
        read(text)


def test_a_list_that_is_too_long_is_refused_whole():
    with pytest.raises(Unreadable, match="301 rows"):
        read("Name,Purpose\n" + "".join(f"Company {n},Hosting\n" for n in range(301)))
    with pytest.raises(Unreadable, match="too long"):
        from_text.tables_in("x" * (from_text.MOST_LETTERS + 1))


@pytest.mark.parametrize(
    "content",
    [
        "Nom société".encode(),
        "\ufeffNom société".encode(),
        "Nom société".encode("utf-16"),
        "Nom société".encode("cp1252"),
        "Nom société".encode().decode("cp1252").encode(),  # UTF-8 that was read as cp1252 once
    ],
)
def test_every_usual_encoding_gives_the_same_text(content: bytes):
    assert from_text.mended(from_text.decoded(content)) == "Nom société"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<ul><li>One</li><li>Two</li></ul>", "One; Two"),
        ("a<br>b", "a; b"),
        ("[Harbor](https://x.example/(a) )", "[Harbor](https://x.example/(a) )"),
        ("[Harbor](https://x.example) &amp; Co", "Harbor & Co"),
        ("**Quill**[^1]\u202e", "Quill"),
        ("less < more", "less < more"),
    ],
)
def test_markup_in_cells_becomes_words(cell: str, text: str):
    assert plain(cell) == text


@pytest.mark.parametrize(
    ("does", "role"),
    [("Speech recognition for notes", "speech"), ("Large language model", "model"), ("Cloud infrastructure", "hosting"),
     ("Error reporting", "monitoring"), ("Sends e-mail", "messaging"), ("Cleans the office", "other")],
)  # fmt: skip
def test_the_kind_is_guessed_by_what_it_does(does: str, role: str):
    assert guess.role(does) == role


# --- workbooks ----------------------------------------------------------------------------------------


def of_workbook(path: Path, content: bytes) -> ReadList:
    file = path / "list.xlsx"
    file.write_bytes(content)
    answer = from_workbook.cells(json.dumps({"path": str(file)}).encode())
    return lists.read(from_workbook.tables(answer), vendor=VENDOR)


def test_a_workbook_is_read_by_sheet_with_merged_cells_and_no_formula_run(tmp_path: Path):
    found = of_workbook(tmp_path, workbook(
        {
            "Read me": [["Our list of sub-processors, of May"]],
            "List": [
                ["Sub-processors of Notewell"],
                ["Name", "Service", "Country"],
                ["Infrastructure", "", ""],
                ["Cloud Harbor", "Hosting", "US"],
                ["Skyhook", "", "US"],
                ['=HYPERLINK("https://x.example","Quill")', "Drafts", "US"],
            ],
            "Draft": [["Name", "Service"], ["Not yet", "Hosting"]],
        },
        merged={"List": ["A1:C1", "A3:C3", "B4:B5"]},
        hidden=["Draft"],
    ))  # fmt: skip
    assert [(each["place"], *each_row) for each, each_row in zip(found.rows, rows(found), strict=True)] == [
        ("List", 4, "Cloud Harbor", "Hosting", "US"),
        ("List", 5, "Skyhook", "Hosting", "US"),
    ]
    assert reasons(found) == [(3, "It looks like the heading of a part, not like a company."), (6, "It has no name.")]


def test_a_questionnaire_of_many_sheets_is_refused_whole(tmp_path: Path):
    sheets = {
        "Start": [["Instructions for the provider"], ["GN-01", "Solution Provider Name"]],
        "Questions": [["New ID", "Question", "Weight"], ["GN-01", "Name of the provider", "1"]],
    }
    with pytest.raises(NotAList, match="looks like a questionnaire"):
        of_workbook(tmp_path, workbook(sheets))


def test_a_sheet_that_grows_without_end_is_stopped(tmp_path: Path):
    bomb = '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row>'
    bomb += '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(workbook({"List": []}, raw={"List": bomb}))
    with pytest.raises(LimitReached):
        run_limited(
            "vendors.sub_processor_import.from_workbook:cells",
            json.dumps({"path": str(path)}).encode(),
            seconds=10,
            megabytes=300,
        )
