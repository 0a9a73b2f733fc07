"""HTML becomes a PDF that is the same each time, readable by everybody, and that fetched nothing."""

import os
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pypdf import PdfReader

from practice_vetting.core.documents import render
from practice_vetting.core.documents.fonts import PLACEHOLDER, STATIC, coverage, faces, faces_for, printable
from practice_vetting.core.documents.render import Attached, RenderRefused
from practice_vetting.core.limited import run_limited
from tests.core.pdf_tools import DAY, IDENTIFIER, missing_glyphs, page, rendered, text_of, tool

SAMPLE = (Path(__file__).parent / "sample_document.html").read_text(encoding="utf-8")
SCRIPTS = {
    "latin": "Łukasz Ærøskøbing-Ñandú",
    "cyrillic": "Ирина Петрова",
    "greek": "Ελένη Παπαδοπούλου",
    "vietnamese": "Nguyễn Thị Hồng",
    "arabic": "أحمد علي",
    "hebrew": "שלום",
    "chinese": "王小明",
    "japanese": "日本語 さくら カオリ",
    "korean": "한국어",
    "hindi": "नमस्ते",
    "bengali": "রবীন্দ্রনাথ ঠাকুর",
    "tamil": "திருவள்ளுவர்",
    "thai": "สมชาย ใจดี",
    "emoji": "👍🏽 😀",
    "georgian": "გამარჯობა",
    "armenian": "Արամ Խաչատրյան",
    "amharic": "አበበ ቢቂላ",
    "combining": "Zoe\u0308 n\u0303 a\u0323\u0302 x\u0335\u0332 q\u0307",
    "right-to-left": "דנה 24/7 (2), أحمد 365",
}


@pytest.fixture(scope="module")
def sample() -> bytes:
    return rendered(SAMPLE)


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(pdf))


def test_the_same_input_gives_the_same_bytes(sample: bytes) -> None:
    assert rendered(page("<p>Привет 王</p>")) != sample  # other faces were loaded meanwhile
    assert rendered(SAMPLE) == sample


def test_another_process_gives_the_same_bytes_whatever_its_surroundings() -> None:
    order = (
        "import sys; from tests.core.pdf_tools import *;"
        "sys.stdout.buffer.write(rendered(page('<h1>Claridesk</h1><p>😀 Ελένη</p>')))"
    )
    surroundings = {**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", order], capture_output=True, check=True, env=surroundings, cwd=STATIC.parent
    )
    assert done.stdout == rendered(page("<h1>Claridesk</h1><p>😀 Ελένη</p>"))


def test_children_of_a_warm_parent_give_the_same_bytes_too() -> None:
    texts = ["<h1>Claridesk</h1><p>😀 Ελένη</p>", "<p>Привет 王</p>"] * 2
    made = [
        run_limited("tests.core.limited_targets:lay_out", text.encode(), seconds=60, megabytes=1500) for text in texts
    ]
    assert made == [rendered(page(text)) for text in texts]


def test_another_identifier_or_date_gives_other_bytes() -> None:
    html = page("<p>Claridesk</p>")
    variants = {
        rendered(html),
        rendered(html, identifier=IDENTIFIER[::-1]),
        rendered(html, created=DAY + timedelta(seconds=1)),
    }
    assert len(variants) == 3


def test_the_file_says_who_what_when_and_in_which_language(sample: bytes) -> None:
    reader = PdfReader(BytesIO(sample))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == (
        "Vendor dossier: Claridesk",
        "Harbor Light Counseling",
    )
    assert (reader.metadata.creation_date, reader.metadata.modification_date) == (DAY, DAY)
    with opened(sample) as document:
        assert (str(document.Root.Lang), bool(document.Root.MarkInfo.Marked)) == ("en-US", True)
        assert bytes(document.trailer.ID[0]) == IDENTIFIER.hex().encode()


def test_one_xmp_packet_declares_archive_and_accessibility(sample: bytes) -> None:
    with opened(sample) as document, document.open_metadata() as metadata:
        xmp = document.Root.Metadata.read_bytes()
        read = {name: metadata[name] for name in ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part")}
    assert read == {"pdfaid:part": "3", "pdfaid:conformance": "A", "pdfuaid:part": "1"}
    assert xmp.count(b"<rdf:RDF") == 1
    assert b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>" in xmp


def test_qpdf_finds_no_error(sample: bytes, tmp_path: Path) -> None:
    (tmp_path / "sample.pdf").write_bytes(sample)
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", tmp_path / "sample.pdf")


def test_every_font_is_embedded(sample: bytes, tmp_path: Path) -> None:
    (tmp_path / "sample.pdf").write_bytes(sample)
    rows = [line.split() for line in tool("pdffonts", tmp_path / "sample.pdf").splitlines()[2:]]
    assert {tuple(row[-5:-2]) for row in rows} == {("yes", "yes", "yes")}


def test_the_text_reads_back_with_header_footer_and_page_numbers(sample: bytes) -> None:
    text = text_of(sample)
    for words in (
        "Cleared: five of five documented",
        "Harbor Light Counseling · PV-2026-0007",
        "Claridesk · vendor dossier",
        "1 of 3",
        "3 of 3",
    ):
        assert words in text


def test_headings_tables_and_lists_are_tagged(sample: bytes) -> None:
    with opened(sample) as document:
        tags = {str(item.get("/S")) for item in document.objects if isinstance(item, pikepdf.Dictionary)}
    assert {"/H1", "/H2", "/H3", "/Table", "/TH", "/TD", "/L", "/LI", "/P"} <= tags


def test_an_attachment_comes_back_byte_for_byte_and_dated() -> None:
    pdf = rendered(page("<p>x</p>"), attachments=[Attached("snapshot.json", b'{"a":1}', "What was attested")])
    assert PdfReader(BytesIO(pdf)).attachments == {"snapshot.json": [b'{"a":1}']}
    with opened(pdf) as document:
        assert str(document.Root.AF[0].AFRelationship) == "/Data"
    again = rendered(page("<p>x</p>"), attachments=[Attached("snapshot.json", b'{"a":1}', "What was attested")])
    assert pdf == again


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_leaves_a_missing_glyph(script: str) -> None:
    words = SCRIPTS[script]
    pdf = rendered(page(f"<h1>{words}</h1><p>{words} <strong>{words}</strong> <em>{words}</em></p>"))
    assert missing_glyphs(pdf) == 0
    assert PLACEHOLDER not in printable(words)


def test_letters_read_back_as_they_were_written() -> None:
    text = text_of(rendered(page("".join(f"<p>{SCRIPTS[name]}</p>" for name in ("cyrillic", "greek", "vietnamese")))))
    assert text.split("\n") == [SCRIPTS["cyrillic"], SCRIPTS["greek"], SCRIPTS["vietnamese"], "1 of 1"]


def test_the_whole_first_plane_leaves_no_missing_glyph() -> None:
    words = " ".join(chr(code) for code in range(0x20, 0xD800, 401) if chr(code) not in "<&")
    assert missing_glyphs(rendered(page(f"<p>{words}</p>"))) == 0


def test_text_from_attributes_in_header_and_footer_has_its_glyphs() -> None:
    pdf = rendered(
        '<html><head><link rel="stylesheet" href="static:css/pdf.css"></head>'
        '<body data-subject="x" data-colophon="Ελένη 王"><p>a</p></body></html>'
    )
    assert (missing_glyphs(pdf), "Ελένη" in text_of(pdf)) == (0, True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("plain text", "plain text"),
        ("a\x00b\x07c\x7f", "abc"),
        ("one\r\ntwo\rthree\u2028four\tfive", "one\ntwo\nthree\nfour\tfive"),
        ("invoice\u202efdp.exe\u202c\u2066\u200e", "invoicefdp.exe"),
        ("soft\u00adhyphen \ufeff", "softhyphen "),
        ("e\u0301", "é"),
        ("\ue000 \ud800 \U000e0fff \ufdd0", "□ □ □ □"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_cannot_be_printed_is_dropped_or_shown_as_a_square(given: str, expected: str) -> None:
    assert (printable(given), printable(printable(given))) == (expected, expected)


def test_a_document_loads_only_the_faces_it_needs() -> None:
    def families(text: str) -> set[str]:
        return {face.family for face in faces_for(text)}

    latin = {"Source Sans 3", "Source Serif 4", "Source Code Pro"}
    assert families("Claridesk") == latin
    assert families("Привет") == latin | {"Source Sans 3 cyrillic", "Source Serif 4 cyrillic"}
    assert families("王") == latin | {"UnifontEX"}


def test_every_face_of_the_style_sheet_lies_in_our_folder_with_a_licence() -> None:
    rules = (STATIC / "css" / "pdf-fonts.css").read_text().count("@font-face {")
    assert len(faces()) == rules
    assert all(coverage(face.name) for face in faces())
    licences = {path.stem.removeprefix("LICENSE-") for path in (STATIC / "fonts").glob("LICENSE-*")}
    assert [face.name for face in faces() if not any(f"fonts/{name}" in face.name for name in licences)] == []


ATTACKS = {
    "http image": '<img src="http://127.0.0.1:9/a.png" alt="">',
    "https image": '<img src="https://example.org/a.png" alt="">',
    "file image": '<img src="file:///etc/passwd" alt="">',
    "data image": '<img src="data:image/png;base64,iVBORw0KGgo=" alt="">',
    "ftp image": '<img src="ftp://127.0.0.1/a.png" alt="">',
    "relative image": '<img src="../../../../etc/passwd" alt="">',
    "traversal": '<img src="static:css/../../practice_vetting/settings.py" alt="">',
    "encoded traversal": '<img src="static:css/%2e%2e/%2e%2e/manage.py" alt="">',
    "absolute static": '<img src="static:/etc/passwd" alt="">',
    "another folder": '<img src="static:js/site.js" alt="">',
    "unknown file": '<img src="static:img/none.png" alt="">',
    "import": "<style>@import url(http://127.0.0.1:9/a.css);</style>",
    "file import": "<style>@import 'file:///etc/passwd';</style>",
    "background": '<p style="background: url(file:///etc/passwd)">x</p>',
    "content": "<style>p::before { content: url(http://127.0.0.1:9/a.png) }</style><p>x</p>",
    "font": "<style>@font-face { font-family: x; src: url(file:///etc/passwd) }</style><p>x</p>",
    "style sheet": '<link rel="stylesheet" href="http://127.0.0.1:9/a.css">',
    "object": '<object data="file:///etc/passwd">x</object>',
    "embed": '<embed src="file:///etc/passwd">',
    "svg image": '<svg width="9" height="9"><image href="file:///etc/passwd" width="9" height="9"/></svg>',
}
IGNORED = {
    "attachment": '<link rel="attachment" href="file:///etc/passwd">',
    "linked attachment": '<a rel="attachment" href="file:///etc/passwd"></a>',
    "svg use": '<svg width="9" height="9"><use href="http://127.0.0.1:9/a.svg#a"/></svg>',
    "script": "<script>app.alert(1)</script>",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_but_our_static_files_is_fetched(attack: str) -> None:
    with pytest.raises(RenderRefused) as raised:
        rendered(page(ATTACKS[attack]))
    assert raised.value.sentence == (
        "The document asked for something outside of this installation, so it was not made."
    )
    assert len(raised.value.details) >= 1


@pytest.mark.parametrize("attack", IGNORED)
def test_what_nobody_fetches_leaves_no_trace(attack: str) -> None:
    with opened(rendered(page(f"<p>x</p>{IGNORED[attack]}"))) as document:
        kinds = {str(item.get("/Type")) for item in document.objects if isinstance(item, pikepdf.Dictionary)}
        actions = {str(item.get("/S")) for item in document.objects if isinstance(item, pikepdf.Dictionary)}
    assert {"/Filespec", "/EmbeddedFile"} & kinds == set()
    assert {"/JavaScript", "/Launch"} & actions == set()


def test_only_links_to_the_web_or_a_mailbox_stay() -> None:
    links = [
        "https://example.org/a",
        "mailto:a@example.org",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "x.exe",
    ]
    pdf = rendered(page("".join(f'<p><a href="{link}">words</a></p>' for link in links)))
    with opened(pdf) as document:
        kept = [str(item.A.URI) for item in document.pages[0].Annots]
    assert kept == ["https://example.org/a", "mailto:a@example.org"]


def test_the_head_of_the_html_cannot_say_otherwise() -> None:
    head = '<meta name="author" content="Mallory"><meta name="dcterms.created" content="1999-01-01">'
    assert rendered(page("<p>x</p>", head)) == rendered(page("<p>x</p>"))


def test_a_document_of_too_many_pages_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "MOST_PAGES", 2)
    with pytest.raises(RenderRefused) as raised:
        rendered(page('<p class="new-page">a</p>' * 3))
    assert raised.value.sentence == (
        "This document would have 3 pages; at most 2 can be made. "
        "Choose a shorter time span, or leave the full history out."
    )


def test_the_web_process_starts_without_what_few_of_its_answers_need() -> None:
    order = (
        "import sys, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings';"
        "import django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns;"
        "print(sorted({'weasyprint', 'pyhanko', 'icalendar', 'qrcode', 'pikepdf', 'pypdfium2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", order], capture_output=True, text=True, cwd=STATIC.parent, check=False)
    assert done.stdout.strip() == "[]", done.stderr
