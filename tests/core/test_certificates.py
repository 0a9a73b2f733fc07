"""The installation's own certificates: made once, kept closed, and still trusted after they were replaced."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from practice_vetting.core.documents import certificates
from tests.core.pdf_tools import tool

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keys = tmp_path / "keys"
    certificates.make_authority(keys, organisation="Harbor Light Counseling", now=NOW)
    return keys


def read(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(getattr(certificates.load(folder), name))


def test_the_root_is_p384_and_signs_certificates_only(folder: Path) -> None:
    root = read(folder, "root")
    usage = root.extensions.get_extension_for_class(x509.KeyUsage).value
    constraints = root.extensions.get_extension_for_class(x509.BasicConstraints).value
    key = root.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert (key.curve.name, constraints.ca, constraints.path_length) == ("secp384r1", True, 0)
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, False)


def test_the_seal_is_p256_for_signatures_without_extended_use(folder: Path) -> None:
    leaf = read(folder, "certificate")
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert (key.curve.name, usage.digital_signature, usage.content_commitment) == ("secp256r1", True, True)
    assert (usage.key_cert_sign, usage.key_encipherment) == (False, False)
    assert x509.ExtendedKeyUsage not in {type(extension.value) for extension in leaf.extensions}


def test_both_name_the_organisation_and_hold_for_twenty_years(folder: Path) -> None:
    for name in ("root", "certificate"):
        certificate = read(folder, name)
        assert certificate.subject.rfc4514_string().endswith("O=Harbor Light Counseling")
        assert certificate.not_valid_after_utc == NOW + timedelta(days=365 * 20)


def test_openssl_accepts_the_chain(folder: Path) -> None:
    (folder / "root.pem").write_bytes(certificates.load(folder).root)
    said = tool("openssl", "verify", "-x509_strict", "-CAfile", folder / "root.pem", folder / "seal.pem")
    assert said.endswith("seal.pem: OK\n")


def test_only_the_owner_reads_the_key(folder: Path) -> None:
    assert stat.S_IMODE((folder / "seal.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0


def test_the_key_of_the_root_is_kept_nowhere(folder: Path) -> None:
    key = serialization.load_pem_private_key(certificates.load(folder).key, password=None)
    kept = sorted(path.name for path in folder.iterdir())
    assert (kept, (folder / "seal.pem").read_bytes().count(b"PRIVATE KEY")) == (["making.lock", "seal.pem"], 2)
    assert key.public_key() == read(folder, "certificate").public_key()


def test_a_second_making_changes_nothing(folder: Path) -> None:
    before = certificates.load(folder)
    certificates.make_authority(folder, organisation="Somebody else", now=NOW + timedelta(days=1))
    assert certificates.load(folder) == before


def test_a_making_that_was_cut_short_is_begun_again(folder: Path) -> None:
    (folder / "seal.pem").unlink()
    (folder / "seal.pem.new").write_bytes(b"half")
    certificates.make_authority(folder, organisation="Harbor Light Counseling", now=NOW)
    assert read(folder, "certificate").issuer == read(folder, "root").subject
    read(folder, "certificate").verify_directly_issued_by(read(folder, "root"))


def test_an_organisation_of_any_length_gets_a_certificate(tmp_path: Path) -> None:
    for number, name in enumerate(("", "Ü" * 500)):
        folder = tmp_path / str(number)
        certificates.make_authority(folder, organisation=name, now=NOW)
        assert read(folder, "certificate").issuer == read(folder, "root").subject


def test_a_fingerprint_is_the_sha256_that_openssl_prints(folder: Path) -> None:
    printed = tool("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", folder / "seal.pem")
    expected = printed.strip().partition("=")[2].replace(":", "").lower()
    assert certificates.fingerprint(certificates.load(folder).certificate) == expected


def test_retired_roots_stay_trusted_behind_the_present_one(folder: Path) -> None:
    old = certificates.load(folder)
    before = certificates.fingerprint(old.certificate)
    new = certificates.replace_authority(folder, organisation="Harbor Light", now=NOW, instead_of=before)
    assert certificates.load(folder) == new != old
    assert certificates.trusted(folder) == [new.root, old.root]


def test_of_two_that_replace_the_same_one_the_second_is_told(folder: Path) -> None:
    before = certificates.fingerprint(certificates.load(folder).certificate)
    new = certificates.replace_authority(folder, organisation="Harbor Light", now=NOW, instead_of=before)
    with pytest.raises(certificates.Overtaken):
        certificates.replace_authority(folder, organisation="Harbor Light", now=NOW, instead_of=before)
    assert certificates.load(folder) == new


def test_the_key_that_was_replaced_is_kept_nowhere(folder: Path) -> None:
    old = certificates.load(folder)
    before = certificates.fingerprint(old.certificate)
    certificates.replace_authority(folder, organisation="Harbor Light", now=NOW, instead_of=before)
    assert [path.name for path in folder.rglob("*") if path.is_file() and old.key in path.read_bytes()] == []


def test_nothing_is_trusted_where_nothing_was_made(tmp_path: Path) -> None:
    assert certificates.trusted(tmp_path / "none") == []
    with pytest.raises(FileNotFoundError):
        certificates.load(tmp_path / "none")
