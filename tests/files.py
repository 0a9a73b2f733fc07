"""Makes files as people send them, good ones and bad ones. Every function returns bytes."""

import hashlib
import io
import tempfile
import weakref
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from practice_vetting.core.files.keeping import Accepted, keep
from practice_vetting.core.models import Practice, StoredFile
from tests.factories import arranging

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"

Parts = dict[str, bytes | str]


def upload(content: bytes, name: str = "report.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def kept(accepted: Accepted, practice: Practice) -> StoredFile:
    """The row of a file that was kept, without the action that would refer to it."""
    with arranging():
        return keep(accepted, practice)


# --- good -------------------------------------------------------------------------------------------


def pdf(*, pages: int = 1, text: str = "SOC 2 report", **saving: Any) -> bytes:
    return _saved(_document(pages, text), **saving)


def png(*, width: int = 40, height: int = 20) -> bytes:
    return _image("PNG", width, height)


def jpeg() -> bytes:
    return _image("JPEG", 40, 20)


def docx(parts: Parts | None = None) -> bytes:
    """A Word file; `parts` adds or replaces what it consists of."""
    main = f'<Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/>'
    return _package(main, {"word/document.xml": "<w:document><w:p>The policy.</w:p></w:document>", **(parts or {})})


def xlsx(parts: Parts | None = None) -> bytes:
    main = f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET}.sheet.main+xml"/>'
    return _package(main, {"xl/workbook.xml": "<workbook><sheets/></workbook>", **(parts or {})})


def eml(*, attached: bytes = b"") -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = (
        "support@notewell.example",
        "dana@harborlight.example",
        "Your question",
    )
    mail.set_content("We delete all recordings after 30 days.")
    if attached:
        mail.add_attachment(attached, maintype="application", subtype="pdf", filename="policy.pdf")
    return bytes(mail)


def csv() -> bytes:
    return b"actor,action,record,at\r\nmodel,drafted,test-1,2026-11-09\r\n"


# --- bad --------------------------------------------------------------------------------------------


def encrypted_pdf(*, password: str = "secret") -> bytes:
    """With an empty password it opens for everybody, but is locked against changes."""
    return pdf(encryption=pikepdf.Encryption(owner="owner", user=password))


def pdf_with_script() -> bytes:
    document = _document()
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=[pikepdf.String("a"), action]))
    document.Root.Names = names
    return _saved(document, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def pdf_with_open_action(*, kind: str = "/URI") -> bytes:
    document = _document()
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name(kind), URI=pikepdf.String("https://example.com"))
    return _saved(document)


def pdf_that_opens_at_a_page() -> bytes:
    document = _document()
    document.Root.OpenAction = pikepdf.Array([document.pages[0].obj, pikepdf.Name.Fit])
    return _saved(document)


def pdf_with_launch() -> bytes:
    document = _document()
    act = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("calc.exe"))
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=act)
    document.pages[0].Annots = pikepdf.Array([link])
    return _saved(document)


def pdf_with_attachment(name: str = "setup.exe", content: bytes = b"MZ") -> bytes:
    document = _document()
    document.attachments[name] = pikepdf.AttachedFileSpec(document, content, filename=name)  # type: ignore[call-arg]
    return _saved(document)


def truncated_pdf() -> bytes:
    whole = pdf(pages=3)
    return whole[: len(whole) // 2]


def html_and_pdf() -> bytes:
    return b"<html><script>alert(1)</script></html>\n" + pdf()


def pdf_and_zip() -> bytes:
    return pdf() + docx()


def docx_with_macros() -> bytes:
    return docx({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"})


def docx_with_remote_template() -> bytes:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
    link = f'<Relationship Id="r1" Type="{kind}" Target="https://example.com/t.dotm" TargetMode="External"/>'
    return docx({"word/_rels/settings.xml.rels": f"<Relationships>{link}</Relationships>"})


def docx_bomb(*, megabytes: int = 300) -> bytes:
    return docx({"word/media/image1.png": bytes(megabytes * 1024 * 1024)})


def password_protected_docx() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def png_with_page() -> bytes:
    return png() + b"<html><script>alert(1)</script></html>"


def large_png() -> bytes:
    """Few bytes, many pixels."""
    return _image("PNG", 12_000, 9_000, mode="1")


def program() -> bytes:
    return b"MZ\x90\x00" + bytes(300)


# --- how --------------------------------------------------------------------------------------------


def _document(pages: int = 1, text: str = "") -> pikepdf.Pdf:
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(612, 792))
    document.docinfo["/Title"] = text
    return document


def _saved(document: pikepdf.Pdf, **saving: Any) -> bytes:
    out = io.BytesIO()
    document.save(out, deterministic_id="encryption" not in saving, **saving)
    return out.getvalue()


def _image(kind: str, width: int, height: int, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, kind)
    return out.getvalue()


def _package(main: str, parts: Parts) -> bytes:
    out = io.BytesIO()
    types = f'<?xml version="1.0"?><Types><Default Extension="xml" ContentType="application/xml"/>{main}</Types>'
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {"[Content_Types].xml": types, **parts}.items():
            package.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


# --- as core.files.keeping hands it on --------------------------------------------------------------


def accepted(
    content: bytes = b"actor,action\r\n", name: str = "log.csv", type_: str = "text/csv", pages: int | None = None
) -> Accepted:
    """What `accept` would answer for this content, without the inspection."""
    given = tempfile.NamedTemporaryFile(prefix="accepted-")  # noqa: SIM115  closed with what it is part of
    given.write(content)
    given.flush()
    digest = hashlib.sha256(content).hexdigest()
    facts = Accepted(name, digest, len(content), type_, pages, Path(given.name), given)
    weakref.finalize(facts, given.close)
    return facts
