"""Seals a PDF (PAdES B-B, no change allowed afterwards) and says what became of a seal.

Import this only where documents are made or checked: pyHanko costs the web process half a second.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from practice_vetting.core.documents import certificates

# They write whole tracebacks about files that strangers bring; what matters is in the answer.
for _name in ("pyhanko", "pyhanko_certvalidator", "fontTools"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

FIELD = "Seal"
_SIGNED_MARK = re.compile(rb"/ByteRange\s*\[\s*0\s+\d{1,12}\s+(\d{1,12})\s+(\d{1,12})\s*\]")


@dataclass(frozen=True)
class SealCheck:
    """What a file says about its seal, each point by itself. `problem` is empty when all four are true.

    signed: it carries a seal; intact: what was sealed is unchanged; whole_file: nothing was added after it;
    ours: the certificate is of this installation. `signer`, `signed_at` (aware) and `fingerprint` (SHA-256 of
    the certificate, hex) are claims of the file unless `intact` and `ours`.
    """

    signed: bool = False
    intact: bool = False
    whole_file: bool = False
    ours: bool = False
    signer: str = ""
    signed_at: datetime | None = None
    fingerprint: str = ""
    problem: str = ""

    @property
    def holds(self) -> bool:
        """True when the file is, byte for byte, one that this installation sealed."""
        return self.signed and self.intact and self.whole_file and self.ours

    def as_data(self) -> dict[str, Any]:
        """The fields with the date as ISO 8601 text, and `holds`."""
        stamp = self.signed_at.isoformat() if self.signed_at else None
        return {**asdict(self), "signed_at": stamp, "holds": self.holds}


class _Signer(SimpleSigner):
    """pyHanko's signer parses its key twice a signature; ours keeps it."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, **material: Any) -> None:
        super().__init__(**material)
        self._loaded = key

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        return self._loaded.sign(data, ec.ECDSA(getattr(hashes, digest_algorithm.upper())()))


class _DatedSigner(PdfSigner):
    """Sets the time that it is given, instead of the machine's."""

    def __init__(self, *arguments: Any, at: datetime, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._at = at

    def init_signing_session(self, *arguments: Any, **named: Any) -> Any:
        session = super().init_signing_session(*arguments, **named)
        session.system_time = self._at
        return session


def seal(pdf: bytes, *, keys: Path, reason: str, name: str, at: datetime) -> bytes:
    """`pdf` with an invisible certification signature that allows no change, made with the authority in
    `keys`.

    `at` (aware) is the time it states; `name` and `reason` are what PDF readers show. The given bytes stay a
    prefix. Raises FileNotFoundError without an authority.
    """
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=reason,
        name=name,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
    )
    signer = _DatedSigner(metadata, _signer(keys, _stamp(keys)), at=at)
    sealed: bytes = signer.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf))).getvalue()
    return sealed


def _stamp(keys: Path) -> int:
    return (keys / "seal.pem").stat().st_mtime_ns


@lru_cache(maxsize=4)
def _signer(keys: Path, _changed: int) -> _Signer:
    material = certificates.load(keys)
    key = serialization.load_pem_private_key(material.key, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    registry = SimpleCertificateStore()
    registry.register(_certificate(material.root))
    return _Signer(
        key,
        signing_cert=_certificate(material.certificate),
        signing_key=load_private_key_from_pemder_data(material.key, passphrase=None),
        cert_registry=registry,
    )


def _certificate(given: bytes | Path) -> Any:
    data = given.read_bytes() if isinstance(given, Path) else given
    return next(iter(load_certs_from_pemder_data(data)))


def check_seal(pdf: bytes, *, trusted: Sequence[bytes | Path]) -> SealCheck:
    """What became of the seal of `pdf`; `trusted` are PEM roots, or their paths. Never raises, whatever the
    bytes.
    """
    roots = [_certificate(root) for root in trusted]
    marked = _SIGNED_MARK.search(pdf)
    end = int(marked[1]) + int(marked[2]) if marked else 0
    try:
        return _checked(pdf, roots)
    except Exception:  # noqa: BLE001 - a stranger's file may raise anything at any depth of the parser
        if 0 < end < len(pdf):  # what was added may be what cannot be read: judge what was sealed
            return _with_addition(check_seal(pdf[:end], trusted=trusted))
        return SealCheck(signed=bool(marked), problem=_DAMAGED if marked else _NO_PDF)


def _with_addition(sealed: SealCheck) -> SealCheck:
    return replace(sealed, whole_file=False, problem=_ADDED if sealed.intact else sealed.problem)


_NO_PDF = "This is not a PDF file that can be read."
_DAMAGED = "The seal cannot be read: the file is damaged or was changed."
_NO_SEAL = "The file carries no seal. Either it never had one, or somebody removed it."
_CHANGED = "The file was changed after it was sealed."
_ADDED = "Something was added to the file after it was sealed."
_FOREIGN = "The seal was not made by this installation."


def _checked(pdf: bytes, roots: list[Any]) -> SealCheck:
    signatures = PdfFileReader(BytesIO(pdf), strict=False).embedded_regular_signatures
    if not signatures:
        return SealCheck(problem=_NO_SEAL)
    signature = signatures[0]
    stated = signature.self_reported_timestamp
    status = _status(signature, roots, stated)
    intact = bool(status.intact and status.valid)
    ours = status.validation_path is not None and status.trust_problem_indic is None
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and len(signatures) == 1
    return SealCheck(
        signed=True,
        intact=intact,
        whole_file=whole,
        ours=ours,
        signer=str(signature.signer_cert.subject.native.get("organization_name", "")),
        signed_at=stated,
        fingerprint=signature.signer_cert.sha256.hex(),
        problem=_problem(intact, whole, ours),
    )


def _status(signature: Any, roots: list[Any], stated: datetime | None) -> Any:
    # As of the day it was set: a certificate that ended since does not undo what it sealed. The caller
    # compares the stored hash too, so a thief of a retired key gains nothing by writing an old date.
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=stated)
    return validate_pdf_signature(signature, context)


def _problem(intact: bool, whole: bool, ours: bool) -> str:
    if not intact:
        return _CHANGED
    if not whole:
        return _ADDED
    return "" if ours else _FOREIGN
