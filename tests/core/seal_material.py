"""Certificates of others for tests: a practice's own from an authority, as a PKCS#12 file or on a software token."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

MADE = datetime(2026, 11, 1, tzinfo=UTC)
SOFTHSM = next(filter(Path.exists, map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/libsofthsm2.so"))))
PIN, PASSWORD = "271828", "harbour mist over slate"
NONE = dict.fromkeys(
    (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    ),
    False,
)  # fmt: skip


@dataclass(frozen=True)
class Holder:
    """A certificate with its key, and those above it, the root last."""

    certificate: x509.Certificate
    key: Any
    above: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def root(self) -> str:
        return ([self.certificate, *self.above][-1]).public_bytes(Encoding.PEM).decode()

    @property
    def key_der(self) -> bytes:
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def made(
    name: str,
    *,
    by: Holder | None = None,
    key: Any = None,
    uses: tuple[str, ...] = ("digital_signature",),
    starts: datetime = MADE,
    days: int = 3650,
    lists_revoked_at: str = "",
    issuer_at: str = "",
) -> Holder:
    """A certificate of this name; without `by` a root. The uses of "key_cert_sign" make an authority."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name), x509.NameAttribute(NameOID.COMMON_NAME, f"{name} seal")]
    )
    authority = "key_cert_sign" in uses
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{**NONE, **dict.fromkeys(set(uses) - {"time"}, True)}), critical=True)
    )
    if "time" in uses:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    if lists_revoked_at:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(lists_revoked_at)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if issuer_at:
        described = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuer_at)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([described]), critical=False)
    certificate = builder.sign(by.key if by else key, hashes.SHA256())
    return Holder(certificate, key, (by.certificate, *by.above) if by else ())


def authority(name: str, *, by: Holder | None = None) -> Holder:
    return made(name, by=by, uses=("key_cert_sign", "crl_sign"))


def time_stamper(root: Holder, *, starts: datetime = MADE, days: int = 3650, **named: str) -> Holder:
    key = rsa.generate_private_key(65537, 2048)  # pyHanko's server stamps with RSA only
    uses = ("digital_signature", "time")
    return made("Punctual Stamps", by=root, key=key, uses=uses, starts=starts, days=days, **named)


def revoked_list(issuer: Holder, *revoked: Holder, at: datetime) -> bytes:
    """What the issuer had revoked at that moment (DER)."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(at).next_update(at + timedelta(days=30))
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number).revocation_date(at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def pkcs12_file(path: Path, holder: Holder, *, password: str = PASSWORD, whole: bool = True) -> Path:
    """The holder as a .p12 file; not `whole` leaves those above it out."""
    secret = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"seal", holder.key, holder.certificate, holder.above if whole else None, secret
        )
    )
    return path


@contextmanager
def token(folder: Path, holder: Holder, *, name: str = "Practice key", label: str = "seal") -> Iterator[dict[str, str]]:
    """A software token with the holder's key and certificates; the settings that name it.

    The program that keeps it reads SOFTHSM2_CONF, which is set for the length of the block.
    """
    (folder / "tokens").mkdir(parents=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    before, os.environ["SOFTHSM2_CONF"] = os.environ.get("SOFTHSM2_CONF"), str(conf)
    try:
        run = ["softhsm2-util", "--init-token", "--free", "--label", name, "--so-pin", "161803", "--pin", PIN]
        subprocess.run(run, check=True, capture_output=True)
        key = folder / "key.pem"
        key.write_bytes(holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        run = ["softhsm2-util", "--import", str(key), "--token", name, "--label", label, "--id", "01", "--pin", PIN]
        subprocess.run(run, check=True, capture_output=True)
        subprocess.run([sys.executable, "-c", _PUT, str(SOFTHSM), name, PIN, label, *_hex(holder)], check=True)
        yield {
            "SEAL_PKCS11_LIBRARY": str(SOFTHSM),
            "SEAL_PKCS11_TOKEN": name,
            "SEAL_PKCS11_LABEL": label,
            "SEAL_PKCS11_PIN": PIN,
        }
    finally:
        os.environ.pop("SOFTHSM2_CONF")
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before


def _hex(holder: Holder) -> list[str]:
    return [each.public_bytes(Encoding.DER).hex() for each in (holder.certificate, *holder.above)]


#: in a process of its own, because the library remembers the first folder that it saw
_PUT = """
import sys
import pkcs11
from pkcs11.util.x509 import decode_x509_certificate
library, name, pin, label, *certificates = sys.argv[1:]
with pkcs11.lib(library).get_token(token_label=name).open(user_pin=pin, rw=True) as session:
    for number, der in enumerate(certificates):
        facts = decode_x509_certificate(bytes.fromhex(der))
        facts[pkcs11.Attribute.LABEL] = label if number == 0 else f"above {number}"
        facts[pkcs11.Attribute.TOKEN] = True
        session.create_object(facts)
"""
