"""Anybody checks a file: each point by itself, on the page and on the command line, and nothing is kept."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from practice_vetting.core import clock
from practice_vetting.core.documents import certificates, verification
from practice_vetting.core.documents.seal import seal
from practice_vetting.core.documents.verification import Outcome, verify
from practice_vetting.core.limited import TooLong
from practice_vetting.core.models import Document, LedgerEntry, Membership, StoredFile
from tests.conftest import Cast
from tests.core.document_kinds import make_document
from tests.core.pdf_tools import page, rendered
from tests.files import upload

pytestmark = pytest.mark.django_db
MADE = datetime(2026, 11, 9, 14, 33, tzinfo=UTC)
SIGNERS = [{"name": "Dana Okafor", "role": "Compliance officer", "at": "2026-11-09T14:31:00+00:00"}]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    certificates.make_authority(folder, organisation="Practice Vetting at Harbor Light Counseling", now=MADE)
    return folder


@pytest.fixture(scope="module")
def plain() -> bytes:
    return rendered(page("<h1>Notewell</h1><p>Cleared: five of five documented.</p>"))


@pytest.fixture(scope="module")
def sealed(plain: bytes, authority: Path) -> bytes:
    return seal(plain, keys=authority, reason="Attestation", name="Harbor Light Counseling", at=MADE)


@pytest.fixture(scope="module")
def foreign(plain: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Sealed in our name by somebody else."""
    folder = tmp_path_factory.mktemp("others")
    certificates.make_authority(folder, organisation="Practice Vetting at Harbor Light Counseling", now=MADE)
    return seal(plain, keys=folder, reason="Attestation", name="Harbor Light Counseling", at=MADE)


@pytest.fixture(autouse=True)
def here(settings: Any, authority: Path, tmp_path: Path) -> Iterator[None]:
    settings.KEYS_DIR = shutil.copytree(authority, tmp_path / "keys")
    with clock.set_to(MADE):
        yield


@pytest.fixture
def document(cast: Cast, sealed: bytes) -> Document:
    subject = Membership.objects.get(person=cast.officer)
    return make_document(subject=subject, content=sealed, signers=SIGNERS)


def changed(pdf: bytes) -> bytes:
    at = len(pdf) // 3
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def added_to(pdf: bytes) -> bytes:
    """What an editor makes of it: an incremental update behind the seal."""
    from pyhanko.pdf_utils.generic import NameObject, pdf_name
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer, out = IncrementalPdfFileWriter(BytesIO(pdf)), BytesIO()
    writer.root[pdf_name("/PageMode")] = NameObject("/UseOutlines")
    writer.update_root()
    writer.write(out)
    return out.getvalue()


def points(pdf: bytes) -> tuple[Outcome, list[tuple[bool, str]]]:
    found = verify(pdf)
    return found.outcome, [(point.holds, point.words) for point in found.points]


def check(client: Client, pdf: bytes, name: str = "document.pdf") -> tuple[int, str]:
    response = client.post("/verify/", {"file": upload(pdf, name)})
    return response.status_code, response.content.decode()


ON_RECORD, NOT_ON_RECORD = (True, "The file is on our record"), (False, "The file is not on our record")
INTACT, BROKEN = (True, "What was sealed is unchanged"), (False, "What was sealed was changed")
WHOLE, NOT_WHOLE = (True, "The seal covers the whole file"), (False, "The seal does not cover the whole file")
OURS, NOT_OURS = (True, "The certificate is ours"), (False, "The certificate is not ours")


# --- what is found ----------------------------------------------------------------------------------------


def test_a_document_of_ours_passes_every_point(document: Document, sealed: bytes) -> None:
    assert points(sealed) == (Outcome.VALID, [ON_RECORD, INTACT, WHOLE, OURS])
    assert verify(sealed).document == document


def test_one_changed_byte_is_told(document: Document, sealed: bytes) -> None:
    outcome, found = points(changed(sealed))
    assert (outcome, found[:2]) == (Outcome.CHANGED, [NOT_ON_RECORD, BROKEN])


def test_an_appended_update_is_told_from_a_change(document: Document, sealed: bytes) -> None:
    assert points(added_to(sealed)) == (Outcome.ADDED_TO, [NOT_ON_RECORD, INTACT, NOT_WHOLE, OURS])


def test_a_seal_in_our_name_by_somebody_else_is_not_ours(document: Document, foreign: bytes) -> None:
    assert points(foreign) == (Outcome.FOREIGN, [NOT_ON_RECORD, INTACT, WHOLE, NOT_OURS])


def test_our_seal_on_a_file_that_is_not_on_record_is_not_enough(installed: None, sealed: bytes) -> None:
    assert points(sealed) == (Outcome.NOT_ON_RECORD, [NOT_ON_RECORD, INTACT, WHOLE, OURS])


def test_a_file_without_its_seal_says_so(document: Document, plain: bytes) -> None:
    assert points(plain) == (Outcome.NO_SEAL, [NOT_ON_RECORD, (False, "There is no seal")])


@pytest.mark.parametrize("junk", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"MZ" + bytes(2000)])
def test_what_is_no_pdf_is_told_so(installed: None, junk: bytes) -> None:
    assert points(junk) == (Outcome.UNREADABLE, [])


def test_a_pdf_cut_short_is_not_ours(document: Document, sealed: bytes) -> None:
    assert points(sealed[: len(sealed) // 2])[0] == Outcome.NO_SEAL
    assert points(sealed[:-40])[0] == Outcome.CHANGED


def test_a_file_that_takes_too_long_is_not_read(document: Document, foreign: bytes, monkeypatch: Any) -> None:
    def stopped(*args: Any, **limits: Any) -> bytes:
        raise TooLong("stopped")

    monkeypatch.setattr(verification, "run_limited", stopped)
    assert points(foreign) == (Outcome.UNREADABLE, [])


def test_a_retired_certificate_still_vouches(document: Document, sealed: bytes, settings: Any) -> None:
    (settings.KEYS_DIR / "retired").mkdir()
    (settings.KEYS_DIR / "root.pem").rename(settings.KEYS_DIR / "retired" / "2026.pem")
    assert verify(sealed).is_valid


def test_without_its_certificate_a_known_file_is_not_called_valid(
    document: Document, sealed: bytes, settings: Any
) -> None:
    (settings.KEYS_DIR / "root.pem").unlink()
    assert points(sealed) == (Outcome.CERTIFICATE_GONE, [ON_RECORD, INTACT, WHOLE, NOT_OURS])


def test_a_newer_document_of_the_same_kind_and_record_is_named(document: Document, sealed: bytes) -> None:
    subject = Membership.objects.get(uid=document.subject_uid)
    make_document(subject=subject, content=b"dossier", kind="dossier", number="PV-2026-0002")
    assert verify(sealed).newer is None
    newer = make_document(subject=subject, content=b"again", key="again", number="PV-2026-0003")
    assert verify(sealed).newer == newer


# --- the page ---------------------------------------------------------------------------------------------


def test_anybody_sees_who_signed_what_and_when(client: Client, document: Document, sealed: bytes) -> None:
    status, shown = check(client, sealed)
    assert status == 200
    for words in (
        "This document is ours and unchanged",
        "Attestation: Notewell",
        "PV-2026-0001",
        "9 Nov 2026, 09:33 (America/New_York)",
        "Dana Okafor, Compliance officer",
        "9 Nov 2026, 09:31",
        document.sha256,
    ):
        assert words in shown


def test_a_member_who_is_signed_in_sees_the_same(
    browse: Callable[[Any], Client], strangers: Cast, document: Document, sealed: bytes
) -> None:
    status, shown = check(browse(strangers.staff), sealed)
    assert (status, "This document is ours and unchanged" in shown) == (200, True)


@pytest.mark.parametrize("change", [changed, added_to])
def test_of_a_changed_file_nothing_of_our_record_is_told(
    client: Client, document: Document, sealed: bytes, change: Callable[[bytes], bytes]
) -> None:
    status, shown = check(client, change(sealed))
    told = [word for word in ("PV-2026-0001", "Dana Okafor", "Attestation: Notewell") if word in shown]
    assert (status, told) == (200, [])


def test_a_name_that_anybody_can_write_is_told_as_a_claim(client: Client, document: Document, foreign: bytes) -> None:
    shown = check(client, foreign)[1]
    assert "This document was sealed by somebody else" in shown
    assert "Anybody can write any name there." in shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No file was chosen."),
        (b"", "This file is empty."),
        (b"%PDF-" + bytes(2048), "This file is larger than"),
    ],
)
def test_what_cannot_be_checked_is_said_beside_the_field(
    client: Client, installed: None, monkeypatch: Any, content: bytes | None, words: str
) -> None:
    monkeypatch.setattr(verification, "LARGEST", 1024)
    response = client.post("/verify/", {} if content is None else {"file": upload(content)})
    assert response.status_code == 422
    assert words in response.context["form"].errors["file"][0]


def test_more_than_evidence_may_be_is_read_whole(
    client: Client, document: Document, sealed: bytes, settings: Any
) -> None:
    settings.UPLOAD_LIMIT = 1024
    assert "This document is ours and unchanged" in check(client, sealed)[1]


def test_nothing_is_kept(client: Client, installed: None, cast: Cast, sealed: bytes, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    check(client, sealed)
    assert (StoredFile.objects.count(), LedgerEntry.objects.count()) == (0, 0)
    assert sorted(tmp_path.rglob("*")) == before


def test_too_many_tries_are_turned_away(client: Client, installed: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(verification, "verify", lambda pdf: pytest.fail("never with an empty form"))
    codes = [client.post("/verify/").status_code for _ in range(31)]
    assert codes == [422] * 30 + [429]
    assert client.get("/verify/").status_code == 200


def test_the_form_works_without_a_cookie(installed: None, document: Document, sealed: bytes) -> None:
    status, shown = check(Client(enforce_csrf_checks=True), sealed)
    assert (status, "This document is ours and unchanged" in shown) == (200, True)


# --- the command ------------------------------------------------------------------------------------------


def said(*files: Path) -> str:
    out = StringIO()
    call_command("verify", *map(str, files), stdout=out)
    return out.getvalue()


def test_the_command_says_it_in_words(document: Document, sealed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "dossier.pdf"
    path.write_bytes(sealed)
    assert said(path).splitlines() == [
        f"{path}: This document is ours and unchanged",
        "  It is, byte for byte, the file that this installation issued.",
        "  yes  The file is on our record",
        "  yes  What was sealed is unchanged",
        "  yes  The seal covers the whole file",
        "  yes  The certificate is ours",
        "  Attestation: Notewell, number PV-2026-0001",
        "  Issued by Harbor Light Counseling on 9 Nov 2026, 09:33 (America/New_York)",
        "  Signed by Dana Okafor, Compliance officer, on 9 Nov 2026, 09:31",
        f"  SHA-256 {document.sha256}",
    ]


def test_the_command_fails_when_one_file_is_not_valid(document: Document, sealed: bytes, tmp_path: Path) -> None:
    good, bad, gone = tmp_path / "good.pdf", tmp_path / "bad.pdf", tmp_path / "gone.pdf"
    good.write_bytes(sealed)
    bad.write_bytes(changed(sealed))
    with pytest.raises(CommandError, match="2 of 3 cannot be relied on") as failure:
        said(good, bad, gone)
    assert failure.value.returncode == 1


def test_the_command_names_the_newer_one_and_who_claims_a_foreign_seal(
    document: Document, sealed: bytes, foreign: bytes, tmp_path: Path
) -> None:
    subject = Membership.objects.get(uid=document.subject_uid)
    with clock.set_to(MADE + timedelta(days=1)):
        make_document(subject=subject, content=b"again", key="again", number="PV-2026-0002")
    mine, theirs = tmp_path / "mine.pdf", tmp_path / "theirs.pdf"
    mine.write_bytes(sealed)
    theirs.write_bytes(foreign)
    assert "A newer one took its place on 10 Nov 2026, 09:33: PV-2026-0002" in said(mine)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("verify", str(theirs), stdout=out)
    assert "The seal says: Practice Vetting at Harbor Light Counseling on 9 Nov 2026, 14:33 (UTC)" in out.getvalue()
