"""A new certificate for the seal, made on purpose: from time to time, after a theft, or when the keys are lost."""

from datetime import datetime

from django.conf import settings

from practice_vetting.core.documents import authority, certificates
from practice_vetting.core.documents.seal_keys import KEYS_MISSING
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import SealCertificate

_NOT_OURS = (
    "{} decides which certificate seals, so there is none of ours to change. Put the new one there: it is noticed at "
    "the next document, and the earlier one is retired."
)
_NONE_YET = "There is no certificate of ours yet. The first one is made with the first document."


def rotate(*, reason: str, keys_are_lost: bool, now: datetime) -> str:
    """Make a new root and certificate, retire those before, and tell every ledger; the new fingerprint.

    Documents that were sealed before keep verifying: their certificates are kept, only the key goes. When it is
    killed after the new key is in place, the next document notices and tells the ledgers. Raises
    Refused with a sentence.
    """
    if (source := authority.source()) != authority.OWN:
        raise Refused(_NOT_OURS.format("SEAL_PKCS12" if source == authority.PKCS12 else "The token"))
    old = certificates.readable(settings.KEYS_DIR)
    if old is None and not SealCertificate.objects.filter(source=authority.OWN).exists():
        raise Refused(_NONE_YET)
    if old is None and not keys_are_lost:
        raise Refused(KEYS_MISSING)
    if old and keys_are_lost:
        raise Refused("The keys are not lost. Leave --keys-are-lost out.")
    if old:
        _remember(old, now=now, reason="noticed before it was changed")
    made = _replaced(now, old)
    _remember(made, now=now, reason=reason)
    return certificates.fingerprint(made.certificate)


def _replaced(now: datetime, old: certificates.Material | None) -> certificates.Material:
    before = certificates.fingerprint(old.certificate) if old else ""
    try:
        named = {"organisation": authority.organisation(), "instead_of": before}
        return certificates.replace_authority(settings.KEYS_DIR, now=now, **named)
    except certificates.Overtaken:
        raise Refused("Somebody else changed the certificate at this very moment. It is new now.") from None


def _remember(material: certificates.Material, *, now: datetime, reason: str) -> None:
    authority.remember(
        fingerprint=certificates.fingerprint(material.certificate),
        certificate=material.certificate.decode(),
        chain=material.root.decode(),
        now=now,
        reason=reason,
    )
