"""The certificates with which this installation seals its documents: one root, one signing certificate.

keys/root.pem, keys/root.key        P-384; signs certificates only
keys/seal.pem, keys/seal.key        P-256; signs documents
keys/retired/*.pem                  earlier roots: still trusted when an old document is checked
"""

import fcntl
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID_FOR = timedelta(days=365 * 20)  # dossiers are read years later; the seal is judged as of the day it was set

_KEY_USES = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
]


@dataclass(frozen=True)
class Material:
    """What a seal needs, as PEM: the signing certificate, its key, and the root that vouches for it."""

    certificate: bytes
    key: bytes
    root: bytes


def make_authority(folder: Path, *, organisation: str, now: datetime) -> None:
    """Makes root and signing certificate in `folder`, unless they are there.

    `now` (aware) starts their validity. Several processes may call it at once: one makes them, the others
    wait. A making that was cut short is begun again, because seal.pem is written last.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "making.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "seal.pem").exists():
            _make(folder, organisation, now)


def _make(folder: Path, organisation: str, now: datetime) -> None:
    root_key, seal_key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = _name(organisation, "Practice Vetting root")
    root = _certificate(root_name, root_name, root_key.public_key(), root_key, now, authority=True)
    seal_name = _name(organisation, "Practice Vetting seal")
    seal = _certificate(seal_name, root_name, seal_key.public_key(), root_key, now, authority=False)
    _write(folder / "root.key", _private(root_key), 0o600)
    _write(folder / "root.pem", root.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(folder / "seal.key", _private(seal_key), 0o600)
    _write(folder / "seal.pem", seal.public_bytes(serialization.Encoding.PEM), 0o644)


def load(folder: Path) -> Material:
    """The signing material in `folder`. Raises FileNotFoundError when no authority was made there."""
    return Material(
        certificate=(folder / "seal.pem").read_bytes(),
        key=(folder / "seal.key").read_bytes(),
        root=(folder / "root.pem").read_bytes(),
    )


def trusted(folder: Path) -> list[bytes]:
    """The roots, as PEM, whose seals are ours: the present one first, then those that were retired."""
    present = [folder / "root.pem"] if (folder / "root.pem").exists() else []
    return [path.read_bytes() for path in [*present, *sorted((folder / "retired").glob("*.pem"))]]


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a PEM certificate, as 64 hex digits."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex()


def _name(organisation: str, common: str) -> x509.Name:
    # X.520 allows 64 characters.
    attributes = [(NameOID.ORGANIZATION_NAME, organisation[:64]), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes if value])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    authority: bool,
) -> x509.Certificate:
    # No extended key usage on the seal: with documentSigning alone, common readers report an unknown problem.
    allowed = {"key_cert_sign", "crl_sign"} if authority else {"digital_signature", "content_commitment"}
    uses = {use: use in allowed for use in _KEY_USES}
    constraints = x509.BasicConstraints(ca=authority, path_length=0 if authority else None)
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))  # clocks differ
        .not_valid_after(now + VALID_FOR)
        .add_extension(constraints, critical=True)
        .add_extension(x509.KeyUsage(**uses), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(authority_id, critical=False)
        .sign(issuer_key, hashes.SHA384() if authority else hashes.SHA256())
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
