"""What a seal costs, against pyHanko alone and against reading the file once for its SHA-256."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from practice_vetting.core.documents.render import Attached, render_pdf
from practice_vetting.core.documents.seal import seal
from practice_vetting.core.documents.seal_keys import SealKey
from tests.bench.clocks import side_by_side
from tests.bench.figure import Figure

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
WORDS = {"reason": "Vendor dossier", "name": "Harbor Light Counseling"}
PYHANKO = "pyHanko's own signer, which is given the key as a file holds it"


def measure(quick: bool) -> Iterator[Figure]:
    small = pdf_of(100_000)
    keys: dict[str, Any] = {"P-256": ec.generate_private_key(ec.SECP256R1())}
    if not quick:
        keys["RSA-3072"] = rsa.generate_private_key(65537, 3072)
    for name, private in keys.items():
        cost = side_by_side(ours(small, private), alone(small, private), rounds=3 if quick else 15)
        told = f"seal on a PDF of 100 KB, {name}"
        yield cost.figure(told, floor_is=PYHANKO, goal=25, goal_is="value")
    if not quick:
        large = pdf_of(50_000_000)
        cost = side_by_side(ours(large, keys["P-256"]), lambda: hashlib.sha256(large).digest(), rounds=7)
        yield cost.figure("seal on a PDF of 50 MB, P-256", floor_is="one pass of SHA-256 over it", goal=6)


def pdf_of(size: int) -> bytes:
    """A page with a file of so many bytes inside that do not shrink."""
    inside = Attached(
        "evidence.bin", b"".join(hashlib.sha512(b"%d" % part).digest() for part in range(size // 64)), "x"
    )
    return render_pdf(
        html="<!doctype html><title>x</title><p>x", title="x", author="x", language="en", created=NOW,
        identifier=bytes(16), attachments=[inside],
    )  # fmt: skip


def ours(pdf: bytes, private: Any) -> Callable[[], bytes]:
    key = SealKey(certificate_for(private), (), private)
    return lambda: seal(pdf, keys=key, at=NOW, **WORDS)


def alone(pdf: bytes, private: Any) -> Callable[[], bytes]:
    certificate = next(
        iter(load_certs_from_pemder_data(certificate_for(private).public_bytes(serialization.Encoding.PEM)))
    )
    plain = serialization.NoEncryption()
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    signer = SimpleSigner(certificate, load_private_key_from_pemder_data(pem, None), SimpleCertificateStore())
    metadata = PdfSignatureMetadata(
        field_name="Seal", md_algorithm="sha256", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES, **WORDS,
    )  # fmt: skip
    return lambda: sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), metadata, signer).getvalue()


def certificate_for(private: Any) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Harbor Light seal")])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(private.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=365))
    return builder.sign(private, hashes.SHA256())
