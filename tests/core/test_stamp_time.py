"""A time stamp authority vouches for the moment of a seal, for as long as anybody asks; without it no seal is made."""

import asyncio
import base64
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import time_machine
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfTimeStamper

from practice_vetting.core import clock
from practice_vetting.core.documents import authority, certificates, jobs, time_stamp
from practice_vetting.core.documents import seal as seal_module
from practice_vetting.core.documents.seal import SealCheck, check_seal, seal
from practice_vetting.core.documents.seal_keys import SealKey, load_key
from practice_vetting.core.documents.time_stamp import Stamper, TimeStampProblem
from practice_vetting.core.documents.verification import verify
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import read
from practice_vetting.core.models import Document, JobState, Membership, SealCertificate
from tests.conftest import Cast
from tests.core import seal_material
from tests.core.document_kinds import KINDS, make_job
from tests.core.pdf_tools import page, rendered, tool
from tests.core.seal_material import MADE, Holder
from tests.core.test_seal_document import updated
from tests.files import upload
from tests.services import StampMode, TimeStampServer, free_port

NOW = MADE + timedelta(days=8)
STAMPED = NOW + timedelta(seconds=2)
NAME = "Punctual Stamps seal, Punctual Stamps"


@pytest.fixture(scope="module")
def root() -> Holder:
    return seal_material.authority("Punctual Stamps root")


@pytest.fixture(scope="module")
def server(root: Holder) -> Iterator[TimeStampServer]:
    stamper = seal_material.time_stamper(root)
    der = [each.public_bytes(Encoding.DER) for each in (stamper.certificate, root.certificate)]
    with TimeStampServer(certificate=der[0], key=stamper.key_der, above=der[1:]) as server:
        server.moment = STAMPED
        yield server


@pytest.fixture(autouse=True)
def willing(server: TimeStampServer) -> Iterator[None]:
    server.mode = StampMode.STAMP
    server.asked.clear()
    server.got.clear()
    yield
    server.mode, server.moment = StampMode.STAMP, STAMPED


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    certificates.make_authority(folder, organisation="Harbor Light Counseling", now=MADE)
    return folder


@pytest.fixture(scope="module")
def plain() -> bytes:
    return rendered(page("<h1>Claridesk</h1><p>Cleared: five of five documented.</p>"))


def stamper(server: TimeStampServer, *roots: Holder, url: str = "") -> Stamper:
    order = {"url": url or server.url, "host": "127.0.0.1", "user": "", "password": ""}
    return Stamper({**order, "roots": [each.pem for each in roots]})


Sealed = Callable[..., bytes]


@pytest.fixture(scope="module")
def sealed(plain: bytes, keys: Path, server: TimeStampServer, root: Holder) -> dict[str, bytes]:
    """One file of each kind."""
    kinds = {"B-B": None, "B-T": stamper(server), "B-LTA": stamper(server, root)}
    given = {"keys": keys, "reason": "Dossier", "name": "Harbor Light", "at": NOW}
    return {kind: seal(plain, stamper=by, **given) for kind, by in kinds.items()}


def checked(pdf: bytes, keys: Path, *roots: Holder) -> SealCheck:
    return check_seal(pdf, trusted=certificates.trusted(keys), time_roots=[each.pem.encode() for each in roots])


def points(check: SealCheck) -> tuple[bool, bool, bool, bool]:
    return check.signed, check.intact, check.whole_file, check.ours


KINDS_OF_SEAL = ["B-B", "B-T", "B-LTA"]


# --- what is in the file --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "time"), [("B-B", ("", None, False)), ("B-T", (NAME, STAMPED, True)), ("B-LTA", (NAME, STAMPED, True))]
)
def test_each_kind_holds_and_says_who_vouches_for_the_time(
    sealed: dict[str, bytes], keys: Path, root: Holder, kind: str, time: Any
) -> None:
    found = checked(sealed[kind], keys, root)
    assert (found.holds, found.problem, found.signed_at) == (True, "", NOW)
    assert (found.time_source, found.stamped_at, found.time_trusted) == time


@pytest.mark.parametrize("kind", KINDS_OF_SEAL)
def test_others_programs_agree(sealed: dict[str, bytes], tmp_path: Path, kind: str) -> None:
    (tmp_path / "sealed.pdf").write_bytes(sealed[kind])
    said = tool("pdfsig", tmp_path / "sealed.pdf")
    assert ("Signature is Valid" in said, "Total document signed" in said) == (True, True)
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", tmp_path / "sealed.pdf")


def test_what_is_needed_to_check_it_later_is_inside(sealed: dict[str, bytes]) -> None:
    with pikepdf.open(BytesIO(sealed["B-LTA"])) as document:
        store, fields = document.Root.DSS, document.Root.AcroForm.Fields
        assert (len(store.Certs), [str(field.V.Type) for field in fields]) == (4, ["/Sig", "/DocTimeStamp"])


@pytest.mark.parametrize("kind", KINDS_OF_SEAL)
def test_the_rendered_bytes_stay_a_prefix(sealed: dict[str, bytes], plain: bytes, kind: str) -> None:
    assert sealed[kind][: len(plain)] == plain


def test_an_authority_that_we_do_not_know_is_named_and_not_trusted(sealed: dict[str, bytes], keys: Path) -> None:
    for kind in ("B-T", "B-LTA"):
        found = checked(sealed[kind], keys)
        assert (found.holds, found.time_source, found.time_trusted) == (True, NAME, False)


def test_a_root_of_time_vouches_for_no_seal(sealed: dict[str, bytes], keys: Path, root: Holder) -> None:
    mine = [each.encode() for each in (root.pem,)]
    assert not check_seal(sealed["B-LTA"], trusted=mine, time_roots=certificates.trusted(keys)).ours


@pytest.mark.parametrize("kind", KINDS_OF_SEAL)
def test_each_kind_holds_after_every_certificate_ended(
    sealed: dict[str, bytes], keys: Path, root: Holder, kind: str
) -> None:
    before = checked(sealed[kind], keys, root)
    with time_machine.travel(NOW + timedelta(days=365 * 40)):
        assert checked(sealed[kind], keys, root) == before


# --- what was done to it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["B-T", "B-LTA"])
@pytest.mark.parametrize("extra", [b"\n", b"\n% a comment\n%%EOF\n"])
def test_trailing_bytes_are_told_as_an_addition(
    sealed: dict[str, bytes], keys: Path, root: Holder, kind: str, extra: bytes
) -> None:
    found = checked(sealed[kind] + extra, keys, root)
    assert (points(found), found.problem) == (
        (True, True, False, True),
        "Something was added to the file after it was sealed.",
    )


@pytest.mark.parametrize("kind", ["B-T", "B-LTA"])
def test_an_appended_update_is_told_as_an_addition(
    sealed: dict[str, bytes], keys: Path, root: Holder, kind: str
) -> None:
    assert points(checked(updated(sealed[kind]), keys, root)) == (True, True, False, True)


def test_a_change_between_seal_and_last_stamp_is_told(
    plain: bytes, keys: Path, server: TimeStampServer, root: Holder, sealed: dict[str, bytes]
) -> None:
    """Somebody changes a page of a B-T file, and has an honest authority stamp that."""
    changed = IncrementalPdfFileWriter(BytesIO(updated(sealed["B-T"])))
    stamped = PdfTimeStamper(stamper(server)).timestamp_pdf(changed, "sha256").getvalue()
    assert points(checked(stamped, keys, root)) == (True, True, False, True)


def test_a_long_document_is_stamped_and_checked_in_a_moment(keys: Path, server: TimeStampServer, root: Holder) -> None:
    """Comparing each of its tags with what it was before took half a minute."""
    long = rendered(page("<p>One of <b>many</b> words.</p>" * 400))
    begun = time.monotonic()
    pdf = seal(long, keys=keys, reason="x", name="x", at=NOW, stamper=stamper(server, root))
    assert (checked(pdf, keys, root).holds, time.monotonic() - begun < 4) == (True, True)


def test_a_second_stamp_of_somebody_else_is_an_addition(
    keys: Path, server: TimeStampServer, root: Holder, sealed: dict[str, bytes]
) -> None:
    for kind in ("B-B", "B-LTA"):
        more = PdfTimeStamper(stamper(server)).timestamp_pdf(IncrementalPdfFileWriter(BytesIO(sealed[kind])), "sha256")
        assert points(checked(more.getvalue(), keys, root)) == (True, True, False, True)


def test_a_flipped_bit_anywhere_under_the_last_stamp_is_found(
    sealed: dict[str, bytes], keys: Path, root: Holder
) -> None:
    pdf = sealed["B-LTA"]
    start, size, again, rest = map(int, re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", pdf)[-1])
    covered = [*range(start, start + size), *range(again, again + rest)]
    assert covered[-1] == len(pdf) - 1
    for place in covered[:: len(covered) // 60]:
        changed = pdf[:place] + bytes([pdf[place] ^ 4]) + pdf[place + 1 :]
        found = checked(changed, keys, root)
        assert (found.holds, found.problem == "") == (False, False), f"byte {place}"


def test_a_stamp_cut_off_leaves_no_whole_document(sealed: dict[str, bytes], keys: Path, root: Holder) -> None:
    pdf = sealed["B-LTA"]
    for size in range(len(pdf) // 2, len(pdf) - 1, len(pdf) // 40):
        found = checked(pdf[:size], keys, root)
        assert not found.holds or pdf[:size].endswith(b"%%EOF\n")


# --- an authority on a bad day ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (StampMode.BUSY, "The time stamp authority at 127.0.0.1 does not answer; this document waits"),
        (StampMode.CLOSED, "The time stamp authority at 127.0.0.1 did not take the user name and password in TSA_URL."),
        (StampMode.RUBBISH, "The time stamp authority at 127.0.0.1 answered, but not with a time stamp"),
        (StampMode.REFUSE, "The time stamp authority at 127.0.0.1 answered, but not with a time stamp"),
        (StampMode.OTHER, "The time stamp authority at 127.0.0.1 answered, but not with a time stamp"),
        (StampMode.SLOW, "The time stamp authority at 127.0.0.1 does not answer; this document waits"),
        (StampMode.MOVED, "The time stamp authority at 127.0.0.1 does not answer; this document waits"),
        (StampMode.LONG, "The time stamp authority at 127.0.0.1 does not answer; this document waits"),
    ],
)
def test_without_a_stamp_there_is_no_seal_but_a_sentence(
    plain: bytes, keys: Path, server: TimeStampServer, root: Holder, monkeypatch: Any, mode: StampMode, words: str
) -> None:
    monkeypatch.setattr(time_stamp, "SECONDS", 0.3)
    server.mode = mode
    for by in (stamper(server), stamper(server, root)):
        with pytest.raises(TimeStampProblem) as raised:
            seal(plain, keys=keys, reason="x", name="x", at=NOW, stamper=by)
        assert raised.value.sentence[: len(words)] == words
    assert server.got == []  # wherever it sends us on to


def test_an_authority_that_is_not_there_is_named(plain: bytes, keys: Path, server: TimeStampServer) -> None:
    nobody = stamper(server, url=f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(TimeStampProblem, match=r"at 127\.0\.0\.1 does not answer"):
        seal(plain, keys=keys, reason="x", name="x", at=NOW, stamper=nobody)


def test_an_answer_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Response:
        class raw:  # noqa: N801 - as requests calls it
            @staticmethod
            def read1(size: int) -> bytes:
                time.sleep(0.05)
                return b"."

    with pytest.raises(TimeoutError):
        time_stamp.read_whole(Response(), time.monotonic() + 0.2)


def test_an_authority_under_another_root_is_told(plain: bytes, keys: Path, server: TimeStampServer) -> None:
    other = stamper(server, seal_material.authority("Another"))
    with pytest.raises(TimeStampProblem, match="is not vouched for by the certificates in TSA_CERTIFICATES"):
        seal(plain, keys=keys, reason="x", name="x", at=NOW, stamper=other)


def test_a_stamp_on_something_else_is_no_stamp(server: TimeStampServer) -> None:
    server.mode = StampMode.OTHER
    with pytest.raises(TimeStampProblem, match="but not with a time stamp"):
        asyncio.run(stamper(server).async_timestamp(b"1" * 32, "sha256"))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_stamp_of_another_time_than_ours_is_refused(
    plain: bytes, keys: Path, server: TimeStampServer, root: Holder, minutes: int
) -> None:
    server.moment = NOW + timedelta(minutes=minutes)
    for by in (stamper(server), stamper(server, root)):
        with pytest.raises(TimeStampProblem, match=r"says that it is 0[89] Nov 2026, .* Look which clock is wrong"):
            seal(plain, keys=keys, reason="x", name="x", at=NOW, stamper=by)


def test_a_stamp_after_the_end_of_our_certificate_is_told_as_that(
    plain: bytes, server: TimeStampServer, root: Holder
) -> None:
    ends = seal_material.made("Harbor Light", starts=NOW - timedelta(days=1) + timedelta(seconds=1), days=1)
    key = SealKey(ends.certificate, (), ends.key)
    with pytest.raises(TimeStampProblem, match="the certificate of the seal is not valid then"):
        seal(plain, keys=key, reason="x", name="x", at=NOW, stamper=stamper(server))


def test_what_was_sealed_is_looked_at_before_it_leaves(
    plain: bytes, keys: Path, server: TimeStampServer, sealed: dict[str, bytes]
) -> None:
    mine, other = load_key({"source": "own", "keys": keys}, at=NOW), seal_material.made("Another")
    with pytest.raises(Refused):
        seal(plain, keys=SealKey(mine.certificate, mine.chain, other.key), reason="x", name="x", at=NOW,
             stamper=stamper(server))  # fmt: skip
    stranger = stamper(server, seal_material.authority("Another"))
    with pytest.raises(TimeStampProblem, match="but not with a time stamp"):
        seal_module._look_again(BytesIO(sealed["B-T"]), mine, stranger, NOW)


# --- a document ---------------------------------------------------------------------------------------------------


@pytest.fixture
def subject(cast: Cast, settings: Any, tmp_path: Path, server: TimeStampServer, root: Holder) -> Iterator[Membership]:
    settings.JOB_KINDS, settings.DATA_DIR = KINDS, tmp_path
    (tmp_path / "roots.pem").write_text(root.pem)
    settings.TSA_URL = server.url.replace("://", "://dana:slate%20mist@")
    settings.TSA_CERTIFICATES = str(tmp_path / "roots.pem")
    with clock.set_to(NOW):
        yield Membership.objects.get(person=cast.officer)


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_document_says_who_stamped_it_and_keeps_the_root(
    subject: Membership, server: TimeStampServer, root: Holder, settings: Any
) -> None:
    job = make_job(subject=subject)
    jobs.run(job.uid)
    document = Document.objects.get(job=job)
    with read(document.file) as file:
        pdf = file.read()
    settings.TSA_URL = settings.TSA_CERTIFICATES = ""
    found = check_seal(
        pdf,
        trusted=[each.encode() for each in authority.trusted_roots()],
        time_roots=[each.encode() for each in authority.time_roots()],
    )
    assert (document.time_source, found.holds, found.time_trusted) == (NAME, True, True)
    assert sorted(SealCertificate.objects.values_list("source", flat=True)) == ["own", "time"]
    assert set(server.asked) == {"Basic " + base64.b64encode(b"dana:slate mist").decode()}
    assert verify(pdf).is_valid


@pytest.mark.django_db
@pytest.mark.any_database
def test_without_its_root_the_name_of_an_authority_is_told_as_a_claim(
    subject: Membership, settings: Any, client: Any
) -> None:
    settings.TSA_CERTIFICATES = ""
    job = make_job(subject=subject)
    jobs.run(job.uid)
    document = Document.objects.get(job=job)
    with read(document.file) as file:
        shown = client.post("/verify/", {"file": upload(file.read())}).content.decode()
    assert document.time_source == f"{NAME} (not checked)"
    assert f"Claims to be from {NAME} (not checked)" in shown


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_document_waits_for_the_authority_and_is_made_when_it_is_back(
    subject: Membership, server: TimeStampServer
) -> None:
    server.mode = StampMode.BUSY
    job = make_job(subject=subject)
    jobs.run(job.uid)
    job.refresh_from_db()
    words = "The time stamp authority at 127.0.0.1 does not answer; this document waits, and is tried again."
    assert (job.state, job.last_error, Document.objects.count()) == (JobState.QUEUED, words, 0)
    server.mode = StampMode.STAMP
    with clock.set_to(job.next_try_at):
        jobs.run(job.uid)
    assert Document.objects.get(job=job).time_source == NAME


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_host_is_told_without_its_password_and_whether_anybody_vouches_for_it(
    settings: Any, root: Holder, tmp_path: Path
) -> None:
    settings.TSA_URL = "https://dana:slate@tsa.example:8443/tsr"
    assert authority.time_source() == "tsa.example (not checked)"
    settings.TSA_CERTIFICATES = str(tmp_path / "roots.pem")
    (tmp_path / "roots.pem").write_text(root.pem)
    assert authority.time_source() == "tsa.example"
    settings.TSA_URL = ""
    assert authority.time_source() == ""
