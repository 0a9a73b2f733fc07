"""Seals a PDF (PAdES, no change allowed afterwards); documents.seal_check says what became of a seal.

Without a time stamp authority the seal is PAdES B-B and states the time of this server; with one it is B-T, and B-LTA
when the root of the authority is known: what is needed to check it later is inside, and a second time stamp covers all.

Import this only where documents are made or checked: pyHanko costs the web process half a second.
"""

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import PKCS11Error
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, TimestampDSSContentSettings
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from practice_vetting.core.documents import certificates
from practice_vetting.core.documents.revoked import RevokedOnly
from practice_vetting.core.documents.seal_check import SealCheck, check_seal
from practice_vetting.core.documents.seal_keys import KeyProblem, Private, SealKey, load_key
from practice_vetting.core.documents.time_stamp import Stamper

__all__ = ["FIELD", "SealCheck", "check_seal", "seal", "seal_file"]

FIELD = "Seal"
_A_PART = 1024 * 1024
_AROUND = 3 * 1024  # bytes of a seal beside its certificates: attributes, and the signature of any key
_APART = timedelta(minutes=5)  # our clock and that of a time stamp authority
_NOT_MADE = (
    "The token that seals documents did not sign. Look whether it is there and awake; this document waits for it."
)
_NOT_HELD = (
    "The seal that was just made does not hold, so nothing was issued. Who runs this installation must see to its key."
)
_NOT_CONFIRMED = (
    "The certificate of the seal, or one above it, does not pass the checks that go with a time stamp; it may be "
    "revoked. Ask who issued it."
)


class _Signer(SimpleSigner):
    """pyHanko's signer parses its key twice a signature; ours has it at hand."""

    def __init__(self, key: Private, **material: Any) -> None:
        super().__init__(signing_key=None, **material)
        self._key = key

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        digest = getattr(hashes, digest_algorithm.upper())()
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, ec.ECDSA(digest))
        return self._key.sign(data, padding.PKCS1v15(), digest)


class _DatedSigner(PdfSigner):
    """Sets the time that it is given, instead of the machine's."""

    def __init__(self, *arguments: Any, at: datetime, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._at = at

    def init_signing_session(self, *arguments: Any, **named: Any) -> Any:
        session = super().init_signing_session(*arguments, **named)
        session.system_time = self._at
        return session


def seal(pdf: bytes, **how: Any) -> bytes:
    """`pdf` with its seal; `how` is what seal_file takes."""
    file = BytesIO(pdf)
    seal_file(file, **how)
    return file.getvalue()


def seal_file(
    file: BinaryIO, *, keys: SealKey | Path, reason: str, name: str, at: datetime, stamper: Stamper | None = None
) -> None:
    """Add to the PDF in `file` (open to read and write) an invisible certification signature that allows no change.

    `keys` is a key, or the folder of an authority of our own; `at` (aware) is the time it states; `name` and `reason`
    are what PDF readers show. With a `stamper` an authority vouches for the time as well. The given bytes stay a
    prefix; a document with 45 MB of evidence inside is never held in memory. Raises KeyProblem, and TimeStampProblem
    when the authority is away: it never seals with less than was asked, and what is in `file` then is of no use.
    """
    key = load_key({"source": "own", "keys": keys}, at=at) if isinstance(keys, Path) else keys
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=reason,
        name=name,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
        **(_for_long(key, stamper) if stamper and stamper.roots else {}),
    )
    signer = _DatedSigner(metadata, _signer(key), timestamper=stamper, at=at)
    # Without an answer of others in it its size is known; else pyHanko seals twice, once to see how long it gets.
    room = None if stamper else _room(key)
    try:
        signer.sign_pdf(IncrementalPdfFileWriter(file), bytes_reserved=room, in_place=True, chunk_size=_A_PART)
    except PKCS11Error as problem:
        raise KeyProblem(_NOT_MADE) from problem
    except SigningError as problem:
        raise KeyProblem(_NOT_CONFIRMED) from problem
    except (PathBuildingError, PathValidationError) as problem:
        assert stamper is not None
        raise stamper.is_unknown from problem
    _look_again(file, key, stamper, at)


def _room(key: SealKey) -> int:
    """Hexadecimal digits that the seal may take: certificates, once more for the name of the issuer, and the rest."""
    held = [key.certificate, key.certificate, *key.chain]
    return 2 * (_AROUND + sum(len(each.public_bytes(Encoding.DER)) for each in held))


def _for_long(key: SealKey, stamper: Stamper) -> dict[str, Any]:
    """B-LTA: the data to check it with goes before the last time stamp, so that nothing follows that one."""
    context = ValidationContext(
        trust_roots=[_as_pyhanko(key.top), *stamper.roots],
        other_certs=[_as_pyhanko(each) for each in key.chain],
        allow_fetching=True,  # lists of what was revoked, where a certificate names one; ours name none
        fetcher_backend=RevokedOnly(),
    )
    before = TimestampDSSContentSettings(include_vri=False, update_before_ts=True)
    return {
        "validation_context": context,
        "embed_validation_info": True,
        "use_pades_lta": True,
        "timestamp_field_name": "Time",
        "signer_key_usage": set(),  # load_key has looked
        "dss_settings": DSSContentSettings(include_vri=False, next_ts_settings=before),
    }


def _signer(key: SealKey) -> Any:
    certificate, chain = _as_pyhanko(key.certificate), [_as_pyhanko(each) for each in key.chain]
    if key.private is None:
        # Raw: the token signs a digest that we make, because few make it themselves.
        return PKCS11Signer(
            key.session, signing_cert=certificate, ca_chain=chain, key_label=key.label, use_raw_mechanism=True
        )
    registry = SimpleCertificateStore()
    registry.register_multiple(chain)
    return _Signer(key.private, signing_cert=certificate, cert_registry=registry)


def _as_pyhanko(certificate: x509.Certificate) -> Any:
    return next(iter(load_certs_from_pemder_data(certificates.pem(certificate))))


def _look_again(file: BinaryIO, key: SealKey, stamper: Stamper | None, at: datetime) -> None:
    """What others had a hand in is checked before it leaves: a token, and who stamped the time."""
    if key.private is not None and stamper is None:
        return
    roots = [] if stamper is None else [each.dump() for each in stamper.roots]
    file.seek(0)
    found = check_seal(file.read(), trusted=[certificates.pem(key.certificate)], time_roots=roots)
    if stamper and not (found.intact and found.time_source and (found.time_trusted or not roots)):
        raise stamper.answered_rubbish
    if stamper and found.stamped_at:
        is_valid = key.certificate.not_valid_before_utc <= found.stamped_at <= key.certificate.not_valid_after_utc
        if abs(found.stamped_at - at) > _APART or not is_valid:
            raise stamper.is_of_another_time(found.stamped_at)
    if not found.holds:
        raise KeyProblem(_NOT_HELD)
