"""A changed copy of a document of ours: what differs is told, as far as it is sure, and nothing of what it says."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.storage import default_storage
from django.test import Client

from practice_vetting.core import clock
from practice_vetting.core.documents import certificates, codes, origin
from practice_vetting.core.documents.changed_pages import pages_in_words
from practice_vetting.core.documents.render import Attached
from practice_vetting.core.documents.seal import seal
from practice_vetting.core.documents.verification import Outcome, verify
from practice_vetting.core.limited import TooLong
from practice_vetting.core.models import Document, Job, Membership
from tests.conftest import Cast
from tests.core.document_kinds import make_document
from tests.core.pdf_tools import page, rendered
from tests.files import upload

pytestmark = pytest.mark.django_db
MADE = datetime(2026, 11, 9, 14, 33, tzinfo=UTC)
CODE, SNAPSHOT = "abcdefghjkmn", '{"vendor":"Notewell"}'
BODY = (
    '<h1>Notewell</h1><p>See <a href="https://notewell.example/">its page</a>.</p>'
    '<h2 class="new-page">Answers</h2><p>Cleared: five of five.</p><h2 class="new-page">Evidence</h2><p>None.</p>'
    '<h2 class="new-page">History</h2><p>It began.</p>'
)
ATTACHED = [
    Attached("snapshot.json", SNAPSHOT.encode(), "What it shows"),
    Attached("proof.json", b"{}", "What proves it"),
    Attached("E-01 Agreement.pdf", b"%PDF-1.7 agreement", "Evidence"),
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    certificates.make_authority(folder, organisation="Practice Vetting at Harbor Light Counseling", now=MADE)
    return folder


@pytest.fixture(scope="module")
def plain() -> bytes:
    identifier = bytes.fromhex(codes.identifier_of(CODE, SNAPSHOT))
    return rendered(page(BODY), identifier=identifier, attachments=ATTACHED)


@pytest.fixture(scope="module")
def sealed(plain: bytes, authority: Path) -> bytes:
    return seal(plain, keys=authority, reason="Attestation", name="Harbor Light Counseling", at=MADE)


@pytest.fixture(autouse=True)
def here(settings: Any, authority: Path, tmp_path: Path) -> Iterator[None]:
    settings.KEYS_DIR = shutil.copytree(authority, tmp_path / "keys")
    with clock.set_to(MADE):
        yield


@pytest.fixture(autouse=True)
def document(cast: Cast, sealed: bytes) -> Document:
    subject = Membership.objects.get(person=cast.officer)
    made = make_document(subject=subject, content=sealed, snapshot=SNAPSHOT)
    Job.objects.filter(pk=made.job_id).update(uid=CODE)
    return made


# --- what people and programs do to a PDF -------------------------------------------------------------------


def saved(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Opened, changed and saved anew, as most programs do."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        change(document)
        document.save(out)
    return out.getvalue()


def appended(pdf: bytes, subtype: str) -> bytes:
    """A mark on the second page, written behind the seal."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer, out = IncrementalPdfFileWriter(BytesIO(pdf)), BytesIO()
    named = {"/Type": generic.pdf_name("/Annot"), "/Subtype": generic.pdf_name(subtype)}
    box = generic.ArrayObject(map(generic.NumberObject, (90, 90, 190, 190)))
    mark = writer.add_object(generic.DictionaryObject({**named, "/Rect": box, "/Contents": generic.pdf_string("No")}))
    writer.register_annotation(writer.find_page_for_modification(1)[0], mark)
    writer.write(out)
    return out.getvalue()


def other_words(document: pikepdf.Pdf) -> None:
    """The second page shows what the third says."""
    document.pages[1].obj["/Contents"] = document.pages[2].obj["/Contents"]
    document.pages[1].obj["/Resources"] = document.pages[2].obj["/Resources"]


def a_stroke(document: pikepdf.Pdf) -> None:
    document.pages[1].contents_add(b"q 1 0 0 RG 9 w 90 90 m 300 300 l S Q")


def turned(document: pikepdf.Pdf) -> None:
    document.pages[0].rotate(90, relative=True)


def without_a_page(document: pikepdf.Pdf) -> None:
    del document.pages[1]


def another_page_and_one_less(document: pikepdf.Pdf) -> None:
    a_stroke(document)
    del document.pages[3]


def with_a_page(document: pikepdf.Pdf) -> None:
    document.add_blank_page(page_size=(612, 792))


def attached(document: pikepdf.Pdf, content: bytes) -> Any:
    make: Any = pikepdf.AttachedFileSpec
    return make(document, content)


def another_snapshot(document: pikepdf.Pdf) -> None:
    document.attachments["snapshot.json"] = attached(document, b"{}")


def fewer_files(document: pikepdf.Pdf) -> None:
    del document.attachments["proof.json"]
    del document.attachments["E-01 Agreement.pdf"]


def one_more_file(document: pikepdf.Pdf) -> None:
    document.attachments["more.txt"] = attached(document, b"more")


def another_title(document: pikepdf.Pdf) -> None:
    document.docinfo["/Title"] = "Another title"


def a_field(document: pikepdf.Pdf) -> None:
    field = pikepdf.Dictionary(FT=pikepdf.Name.Tx, T="name")
    document.Root.AcroForm.Fields.append(document.make_indirect(field))


def without_the_seal(document: pikepdf.Pdf) -> None:
    del document.Root["/AcroForm"]
    for sheet in document.pages:
        kept = [mark for mark in sheet.obj.get("/Annots", []) if mark.Subtype != "/Widget"]
        sheet.obj["/Annots"] = pikepdf.Array(kept)


def another_signature(document: pikepdf.Pdf) -> None:
    field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T="mine", V=pikepdf.Dictionary(Type=pikepdf.Name.Sig))
    document.Root.AcroForm.Fields.append(document.make_indirect(field))


def another_link(document: pikepdf.Pdf) -> None:
    document.pages[0].Annots[0].A.URI = "https://elsewhere.example/"


def a_script(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


SAVED: dict[Callable[[pikepdf.Pdf], None], list[str]] = {
    other_words: ["Page 2 differs."],
    a_stroke: ["Page 2 differs."],
    turned: ["Page 1 differs."],
    without_a_page: ["It has 3 pages; the original has 4.", "Of the original, page 2 is missing."],
    another_page_and_one_less: [
        "It has 3 pages; the original has 4.",
        "Of the original, page 4 is missing.",
        "Page 2 differs.",
    ],
    with_a_page: ["It has 5 pages; the original has 4.", "In this file, page 5 is new."],
    another_snapshot: ["The file snapshot.json inside it differs."],
    fewer_files: ["An evidence file inside it is missing.", "The file proof.json inside it is missing."],
    one_more_file: ["A file was attached to it."],
    another_title: ["The title, the author or the date that it gives of itself differs."],
    a_field: ["A form field was added."],
    without_the_seal: ["Our seal was taken out."],
    another_signature: ["Another signature was added."],
    another_link: ["A link on page 1 was added, removed or leads elsewhere."],
    a_script: ["Something that acts by itself was added, such as a script."],
}


@pytest.mark.parametrize("change", SAVED, ids=lambda change: change.__name__)
def test_what_a_program_changed_is_told(sealed: bytes, change: Callable[[pikepdf.Pdf], None]) -> None:
    found = verify(saved(sealed, change))
    assert (found.outcome, sorted(found.changes)) == (Outcome.CHANGED, sorted(SAVED[change]))


def without_words(document: pikepdf.Pdf) -> None:
    document.pages[1].obj["/Contents"] = document.make_stream(b"")


def with_the_right_words(document: pikepdf.Pdf) -> None:
    """The same text in the same place, by other operators."""
    right = document.pages[1].obj["/Contents"].read_bytes()
    document.pages[1].obj["/Contents"] = document.make_stream(b"q\n" + right + b"\nQ")


def test_who_tries_words_in_place_of_those_taken_out_does_not_hear_which_are_right(sealed: bytes) -> None:
    told = [verify(saved(sealed, change)).changes for change in (without_words, other_words, with_the_right_words)]
    assert told == [["Page 2 differs."]] * 3


@pytest.mark.parametrize("subtype", ["/Text", "/Highlight", "/FreeText", "/Stamp", "/FileAttachment"])
def test_a_mark_behind_the_seal_is_told_with_its_page(sealed: bytes, subtype: str) -> None:
    found = verify(appended(sealed, subtype))
    assert (found.outcome, found.changes) == (
        Outcome.ADDED_TO,
        [
            "A comment, a mark or a note was added on page 2.",
            "All that we issued is still in it; the change was added behind the seal.",
        ],
    )


def test_bytes_that_no_reader_shows_are_told(sealed: bytes) -> None:
    found = verify(sealed + b"\n% more\n")
    assert (found.outcome, found.changes) == (
        Outcome.ADDED_TO,
        ["Only 8 bytes that no reader shows stand behind the end."],
    )


def test_a_file_that_was_cut_short_is_told(sealed: bytes) -> None:
    found = verify(sealed[:-40])
    assert (found.outcome, found.changes) == (
        Outcome.CHANGED,
        ["It was cut short: the last 40 bytes are missing."],
    )


def flipped(pdf: bytes, at: int) -> bytes:
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def test_a_change_in_the_seal_itself_is_told_apart(sealed: bytes) -> None:
    found = verify(flipped(sealed, sealed.rindex(b"/Contents <") + 400))
    assert (found.outcome, found.changes) == (
        Outcome.CHANGED,
        [
            f"1 byte of {len(sealed):,} differs.",
            "Only the seal itself was changed; everything that it seals is as we issued it.",
        ],
    )


def test_a_file_that_was_only_packed_anew_is_changed_and_we_cannot_say_where(sealed: bytes, client: Client) -> None:
    copy = saved(sealed, lambda document: None)
    found = verify(copy)
    assert (found.outcome, found.changes, found.was_ours) == (Outcome.CHANGED, [], True)
    assert "We cannot say where it was changed." in shown(client, copy)


def test_what_somebody_else_sealed_over_ours_is_told_as_theirs(plain: bytes, tmp_path: Path) -> None:
    certificates.make_authority(tmp_path / "others", organisation="Practice Vetting at Harbor Light", now=MADE)
    copy = seal(saved(plain, other_words), keys=tmp_path / "others", reason="x", name="x", at=MADE)
    found = verify(copy)
    assert (found.outcome, found.changes) == (Outcome.FOREIGN, ["Page 2 differs."])


def test_a_stranger_who_knows_the_code_alone_learns_nothing(plain: bytes, authority: Path) -> None:
    guessed = rendered(page(BODY), identifier=bytes.fromhex(codes.identifier_of(CODE, "guessed")))
    found = verify(guessed)
    assert (found.outcome, found.changes) == (Outcome.NO_SEAL, [])


def test_the_original_is_not_needed_to_say_that_it_was_changed(document: Document, sealed: bytes) -> None:
    Path(default_storage.path(document.file.path)).unlink()
    found = verify(saved(sealed, other_words))
    assert (found.outcome, found.changes) == (Outcome.CHANGED, [])


def test_a_copy_that_takes_too_long_is_changed_and_no_more_is_said(sealed: bytes, monkeypatch: Any) -> None:
    def stopped(*args: Any, **limits: Any) -> bytes:
        raise TooLong("stopped")

    monkeypatch.setattr(origin, "run_limited", stopped)
    found = verify(saved(sealed, other_words))
    assert (found.outcome, found.changes) == (Outcome.CHANGED, [])


def shown(client: Client, pdf: bytes) -> str:
    return client.post("/verify/", {"file": upload(pdf, "copy.pdf")}).content.decode()


def test_the_page_tells_what_differs_and_nothing_of_our_record(sealed: bytes, client: Client) -> None:
    told = shown(client, saved(sealed, other_words))
    assert "Page 2 differs." in told
    secret = [word for word in ("PV-2026-0001", "Attestation: Notewell", "five of five") if word in told]
    assert secret == []


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([3], "page 3"),
        ([3, 5], "pages 3 and 5"),
        ([2, 4, 5, 6, 7, 12], "pages 2, 4 to 7 and 12"),
        ([1, 2], "pages 1 and 2"),
    ],
)
def test_pages_are_told_in_words(numbers: list[int], words: str) -> None:
    assert pages_in_words(numbers) == words
