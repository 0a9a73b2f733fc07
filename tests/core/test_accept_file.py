"""Accepting a file: what may be kept, what is refused, and the sentence that says which and what to do."""

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile

from practice_vetting.core.documents import certificates
from practice_vetting.core.documents.render import Attached
from practice_vetting.core.documents.seal import seal
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import keeping
from practice_vetting.core.limited import ChildFailed, TooLong, run_limited
from practice_vetting.core.models.stored_file import StoredFile
from tests import factories
from tests import files as made
from tests.core.pdf_tools import DAY, page, rendered

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PRINT = "Open it, choose “Print”, then “Save as PDF”, and add that PDF."


def accept(content: bytes, name: str, **given: Any) -> keeping.Accepted:
    practice = given.pop("practice", None) or factories.make_practice()
    return keeping.accept(practice=practice, upload=made.upload(content, name))


def refusal(content: bytes, name: str) -> str:
    with pytest.raises(Refused) as refused:
        accept(content, name)
    assert refused.value.field == "file"
    return refused.value.sentence


@pytest.mark.parametrize(
    ("name", "make", "content_type", "pages"),
    [
        ("report.pdf", lambda: made.pdf(pages=3), "application/pdf", 3),
        ("opens at a page.PDF", made.pdf_that_opens_at_a_page, "application/pdf", 1),
        ("flow.png", made.png, "image/png", 1),
        ("flow.jpeg", made.jpeg, "image/jpeg", 1),
        ("policy.docx", made.docx, keeping.CONTENT_TYPES[".docx"], None),
        ("logs.xlsx", made.xlsx, keeping.CONTENT_TYPES[".xlsx"], None),
        ("answer.eml", made.eml, "message/rfc822", None),
        ("log.csv", made.csv, "text/csv", None),
        ("notes.txt", lambda: "Straße, naïve".encode("utf-16"), "text/plain", None),
    ],
)
def test_a_plain_file_is_accepted(name: str, make: Callable[[], bytes], content_type: str, pages: int | None) -> None:
    accepted = accept(make(), name)
    assert (accepted.content_type, accepted.pages) == (content_type, pages)
    assert accepted.path.read_bytes() == make()


@pytest.mark.parametrize(
    ("name", "make", "sentence"),
    [
        ("a.pdf", made.encrypted_pdf, f"This PDF is encrypted or needs a password. {PRINT}"),
        (
            "a.pdf",
            lambda: made.encrypted_pdf(password=""),
            f"This PDF is encrypted or needs a password. {PRINT}",
        ),
        ("a.pdf", made.pdf_with_script, f"This PDF carries active content: a script. {PRINT}"),
        (
            "a.pdf",
            made.pdf_with_open_action,
            f"This PDF carries active content: an action that runs when it is opened. {PRINT}",
        ),
        (
            "a.pdf",
            made.pdf_with_launch,
            f"This PDF carries active content: a command that starts a program. {PRINT}",
        ),
        ("a.pdf", made.pdf_with_attachment, f"This PDF carries active content: attached files. {PRINT}"),
        (
            "a.pdf",
            made.truncated_pdf,
            "This PDF is damaged or was cut off. Ask the vendor for it again. "
            "If it opens, print it to a new PDF and add that.",
        ),
        ("a.pdf", made.pdf_and_zip, f"Two files hide in this one. {PRINT}"),
        ("a.docx", made.docx_with_macros, f"This file carries macros or controls. {PRINT}"),
        (
            "a.docx",
            made.docx_with_remote_template,
            f"This file loads content from elsewhere when it is opened. {PRINT}",
        ),
        ("a.docx", made.docx_bomb, f"This file unpacks to more than we can check. {PRINT}"),
        ("a.docx", made.password_protected_docx, f"This file is protected with a password. {PRINT}"),
        (
            "a.png",
            made.png_with_page,
            "Something else hides in this image. Open it, save it again as PNG, and add that.",
        ),
        ("a.png", made.large_png, "This image has more than 100 million pixels. Make it smaller first."),
        (
            "a.eml",
            lambda: made.eml(attached=made.pdf()),
            "Files are attached to this e-mail. Save each and add it by itself, then print the e-mail to PDF.",
        ),
        (
            "a.csv",
            lambda: b"who;what\n=cmd|' /C calc'!A0;x\n",
            f"A cell of this table starts a command. {PRINT}",
        ),
    ],
)
def test_a_locked_or_active_file_is_refused_with_what_to_do(
    name: str, make: Callable[[], bytes], sentence: str
) -> None:
    assert refusal(make(), name) == sentence


@pytest.mark.parametrize(
    ("name", "make", "content"),
    [
        ("a.pdf", made.png, "of the type “png”"),
        ("a.pdf", made.program, "of the type “exe”"),
        ("a.pdf", made.html_and_pdf, "something else"),
        ("a.docx", made.xlsx, "of the type “xlsx”"),
        ("a.txt", lambda: b"<!DOCTYPE html><title>x</title>", "something else"),
        ("a.eml", lambda: b"just a line", "something else"),
    ],
)
def test_a_name_that_lies_is_refused(name: str, make: Callable[[], bytes], content: str) -> None:
    ends = name.removeprefix("a")
    assert refusal(make(), name) == (
        f"The name ends in “{ends}”, but its content is {content}. Ask the vendor for the original file."
    )


@pytest.mark.parametrize("make", [lambda: made.png()[:60], lambda: b"\x89PNG\r\n\x1a\n" + bytes(500)])
def test_a_damaged_image_is_refused(make: Callable[[], bytes]) -> None:
    assert refusal(make(), "a.png") == (
        "We could not read this file: it is damaged, or not what its name says. Ask the vendor for it again."
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("policy.docm", f"This file can hold macros. {PRINT}"),
        ("policy.doc", f"This is an old Office type that can hold macros. {PRINT}"),
        ("all.zip", "This is an archive. Unpack it and add each file by itself."),
        ("photo.heic", "We do not keep this kind of image. Save it as PNG or JPEG."),
        ("report.pdf.exe", f"We do not keep this type of file. Choose a {keeping.IN_WORDS}."),
        ("report\u202efdp.exe", f"We do not keep this type of file. Choose a {keeping.IN_WORDS}."),
        ("pdf", f"We do not keep this type of file. Choose a {keeping.IN_WORDS}."),
    ],
)
def test_a_type_that_we_do_not_keep_is_refused_by_its_name(name: str, sentence: str) -> None:
    assert refusal(made.pdf(), name) == sentence


ATTACHED = f"This PDF carries active content: attached files. {PRINT}"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("snapshot.json", b'{"vendor": "Notewell"}'),
        ("Facts.XML", b"<facts><fact/></facts>"),
        ("log.csv", b"a,b\n1,2\n"),
        ("read me.txt", "Stra\u00dfe".encode()),
    ],
)
def test_a_pdf_may_carry_plain_data(name: str, content: bytes) -> None:
    assert accept(made.pdf_with_attachment(name, content), "a.pdf").pages == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("snapshot.json", b"MZ\x90\x00"),
        ("snapshot.json", b"{" * 100_000),
        ("page.xml", b"<html><script>alert(1)</script></html>"),
        ("facts.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'),
        ("log.csv", b"=cmd|' /C calc'!A0\n"),
        ("note.txt", b"a\0b"),
        ("note.txt", b"x" * (4 * 1024 * 1024 + 1)),
        ("report.pdf", b"%PDF-1.7"),
        ("run.json.exe", b"{}"),
        ("..\\..\\a.txt", b"x"),
        ("json", b"{}"),
    ],
)
def test_a_pdf_that_carries_anything_else_is_refused(name: str, content: bytes) -> None:
    assert refusal(made.pdf_with_attachment(name, content), "a.pdf") == ATTACHED


def test_a_pdf_whose_attachment_has_two_names_is_refused() -> None:
    with pikepdf.open(io.BytesIO(made.pdf_with_attachment("data.json", b"{}"))) as document:
        document.Root.Names.EmbeddedFiles.Names[1].F = pikepdf.String("data.exe")
        out = io.BytesIO()
        document.save(out)
    assert refusal(out.getvalue(), "a.pdf") == ATTACHED


def test_our_own_sealed_document_is_accepted(tmp_path: Path) -> None:
    certificates.make_authority(tmp_path, organisation="Practice Vetting at Harbor Light", now=DAY)
    attached = [Attached("snapshot.json", b"{}", "What this document shows, as data")]
    plain = rendered(page("<p>Claridesk</p>"), attachments=attached)
    assert accept(seal(plain, keys=tmp_path, reason="Dossier", name="Harbor Light", at=DAY), "dossier.pdf").pages == 1


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"", "a.pdf").startswith("This file is empty.")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(settings: Any) -> None:
    settings.UPLOAD_LIMIT = 2 * 1024 * 1024
    assert refusal(b"%PDF-" + bytes(settings.UPLOAD_LIMIT), "a.pdf") == (
        "This file is larger than 2 MB. Save it smaller, or only the part that matters."
    )


def test_a_check_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*args: Any, **limits: Any) -> bytes:
        raise TooLong("stopped")

    monkeypatch.setattr(keeping, "run_limited", endless)
    assert refusal(made.pdf(), "a.pdf") == f"This file takes more time or memory to check than we allow. {PRINT}"


def test_bytes_that_did_not_arrive_whole_are_refused() -> None:
    upload = TemporaryUploadedFile("a.pdf", "application/pdf", 5, None)
    upload.fault = OSError(28, "No space left on device")
    with pytest.raises(Refused, match="because the disk is full; nothing was saved"):
        keeping.accept(practice=factories.make_practice(), upload=upload)
    upload.close()


def test_what_the_practice_has_already_is_not_inspected_again(monkeypatch: pytest.MonkeyPatch) -> None:
    practice = factories.make_practice()
    first = accept(made.pdf(pages=2), "a.pdf", practice=practice)
    made.kept(first, practice)
    monkeypatch.setattr(keeping, "run_limited", None)
    assert accept(made.pdf(pages=2), "b.pdf", practice=practice).pages == 2
    assert StoredFile.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\dana\\report.pdf", "report.pdf"),
        ("../../etc/report.pdf", "report.pdf"),
        ("re\x00po\u202ert\n 2026.pdf", "report 2026.pdf"),
        ("", "file"),
        ("x" * 296 + ".pdf", "x" * 251 + ".pdf"),
    ],
)
def test_a_name_is_kept_as_a_label_only(given: str, kept: str) -> None:
    assert keeping.clean_name(given) == kept


def test_a_cut_picture_is_refused_even_where_documents_were_laid_out_before() -> None:
    """The layout library tells the imaging library to put up with cut pictures, in the process that both share."""
    with suppress(ChildFailed):  # its parent loads the library before the child finds nothing to lay out
        run_limited("practice_vetting.core.documents.produce:produce", b"{}", seconds=30, megabytes=1000)
    assert refusal(made.png()[:60], "a.png") == refusal(b"\x89PNG\r\n\x1a\n", "a.png")
    assert "damaged" in refusal(made.png()[:60], "a.png")
