"""The installation's own certificates: made once, kept closed, and still trusted after they were replaced."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
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
    return x509.load_pem_x509_certificate((folder / name).read_bytes())


def test_the_root_is_p384_and_signs_certificates_only(folder: Path) -> None:
    root = read(folder, "root.pem")
    usage = root.extensions.get_extension_for_class(x509.KeyUsage).value
    constraints = root.extensions.get_extension_for_class(x509.BasicConstraints).value
    key = root.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert (key.curve.name, constraints.ca, constraints.path_length) == ("secp384r1", True, 0)
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, False)


def test_the_seal_is_p256_for_signatures_without_extended_use(folder: Path) -> None:
    leaf = read(folder, "seal.pem")
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert (key.curve.name, usage.digital_signature, usage.content_commitment) == ("secp256r1", True, True)
    assert (usage.key_cert_sign, usage.key_encipherment) == (False, False)
    assert x509.ExtendedKeyUsage not in {type(extension.value) for extension in leaf.extensions}


def test_both_name_the_organisation_and_hold_for_twenty_years(folder: Path) -> None:
    for name in ("root.pem", "seal.pem"):
        certificate = read(folder, name)
        assert certificate.subject.rfc4514_string().endswith("O=Harbor Light Counseling")
        assert certificate.not_valid_after_utc == NOW + timedelta(days=365 * 20)


def test_openssl_accepts_the_chain(folder: Path) -> None:
    said = tool("openssl", "verify", "-x509_strict", "-CAfile", folder / "root.pem", folder / "seal.pem")
    assert said.endswith("seal.pem: OK\n")


def test_only_the_owner_reads_the_keys(folder: Path) -> None:
    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in ("root.key", "seal.key")}
    assert modes == {"root.key": 0o600, "seal.key": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0


def test_a_second_making_changes_nothing(folder: Path) -> None:
    before = certificates.load(folder)
    certificates.make_authority(folder, organisation="Somebody else", now=NOW + timedelta(days=1))
    assert certificates.load(folder) == before


def test_a_making_that_was_cut_short_is_begun_again(folder: Path) -> None:
    (folder / "seal.pem").unlink()
    (folder / "seal.key.new").write_bytes(b"half")
    certificates.make_authority(folder, organisation="Harbor Light Counseling", now=NOW)
    assert read(folder, "seal.pem").issuer == read(folder, "root.pem").subject
    read(folder, "seal.pem").verify_directly_issued_by(read(folder, "root.pem"))


def test_an_organisation_of_any_length_gets_a_certificate(tmp_path: Path) -> None:
    for number, name in enumerate(("", "Ü" * 500)):
        folder = tmp_path / str(number)
        certificates.make_authority(folder, organisation=name, now=NOW)
        assert read(folder, "seal.pem").issuer == read(folder, "root.pem").subject


def test_a_fingerprint_is_the_sha256_that_openssl_prints(folder: Path) -> None:
    printed = tool("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", folder / "seal.pem")
    expected = printed.strip().partition("=")[2].replace(":", "").lower()
    assert certificates.fingerprint(certificates.load(folder).certificate) == expected


def test_retired_roots_stay_trusted_behind_the_present_one(folder: Path) -> None:
    old = (folder / "root.pem").read_bytes()
    (folder / "retired").mkdir()
    (folder / "retired" / "2026.pem").write_bytes(old)
    for name in ("root.pem", "root.key", "seal.pem", "seal.key"):
        (folder / name).unlink()
    certificates.make_authority(folder, organisation="Harbor Light Counseling", now=NOW)
    assert certificates.trusted(folder) == [(folder / "root.pem").read_bytes(), old]


def test_nothing_is_trusted_where_nothing_was_made(tmp_path: Path) -> None:
    assert certificates.trusted(tmp_path / "none") == []
    with pytest.raises(FileNotFoundError):
        certificates.load(tmp_path / "none")
