"""Anybody checks a file: each point by itself, on the page and on the command line, and nothing is kept."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from practice_vetting.core import clock
from practice_vetting.core.documents import certificates, origin, verification
from practice_vetting.core.documents.on_record import issuer_of
from practice_vetting.core.documents.seal import seal
from practice_vetting.core.documents.verification import Outcome, verify
from practice_vetting.core.limited import TooLong
from practice_vetting.core.models import Document, Job, LedgerEntry, Membership, StoredFile
from practice_vetting.core.turns import turn
from tests.conftest import Cast
from tests.core.document_kinds import make_document, make_job
from tests.core.pdf_tools import page, rendered
from tests.factories import arranging
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


ON_RECORD, NOT_ON_RECORD = (True, "The file is on our record"), (False, "The file is on our record")
INTACT, BROKEN = (True, "What was sealed is unchanged"), (False, "What was sealed is unchanged")
WHOLE, NOT_WHOLE = (True, "The seal covers the whole file"), (False, "The seal covers the whole file")
OURS, NOT_OURS = (True, "The certificate is ours"), (False, "The certificate is ours")


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
    assert points(plain) == (Outcome.NO_SEAL, [NOT_ON_RECORD, (False, "The file has a seal")])


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


def test_a_document_on_record_whose_check_takes_too_long_is_told_so(
    document: Document, sealed: bytes, monkeypatch: Any
) -> None:
    def stopped(*args: Any, **limits: Any) -> bytes:
        raise TooLong("stopped")

    monkeypatch.setattr(verification, "run_limited", stopped)
    assert points(sealed) == (Outcome.NOT_IN_TIME, [ON_RECORD])


def endless(pdf: bytes, states: int) -> bytes:
    """A file that leads its reader from one of its states to the one before, many times."""
    last, parts, end = int(pdf[pdf.rindex(b"startxref") :].split()[1]), [pdf], len(pdf)
    for _ in range(states):
        parts.append(b"xref\n0 0\ntrailer\n<</Size 9/Root 1 0 R/Prev %d>>\n" % last)
        last, end = end, end + len(parts[-1])
    return b"".join([*parts, b"startxref\n%d\n%%%%EOF\n" % last])


def test_a_file_that_is_made_to_be_slow_is_not_read(document: Document, sealed: bytes, monkeypatch: Any) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(verification, "run_limited", lambda *given, **limits: asked.append(given))
    begun = time.monotonic()
    assert points(endless(sealed, 100_000))[0] == Outcome.ADDED_TO
    assert points(b"%PDF-1.7\n" + b"startxref\n0\n%%EOF\n" * 400) == (Outcome.UNREADABLE, [])
    assert (asked, time.monotonic() - begun < 2) == ([], True)


def test_bookmarks_and_some_savings_do_not_make_a_file_slow(sealed: bytes) -> None:
    bookmarks = b"<</Prev 12 0 R/Next 1234 0 R>>\n<</Prev 1 0 R>>" * 1000
    assert not verification._is_endless(bookmarks + endless(sealed, 100))


def test_a_check_has_seconds_and_not_more(document: Document, sealed: bytes, monkeypatch: Any) -> None:
    given: list[float] = []
    run = verification.run_limited

    def counted(*asked: Any, **limits: Any) -> bytes:
        given.append(limits["seconds"])
        return run(*asked, **limits)

    monkeypatch.setattr(verification, "run_limited", counted)
    monkeypatch.setattr(origin, "run_limited", counted)
    verify(added_to(sealed))
    assert given == [5, 5]


def test_a_retired_certificate_still_vouches(document: Document, sealed: bytes, settings: Any) -> None:
    before = certificates.fingerprint(certificates.load(settings.KEYS_DIR).certificate)
    certificates.replace_authority(settings.KEYS_DIR, organisation="x", now=MADE, instead_of=before)
    assert verify(sealed).is_valid


def test_without_its_certificate_a_known_file_is_not_called_valid(
    document: Document, sealed: bytes, settings: Any
) -> None:
    (settings.KEYS_DIR / "seal.pem").unlink()
    assert points(sealed) == (Outcome.CERTIFICATE_GONE, [ON_RECORD, INTACT, WHOLE, NOT_OURS])


def test_a_newer_document_of_the_same_kind_and_record_is_named(document: Document, sealed: bytes) -> None:
    subject = Membership.objects.get(uid=document.subject_uid)
    make_document(subject=subject, content=b"dossier", kind="dossier", number="PV-2026-0002")
    assert verify(sealed).newer is None
    newer = make_document(subject=subject, content=b"again", key="again", number="PV-2026-0003")
    assert verify(sealed).newer == newer


def test_who_issued_it_is_told_as_the_document_names_it(client: Client, cast: Cast, sealed: bytes) -> None:
    said = {"practice": {"name": "Harbor Light, as it was", "time_zone": "America/Chicago"}}
    subject = Membership.objects.get(person=cast.officer)
    document = make_document(subject=subject, content=sealed, snapshot=json.dumps(said))
    bundle = make_document(subject=subject, content=ZIP, kind="bundle", number="PV-2026-0002")
    Job.objects.filter(pk=bundle.job_id).update(after=document.job)
    for content in (sealed, ZIP):
        shown = check(client, content)[1]
        assert "9 Nov 2026, 08:33 (America/Chicago)<br>by Harbor Light, as it was" in shown
    assert issuer_of(Document.objects.get(pk=bundle.pk)).zone == "America/Chicago"


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


def test_what_is_sent_never_has_a_name_on_the_disk(
    client: Client, document: Document, sealed: bytes, monkeypatch: Any, tmp_path: Path
) -> None:
    """A process that is killed in the middle leaves no file behind: there is none to leave."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = []

    def looked(file: bytes) -> Any:
        seen.extend(path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == file)
        return check_of(file)

    check_of = verification.verify
    monkeypatch.setattr(verification, "verify", looked)
    assert (check(client, sealed + b" ")[0], seen) == (200, [])


HOLD = "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2); print(flush=True); time.sleep(60)"


def test_two_files_are_checked_at_once_and_the_third_is_sent_away(
    client: Client, document: Document, sealed: bytes, settings: Any, tmp_path: Path
) -> None:
    """Whichever processes check them; a process that dies gives its turn back."""
    settings.DATA_DIR = tmp_path
    with turn("verify", most=2):
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path / "turns" / "verify.1")], stdout=subprocess.PIPE
        ) as other:
            assert other.stdout
            other.stdout.readline()
            response = client.post("/verify/", {"file": upload(sealed)})
            shown = response.content.decode()
            assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
            assert "Your file was not checked, and was not kept. Wait a minute" in shown
            assert (client.get("/verify/").status_code, document.sha256 in shown) == (200, False)
            other.kill()
        assert check(client, sealed)[0] == 200
    assert check(client, sealed)[0] == 200


# --- the page of a code ------------------------------------------------------------------------------------


def test_a_code_tells_number_and_date_and_nothing_else(client: Client, document: Document) -> None:
    response = client.get(f"/v/{document.job.uid}/")
    shown = response.content.decode()
    assert 'We issued a document with this code on 9 November 2026: <b class="nowrap">PV-2026-0001</b>.' in shown
    secret = ["Harbor Light", "Notewell", "Dana Okafor", document.sha256, "newer one"]
    assert [words for words in secret if words in shown] == []
    assert response.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_a_code_that_was_typed_from_paper_leads_there_too(client: Client, document: Document) -> None:
    typed = client.get(f"/v/{document.job.uid.upper()}", follow=True)
    assert (typed.status_code, "PV-2026-0001" in typed.content.decode()) == (200, True)


def test_a_code_tells_of_the_newer_document(client: Client, document: Document) -> None:
    subject = Membership.objects.get(uid=document.subject_uid)
    make_document(subject=subject, content=b"again", key="again", number="PV-2026-0003")
    make_document(subject=subject, content=b"past", key="past", number="PV-2026-0004", as_of=MADE.date())
    shown = client.get(f"/v/{document.job.uid}/").content.decode()
    assert "A newer one took its place</b> on 9 November 2026: PV-2026-0003." in shown


def test_the_page_of_a_code_sends_the_file_to_the_same_check(client: Client, document: Document) -> None:
    shown = client.get(f"/v/{document.job.uid}/").content.decode()
    assert '<form class="form" method="post" action="/verify/" enctype="multipart/form-data" novalidate>' in shown


def test_an_unknown_code_is_told_as_one_and_the_file_may_be_chosen(client: Client, installed: None, cast: Cast) -> None:
    subject = Membership.objects.get(person=cast.officer)
    waiting = make_job(subject=subject)
    codes = ("abcdefghjkmn", waiting.uid, "x" * 300, "%2e%2e", "\u05d0")
    answers = [
        (answer.status_code, answer.content.decode()) for answer in (client.get(f"/v/{code}/") for code in codes)
    ]
    told = ("<h1>No document here has this code</h1>", 'name="file"', "Ask who gave you the document.")
    assert {(status, *(words in shown for words in told)) for status, shown in answers} == {(404, True, True, True)}


def test_codes_cannot_be_guessed_for_long(client: Client, document: Document) -> None:
    codes = [client.get(f"/v/{number:012}/").status_code for number in range(25)]
    assert codes == [404] * 20 + [429] * 5
    assert client.get(f"/v/{document.job.uid}/").status_code == 429


def opened_before(client: Client, document: Document) -> str:
    return str(client.get(f"/v/{document.job.uid}/").context["opened"])


def test_another_file_than_that_of_the_code_is_told_first(client: Client, document: Document, sealed: bytes) -> None:
    subject = Membership.objects.get(uid=document.subject_uid)
    other = make_document(subject=subject, content=ZIP, key="other", number="PV-2026-0006")
    token = opened_before(client, other)
    shown = client.post("/verify/", {"file": upload(sealed), "opened": token}).content.decode()
    assert '"result-title">This is PV-2026-0001. The code you opened belongs to PV-2026-0006.</h2>' in shown
    assert f'name="opened" value="{token}"' in shown


@pytest.mark.parametrize("forged", [False, True])
def test_the_file_of_the_code_is_told_as_always(
    client: Client, document: Document, sealed: bytes, forged: bool
) -> None:
    token = "PV-2026-0006:forged" if forged else opened_before(client, document)
    shown = client.post("/verify/", {"file": upload(sealed), "opened": token}).content.decode()
    assert '"result-title">This document is ours and unchanged</h2>' in shown
    assert 'name="opened"' not in shown


# --- a bundle ----------------------------------------------------------------------------------------------

ZIP = b"PK\x03\x04" + bytes(400)


def test_a_bundle_on_record_is_valid_by_its_hash(cast: Cast) -> None:
    subject = Membership.objects.get(person=cast.officer)
    made = make_document(subject=subject, content=ZIP)
    with arranging():
        made.file.content_type = "application/zip"
        made.file.save()
    assert points(ZIP) == (Outcome.VALID, [ON_RECORD])


def test_another_zip_file_is_sent_on_to_what_is_inside(client: Client, installed: None) -> None:
    assert points(ZIP) == (Outcome.BUNDLE, [])
    shown = check(client, ZIP, "bundle.zip")[1]
    assert "Unpack it, and choose the dossier.pdf inside." in shown


@pytest.mark.parametrize("begin", [b"PK\x03\x04", b"PK\x03\x04" + bytes(2000)])
def test_a_zip_file_around_a_document_is_told_as_a_zip_file(document: Document, sealed: bytes, begin: bytes) -> None:
    assert points(begin + sealed) == (Outcome.BUNDLE, [])


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
        "  Time of its seal: by this server’s clock",
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
