"""Says what became of the seal of a PDF, whoever brings it and however long ago it was made; asks no network.

Import this only where documents are made or checked: pyHanko costs the web process half a second.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    KeyUsageConstraints,
    SignatureCoverageLevel,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko_certvalidator import ValidationContext

from practice_vetting.core.documents.seal_tail import is_stamp_only

# They write whole tracebacks about files that strangers bring; what matters is in the answer.
for _name in ("pyhanko", "pyhanko_certvalidator", "fontTools"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_SIGNED_MARK = re.compile(rb"/ByteRange\s*\[\s*0\s+\d{1,12}\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_EITHER = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


@dataclass(frozen=True)
class SealCheck:
    """What a file says about its seal, each point by itself. `problem` is empty when the first four are true.

    signed: it carries a seal; intact: what was sealed is unchanged, and so are the time stamps; whole_file: nothing was
    added after it but the data to check it with and the time stamp that covers all; ours: the certificate is of this
    installation. `signer`, `signed_at` (aware, by the clock of who sealed) and `fingerprint` (SHA-256 of the
    certificate, hex) are claims of the file unless `intact` and `ours`.

    `time_source` is the authority whose stamp says that the seal was there at `stamped_at`; without one it is "".
    time_trusted: a root that we trust vouches for that authority.
    """

    signed: bool = False
    intact: bool = False
    whole_file: bool = False
    ours: bool = False
    signer: str = ""
    signed_at: datetime | None = None
    fingerprint: str = ""
    time_source: str = ""
    stamped_at: datetime | None = None
    time_trusted: bool = False
    problem: str = ""

    @property
    def holds(self) -> bool:
        """True when the file is, byte for byte, one that this installation sealed."""
        return self.signed and self.intact and self.whole_file and self.ours

    def as_data(self) -> dict[str, Any]:
        """The fields with the dates as ISO 8601 text, and `holds`."""
        dates = {name: at.isoformat() if (at := getattr(self, name)) else None for name in ("signed_at", "stamped_at")}
        return {**asdict(self), **dates, "holds": self.holds}


def check_seal(pdf: bytes, *, trusted: Sequence[bytes | Path], time_roots: Sequence[bytes | Path] = ()) -> SealCheck:
    """What became of the seal of `pdf`. Never raises, whatever the bytes.

    `trusted` are roots of ours, or certificates that sealed for us themselves; `time_roots` are those of time stamp
    authorities: PEM, or paths.
    """
    roots, stampers = ([_certificate(root) for root in given] for given in (trusted, time_roots))
    marked = _SIGNED_MARK.search(pdf)
    end = int(marked[1]) + int(marked[2]) if marked else 0
    try:
        return _checked(pdf, roots, stampers)
    except Exception:  # noqa: BLE001 - a stranger's file may raise anything at any depth of the parser
        if 0 < end < len(pdf):  # what was added may be what cannot be read: judge what was sealed
            return _with_addition(check_seal(pdf[:end], trusted=trusted, time_roots=time_roots))
        return SealCheck(signed=bool(marked), problem=_DAMAGED if marked else _NO_PDF)


def _certificate(given: bytes | Path) -> Any:
    data = given.read_bytes() if isinstance(given, Path) else given
    return next(iter(load_certs_from_pemder_data(data)))


def _with_addition(sealed: SealCheck) -> SealCheck:
    return replace(sealed, whole_file=False, problem=_ADDED if sealed.intact else sealed.problem)


_NO_PDF = "This is not a PDF file that can be read."
_DAMAGED = "The seal cannot be read: the file is damaged or was changed."
_NO_SEAL = "The file carries no seal. Either it never had one, or somebody removed it."
_CHANGED = "The file was changed after it was sealed."
_ADDED = "Something was added to the file after it was sealed."
_FOREIGN = "The seal was not made by this installation."


def _checked(pdf: bytes, roots: list[Any], stampers: list[Any]) -> SealCheck:
    reader = PdfFileReader(BytesIO(pdf), strict=False)
    signatures, stamps = reader.embedded_regular_signatures, reader.embedded_timestamp_signatures
    if not signatures:
        return SealCheck(problem=_NO_SEAL)
    signature, stated = signatures[0], signatures[0].self_reported_timestamp
    stamped_at = _moment(_token_of(signature))
    # As of the day it was set: a certificate that ended since does not undo what it sealed. The caller compares the
    # stored hash too, so a thief of a retired key gains nothing by writing an old date.
    moment = stamped_at or stated
    status = validate_pdf_signature(
        signature,
        _context(reader, roots, moment),
        _context(reader, stampers, moment),
        key_usage_settings=_EITHER,
        skip_diff=True,  # is_stamp_only looks
    )
    time = status.timestamp_validity
    ends = [_stamp_status(reader, stamp, stampers) for stamp in stamps]
    intact = all(each.intact and each.valid for each in (status, *([time] if time else []), *ends))
    whole = len(signatures) == 1 and _is_whole(pdf, reader, signature, status, stamps, ends)
    ours = status.trust_problem_indic is None and _was_valid(status.validation_path, signature.signer_cert, moment)
    return SealCheck(
        signed=True,
        intact=intact,
        whole_file=whole,
        ours=ours,
        signer=_organization(signature.signer_cert),
        signed_at=stated,
        fingerprint=signature.signer_cert.sha256.hex(),
        time_source=name_of(time.signing_cert) if time and intact else "",
        stamped_at=stamped_at if time and intact else None,
        time_trusted=bool(time and intact and all(each.trusted for each in (time, *ends))),
        problem=_problem(intact, whole, ours),
    )


def _organization(certificate: Any) -> str:
    said = certificate.subject.native
    return str(said.get("organization_name") or said.get("common_name") or "")


def _token_of(signature: Any) -> Any:
    """The signed data of the time stamp on a signature; None without one."""
    attributes = signature.signer_info["unsigned_attrs"]
    if not any(each["type"].native == "signature_time_stamp_token" for each in attributes):
        return None
    return find_unique_cms_attribute(attributes, "signature_time_stamp_token")["content"]


def _moment(token: Any) -> datetime | None:
    moment: datetime | None = token and token["encap_content_info"]["content"].parsed["gen_time"].native
    return moment


def _context(reader: Any, roots: list[Any], moment: datetime | None) -> ValidationContext:
    """What decides about a chain as of that moment: our roots, and what the file itself tells of revoked ones."""
    known: dict[str, Any] = {"trust_roots": roots, "allow_fetching": False, "moment": moment}
    try:
        return DocumentSecurityStore.read_dss(reader).as_validation_context(known)
    except NoDSSFoundError:
        return ValidationContext(**known)


def _stamp_status(reader: Any, stamp: Any, stampers: list[Any]) -> Any:
    return validate_pdf_timestamp(stamp, _context(reader, stampers, _moment(stamp.signed_data)), skip_diff=True)


def _is_whole(pdf: bytes, reader: Any, signature: Any, status: Any, stamps: list[Any], ends: list[Any]) -> bool:
    """Nothing follows the seal; or one revision does, with the data to check it and a time stamp to its last byte."""
    if not stamps:
        return bool(status.coverage == SignatureCoverageLevel.ENTIRE_FILE)
    last = signature.signed_revision + 1
    return bool(
        len(stamps) == 1
        and (stamps[0].signed_revision, reader.xrefs.total_revisions) == (last, last + 1)
        and ends[0].coverage == SignatureCoverageLevel.ENTIRE_FILE
        and status.coverage == SignatureCoverageLevel.ENTIRE_REVISION
        and status.timestamp_validity
        and is_stamp_only(reader, pdf[: signature.byte_range[2] + signature.byte_range[3]], stamps[0])
    )


def _was_valid(path: Any, certificate: Any, moment: datetime | None) -> bool:
    """A certificate that is trusted by itself is not asked by its issuers when it was valid: we do."""
    return (
        path is not None
        and moment is not None
        and certificate.not_valid_before <= moment <= certificate.not_valid_after
    )


def _problem(intact: bool, whole: bool, ours: bool) -> str:
    if not intact:
        return _CHANGED
    if not whole:
        return _ADDED
    return "" if ours else _FOREIGN


def name_of(certificate: Any) -> str:
    """Who a certificate names, at most 200 characters: its common name and its organization."""
    said = certificate.subject.native
    parts = [said.get(key) for key in ("common_name", "organization_name")]
    known = [part if isinstance(part, str) else ", ".join(part) for part in parts if part]
    return (", ".join(dict.fromkeys(known)) or certificate.subject.human_friendly)[:200]
