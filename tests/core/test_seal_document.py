"""A seal that any reader can check, and that tells every kind of tampering from every other."""

import json
import random
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pyhanko.sign import SimpleSigner

from practice_vetting.core.documents import certificates
from practice_vetting.core.documents.seal import SealCheck, check_seal, seal
from practice_vetting.core.documents.seal_keys import load_key
from practice_vetting.core.limited import ChildFailed, run_limited
from tests.core.pdf_tools import DAY, missing_glyphs, page, rendered, tool

MADE = datetime(2026, 11, 1, tzinfo=UTC)
NAME = "Harbor Light Counseling"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    certificates.make_authority(folder, organisation=NAME, now=MADE)
    return folder


@pytest.fixture(scope="module")
def plain() -> bytes:
    return rendered(page("<h1>Claridesk</h1><p>Cleared: five of five documented.</p>"))


@pytest.fixture(scope="module")
def sealed(plain: bytes, keys: Path) -> bytes:
    return seal(plain, keys=keys, reason="Vendor dossier", name=NAME, at=DAY)


def checked(pdf: bytes, keys: Path) -> SealCheck:
    return check_seal(pdf, trusted=certificates.trusted(keys))


def points(check: SealCheck) -> tuple[bool, bool, bool, bool]:
    return check.signed, check.intact, check.whole_file, check.ours


def signed_ranges(pdf: bytes) -> list[int]:
    found = re.search(rb"/ByteRange\s*\[([\d ]+)\]", pdf)
    assert found is not None
    start, size, again, rest = map(int, found[1].split())
    return [*range(start, start + size), *range(again, again + rest)]


def updated(pdf: bytes) -> bytes:
    """`pdf` with a page added as an incremental update, as an editor would save it."""
    from pyhanko.pdf_utils.generic import NameObject, pdf_name
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    writer.root[pdf_name("/PageMode")] = NameObject("/UseOutlines")
    writer.update_root()
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_sealed_file_passes_every_point_and_says_by_whom_and_when(sealed: bytes, keys: Path) -> None:
    assert checked(sealed, keys) == SealCheck(
        signed=True,
        intact=True,
        whole_file=True,
        ours=True,
        signer=NAME,
        signed_at=DAY,
        fingerprint=certificates.fingerprint(certificates.load(keys).certificate),
    )
    assert checked(sealed, keys).holds


def test_the_rendered_bytes_stay_a_prefix(plain: bytes, sealed: bytes) -> None:
    assert sealed[: len(plain)] == plain


def test_poppler_says_valid_and_total_document_signed(sealed: bytes, tmp_path: Path) -> None:
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    said = tool("pdfsig", tmp_path / "sealed.pdf")
    for words in (
        "Signature is Valid",
        "Total document signed",
        "ETSI.CAdES.detached",
        "SHA-256",
        "Practice Vetting seal",
        "Nov 09 2026 14:31:00",
    ):
        assert words in said


def test_qpdf_finds_no_error(sealed: bytes, tmp_path: Path) -> None:
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", tmp_path / "sealed.pdf")


def test_the_seal_is_invisible_and_allows_no_change(sealed: bytes) -> None:
    with pikepdf.open(BytesIO(sealed)) as document:
        field = document.Root.AcroForm.Fields[0]
        reference = document.Root.Perms.DocMDP.Reference[0]
        assert [float(side) for side in field.Rect] == [0, 0, 0, 0]
        assert (str(reference.TransformMethod), int(reference.TransformParams.P)) == ("/DocMDP", 1)
        assert (str(field.V.Reason), str(field.V.Name)) == ("Vendor dossier", NAME)


def test_every_flipped_bit_inside_the_signed_bytes_is_found(sealed: bytes, keys: Path) -> None:
    chance = random.Random(7)
    for place in chance.sample(signed_ranges(sealed), 60):
        changed = bytearray(sealed)
        changed[place] ^= 1 << chance.randrange(8)
        check = checked(bytes(changed), keys)
        assert (check.holds, check.problem == "") == (False, False), f"byte {place}"


def test_one_changed_byte_is_told_as_a_change(sealed: bytes, keys: Path) -> None:
    place = sealed.index(b"stream\n") + 60
    changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    assert points(checked(changed, keys)) == (True, False, True, True)
    assert checked(changed, keys).problem == "The file was changed after it was sealed."


@pytest.mark.parametrize("extra", [b"\n", b"\0" * 10, b"\n% a comment\n%%EOF\n"])
def test_trailing_bytes_are_told_as_an_addition(sealed: bytes, keys: Path, extra: bytes) -> None:
    assert points(checked(sealed + extra, keys)) == (True, True, False, True)
    assert checked(sealed + extra, keys).problem == "Something was added to the file after it was sealed."


def test_an_appended_update_is_told_as_an_addition(sealed: bytes, keys: Path) -> None:
    assert points(checked(updated(sealed), keys)) == (True, True, False, True)


def test_a_stripped_seal_is_told_as_missing(plain: bytes, sealed: bytes, keys: Path) -> None:
    assert points(checked(sealed[: len(plain)], keys)) == (False, False, False, False)
    assert checked(plain, keys).problem == (
        "The file carries no seal. Either it never had one, or somebody removed it."
    )


def test_a_file_saved_anew_is_told_as_changed(sealed: bytes, keys: Path) -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(sealed)) as document:
        document.save(out)
    assert (checked(out.getvalue(), keys).signed, checked(out.getvalue(), keys).intact) == (True, False)


def test_another_authority_of_the_same_name_is_told_as_foreign(plain: bytes, keys: Path, tmp_path: Path) -> None:
    certificates.make_authority(tmp_path, organisation=NAME, now=MADE)
    forged = seal(plain, keys=tmp_path, reason="Vendor dossier", name=NAME, at=DAY)
    assert points(checked(forged, keys)) == (True, True, True, False)
    assert checked(forged, keys).problem == "The seal was not made by this installation."
    assert checked(forged, keys).signer == NAME  # a claim of the file, no more


def test_a_seal_of_a_retired_authority_is_still_ours(sealed: bytes, keys: Path, tmp_path: Path) -> None:
    certificates.make_authority(tmp_path, organisation=NAME, now=MADE)
    assert not checked(sealed, tmp_path).ours
    (tmp_path / "retired").mkdir()
    (tmp_path / "retired" / "first.pem").write_bytes(certificates.load(keys).root)
    assert checked(sealed, tmp_path).holds
    assert check_seal(sealed, trusted=[tmp_path / "retired" / "first.pem"]).holds


def test_a_seal_dated_outside_its_certificate_is_not_ours(plain: bytes, keys: Path) -> None:
    key = load_key({"source": "own", "keys": keys}, at=DAY)
    for at in (MADE - timedelta(days=1), MADE + certificates.VALID_FOR + timedelta(days=1)):
        late = seal(plain, keys=key, reason="x", name=NAME, at=at)
        assert points(checked(late, keys)) == (True, True, True, False)


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"%PDF-1.7\n",
        b"<html>no</html>",
        b"/ByteRange [0 1 2 3]",
        b"%PDF-1.7\n" + b"[" * 100_000,
        bytes(range(256)) * 50,
    ],
)
def test_rubbish_is_answered_and_never_raises(rubbish: bytes, keys: Path) -> None:
    check = checked(rubbish, keys)
    assert (check.holds, check.intact, check.problem == "") == (False, False, False)


def test_a_file_cut_anywhere_never_holds(sealed: bytes, keys: Path) -> None:
    for size in range(0, len(sealed), len(sealed) // 25):
        assert not checked(sealed[:size], keys).holds


def test_a_file_that_cannot_be_read_logs_nothing(sealed: bytes, keys: Path, caplog: pytest.LogCaptureFixture) -> None:
    checked(sealed[:-300], keys)
    checked(sealed.replace(b"/Sig", b"/Gis"), keys)
    assert caplog.records == []


def test_the_key_is_read_once(plain: bytes, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = load_key({"source": "own", "keys": keys}, at=DAY)
    monkeypatch.setattr(certificates, "load", None)
    monkeypatch.setattr(SimpleSigner, "sign_raw", None)
    sealed = seal(plain, keys=key, reason="x", name=NAME, at=DAY)
    monkeypatch.undo()
    assert checked(sealed, keys).holds


def test_a_child_renders_seals_writes_and_checks(keys: Path, tmp_path: Path) -> None:
    out = tmp_path / "dossier.pdf"
    order = {
        "html": page("<h1>Claridesk</h1><p>Ирина 王</p>"),
        "title": "Vendor dossier: Claridesk",
        "author": NAME,
        "language": "en",
        "created": DAY.isoformat(),
        "sealed_at": DAY.isoformat(),
        "identifier": "00" * 16,
        "reason": "Vendor dossier",
        "seal": {"source": "own", "keys": str(keys), "tsa": None},
        "out": str(out),
        "attachments": [{"name": "snapshot.json", "data": "e30=", "description": "What was attested"}],
    }
    module = "practice_vetting.core.documents.produce"
    answer = json.loads(run_limited(f"{module}:produce", json.dumps(order).encode(), seconds=60, megabytes=1500))
    pdf = out.read_bytes()
    assert answer == {
        "sha256": sha256(pdf).hexdigest(),
        "size": len(pdf),
        "pages": 1,
        "time_source": "",
        "fingerprint": certificates.fingerprint(certificates.load(keys).certificate),
        "certificate": certificates.load(keys).certificate.decode(),
        "chain": certificates.load(keys).root.decode(),
    }
    assert ([path.name for path in tmp_path.iterdir()], missing_glyphs(pdf)) == (["dossier.pdf"], 0)

    head = json.dumps({"trusted": [root.decode() for root in certificates.trusted(keys)]}).encode()
    said = json.loads(run_limited(f"{module}:check", head + b"\n" + pdf, seconds=60, megabytes=800))
    assert said == checked(pdf, keys).as_data()
    assert said["holds"]


def test_a_refusal_in_the_child_keeps_its_sentence_and_leaves_no_file(keys: Path, tmp_path: Path) -> None:
    order = {
        "html": page('<img src="file:///etc/passwd" alt="">'),
        "title": "x",
        "author": NAME,
        "language": "en",
        "created": DAY.isoformat(),
        "sealed_at": DAY.isoformat(),
        "identifier": "00" * 16,
        "reason": "x",
        "seal": {"source": "own", "keys": str(keys), "tsa": None},
        "out": str(tmp_path / "dossier.pdf"),
    }
    target = "practice_vetting.core.documents.produce:produce"
    with pytest.raises(ChildFailed) as raised:
        run_limited(target, json.dumps(order).encode(), seconds=60, megabytes=1500)
    assert (raised.value.kind, raised.value.sentence, raised.value.detail) == (
        "RenderRefused",
        "The document asked for something outside of this installation, so it was not made.",
        "file:///etc/passwd",
    )
    assert list(tmp_path.iterdir()) == []
