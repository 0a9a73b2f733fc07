"""Reading the text of a file for patient data: every type, in the child alone, and never a failure that blocks."""

import io
import json
import tempfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from practice_vetting.core.files import file_text, held
from practice_vetting.core.files.file_types import CONTENT_TYPES
from practice_vetting.core.files.keeping import Accepted
from practice_vetting.core.limited import TooLong
from tests import files as made

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def search(content: bytes, ending: str) -> tuple[str, list[tuple[Any, ...]]]:
    """As the child does it, here: the state, and what stops with its place."""
    with tempfile.NamedTemporaryFile(suffix=ending) as file:
        file.write(content)
        file.flush()
        told = json.loads(file_text.search(json.dumps({"path": file.name, "ending": ending}).encode()))
    return told["state"], [(each["kind"], each["count"], each["place"]) for each in told["findings"]]


def pdf_with(*pages: str) -> bytes:
    document = pikepdf.new()
    for text in pages:
        page = document.add_blank_page(page_size=(612, 792))
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.obj.Contents = document.make_stream(f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode() if text else b"")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def paragraph(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def word(body: str) -> str:
    return f"<w:document {W}><w:body>{body}</w:body></w:document>"


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in cells) + "</w:tr>"


def test_a_pdf_is_read_page_by_page() -> None:
    assert search(pdf_with("The policy.", "MRN: 0045123"), ".pdf") == ("read", [("record_number", 1, "page 2")])


def test_a_pdf_without_a_text_layer_is_said_to_have_none() -> None:
    assert search(made.pdf(pages=2), ".pdf") == ("no_text", [])


def test_a_pdf_with_one_scanned_page_is_read_in_part() -> None:
    assert search(pdf_with("The policy.", ""), ".pdf") == ("partly", [])


def test_what_was_typed_into_a_form_or_a_note_is_read() -> None:
    with pikepdf.open(io.BytesIO(pdf_with("Intake"))) as document:
        field = pikepdf.Dictionary(FT=pikepdf.Name.Tx, T=pikepdf.String("DOB"), V=pikepdf.String("03/04/1985"))
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([document.make_indirect(field)]))
        out = io.BytesIO()
        document.save(out)
    assert search(out.getvalue(), ".pdf") == ("read", [("birth_date", 1, "the fields and notes")])


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("word/document.xml", "the text"),
        ("word/header1.xml", "a header"),
        ("word/footer2.xml", "a footer"),
        ("word/comments.xml", "a comment"),
        ("word/footnotes.xml", "a footnote"),
        ("word/endnotes.xml", "an endnote"),
    ],
)
def test_every_part_of_a_word_file_is_read(part: str, place: str) -> None:
    parts: made.Parts = {"word/document.xml": word(paragraph("The policy.")), part: word(paragraph("SSN 123-45-6789"))}
    assert search(made.docx(parts), ".docx") == ("read", [("ssn", 1, place)])


def test_a_number_that_word_cut_into_pieces_is_whole_again() -> None:
    assert search(made.docx({"word/document.xml": word(paragraph("SSN 123", "-45-", "6789"))}), ".docx")[1] == [
        ("ssn", 1, "the text")
    ]


def test_a_table_in_word_is_read_with_its_headings() -> None:
    table = f"<w:tbl>{row('Name', 'DOB', 'Plan')}{row('Ann Example', '3/4/1985', 'Gold')}</w:tbl>"
    assert search(made.docx({"word/document.xml": word(table)}), ".docx")[1] == [("birth_date", 1, "the text")]


def sheet(rows: str) -> str:
    return f"<worksheet {X}><sheetData>{rows}</sheetData></worksheet>"


def test_a_spreadsheet_is_read_with_its_headings_and_its_days() -> None:
    strings = (
        f"<sst {X}><si><t>Name</t></si><si><t>Birth date</t></si><si><r><t>Ann </t></r><r><t>Example</t></r></si></sst>"
    )
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2"><v>31110</v></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>Bo Sample</t></is></c><c r="B3" t="str"><v>1990-01-02</v></c></row>'
    )
    parts: made.Parts = {"xl/sharedStrings.xml": strings, "xl/worksheets/sheet1.xml": sheet(rows)}
    assert search(made.xlsx(parts), ".xlsx") == ("read", [("birth_date", 2, "sheet 1")])


def test_labels_beside_values_need_no_heading() -> None:
    rows = '<row r="1"><c t="inlineStr"><is><t>MRN</t></is></c><c><v>0045123</v></c></row>'
    assert search(made.xlsx({"xl/worksheets/sheet1.xml": sheet(rows)}), ".xlsx")[1] == [("record_number", 1, "sheet 1")]


@pytest.mark.parametrize(
    "bad", ['<!DOCTYPE w [<!ENTITY a "b">]><w>&a;</w>', "<w><open></w>", "\ufeff<?xml version='1.0'?>"]
)
def test_entities_and_broken_parts_are_never_read(bad: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011  the child tells its parent, whatever it is
        search(made.docx({"word/document.xml": bad}), ".docx")


def test_a_mail_is_read_as_text_and_html_with_its_attached_text() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com", "MRN 0045123"
    mail.set_content("DOB 3/4/1985")
    mail.add_alternative("<style>p{}</style><p>SSN: <b>123-45-6789</b></p>", subtype="html")
    mail.add_attachment("name,dob,plan\nAnn Example,1/2/1990,Gold\n", subtype="csv", filename="list.csv")
    assert search(bytes(mail), ".eml") == (
        "read",
        [("ssn", 1, "the message"), ("record_number", 1, "the heading"), ("birth_date", 2, "the message")],
    )


@pytest.mark.parametrize(
    "content",
    [
        b"patient_name;dob\r\nAnn Example;03/04/1985\r\n",
        b"name\tbirthDate\tx\nAnn\t1985-03-04\ty\n",
        "name,Date of Birth,x\nAnn,4 March 1985,ü".encode("utf-16"),
        "name,DOB,x\nAnn,3/4/1985,ü".encode("latin-1"),
    ],
)
def test_a_table_in_plain_text_is_read_with_its_headings(content: bytes) -> None:
    assert "birth_date" in [kind for kind, _, _ in search(content, ".csv")[1]]


def test_plain_text_is_read() -> None:
    assert search(b"DOB 3/4/1985", ".txt") == ("read", [("birth_date", 1, "the text")])


def test_a_text_that_is_too_long_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_text, "MOST_LETTERS", 20)
    assert search(b"x" * 30 + b" DOB 3/4/1985", ".txt") == ("partly", [])


def test_every_type_that_we_keep_has_a_reader() -> None:
    assert set(file_text._READERS) == set(CONTENT_TYPES)


def test_pictures_have_no_text() -> None:
    assert search(made.png(), ".png") == ("no_text", [])


def test_the_child_answers_as_it_does_here() -> None:
    assert [each.kind for each in held.look_through(made.accepted(b"MRN,x\n0045123,y\n")).stops] == ["record_number"]


def test_a_file_that_cannot_be_read_is_said_to_be_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*args: Any, **limits: Any) -> bytes:
        raise TooLong("too long")

    monkeypatch.setattr(held, "run_limited", late)
    assert held.look_through(made.accepted()) == held.Looked("failed")


def test_a_broken_file_is_said_to_be_unread() -> None:
    broken = made.accepted(b"not a package", "policy.docx")
    assert held.look_through(Accepted(**{**vars(broken), "path": Path(broken.path)})) == held.Looked("failed")


def test_what_is_attached_to_a_pdf_is_read_too():
    attached = made.pdf_with_attachment("p.csv", b"name,SSN\r\nPat Doe,123-45-6789\r\n")
    assert [found[0] for found in search(attached, ".pdf")[1]] == ["ssn"]


def test_a_table_inside_a_text_is_read_too():
    cells = f'<worksheet {X}><sheetData><row><c t="inlineStr"><is><t>SSN: 123-45-6789</t></is></c></row></sheetData>'
    table = made.xlsx({"xl/worksheets/first.xml": cells + "</worksheet>"})
    assert [found[0] for found in search(made.docx({"word/embeddings/a.xlsx": table}), ".docx")[1]] == ["ssn"]


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (made.docx({"word/document.xml": word(paragraph("See it.")), "word/media/scan.png": "x"}), ".docx"),
        (made.eml(attached=made.png()), ".eml"),
    ],
)
def test_a_picture_inside_is_said_to_be_unread(content: bytes, ending: str):
    assert search(content, ending)[0] == "partly"
