"""The installation's own certificates: a root, and the certificate below it with which documents are sealed.

keys/seal.pem         the certificate, its root, and the private key of the certificate: one file, so that a reader
                      finds all of one making or all of another
keys/retired/*.pem    earlier roots, each with its certificate: still trusted when an old document is checked

The root's own key signs one certificate and is forgotten: nobody can make a second one that we would trust.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOT_CHECKED = " (not checked)"  # behind the name in a certificate for which no root that we know vouches
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
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----\r?\n?", re.DOTALL)


class Overtaken(Exception):
    """Somebody else replaced the certificate first."""


@dataclass(frozen=True)
class Material:
    """What a seal needs, as PEM: the signing certificate, its key, and the root that vouches for it."""

    certificate: bytes
    key: bytes
    root: bytes


def make_authority(folder: Path, *, organisation: str, now: datetime) -> None:
    """Makes root and signing certificate in `folder`, unless they are there.

    `now` (aware) starts their validity. Several processes may call it at once: one makes them, the others
    wait. A making that was cut short left nothing, and is begun again.
    """
    with _alone(folder):
        if not (folder / "seal.pem").exists():
            _put(folder, _made(organisation, now))


def replace_authority(folder: Path, *, organisation: str, now: datetime, instead_of: str) -> Material:
    """A new root and signing certificate instead of those of this fingerprint ("": of none that can be read).

    The old certificates are kept as retired, and their key is gone. Raises Overtaken when others are there by now.
    """
    with _alone(folder):
        old = readable(folder)
        if (fingerprint(old.certificate) if old else "") != instead_of:
            raise Overtaken
        if old:
            (folder / "retired").mkdir(exist_ok=True, mode=0o700)
            _write(folder / "retired" / f"{instead_of}.pem", old.root + old.certificate, 0o644)
        elif (folder / "seal.pem").exists():
            (folder / "seal.pem").replace(folder / "unreadable-seal.pem")
        made = _made(organisation, now)
        _put(folder, made)
        return made


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "making.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made(organisation: str, now: datetime) -> Material:
    root_key, seal_key = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = _name(organisation, "Practice Vetting root")
    root = _certificate(root_name, root_name, root_key.public_key(), root_key, now, authority=True)
    seal_name = _name(organisation, "Practice Vetting seal")
    seal = _certificate(seal_name, root_name, seal_key.public_key(), root_key, now, authority=False)
    return Material(pem(seal), _private(seal_key), pem(root))


def _put(folder: Path, made: Material) -> None:
    _write(folder / "seal.pem", made.certificate + made.root + made.key, 0o600)


def load(folder: Path) -> Material:
    """The signing material in `folder`. Raises FileNotFoundError when there is none, ValueError when it is damaged."""
    text = (folder / "seal.pem").read_bytes()
    blocks = [(found[1], found[0]) for found in _BLOCK.finditer(text)]
    certificates = [block for kind, block in blocks if kind == b"CERTIFICATE"]
    keys = [block for kind, block in blocks if kind == b"PRIVATE KEY"]
    if (len(certificates), len(keys)) != (2, 1):
        raise ValueError("seal.pem does not hold two certificates and a key")
    return Material(certificate=certificates[0], key=keys[0], root=certificates[1])


def readable(folder: Path) -> Material | None:
    """The signing material in `folder`; None when it is missing or damaged."""
    try:
        return load(folder)
    except (FileNotFoundError, ValueError):
        return None


def trusted(folder: Path) -> list[bytes]:
    """The roots, as PEM, whose seals are ours: the present one first, then those that were retired."""
    present = readable(folder)
    retired = [path.read_bytes() for path in sorted((folder / "retired").glob("*.pem"))]
    return ([present.root] if present else []) + [found[0] for text in retired if (found := _BLOCK.search(text))]


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


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
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name too must survive a power cut
    finally:
        os.close(folder)
