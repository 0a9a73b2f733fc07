"""Which key seals here, who vouches for the time, and which certificates we know for good.

    seal = authority.order(now)                   what the limited child is told; it has no settings and no environment
    authority.remember(**facts, now=now)          what it answers, so that the document can be checked for good
    authority.trusted_roots(), authority.time_roots()

The environment decides: our own authority in KEYS_DIR, SEAL_PKCS12, or SEAL_PKCS11_LIBRARY.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from cryptography import x509
from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.documents import certificates, seal_keys
from practice_vetting.core.documents.seal_keys import KEYS_MISSING, KeyProblem
from practice_vetting.core.limited import ChildFailed, run_limited
from practice_vetting.core.models import Practice, SealCertificate

OWN, PKCS12, PKCS11, TIME = "own", "pkcs12", "pkcs11", "time"
#: what the libraries of tokens read from the environment; nothing else of it reaches the child
_LIBRARIES_READ = ("SOFTHSM2_CONF", "YUBIHSM_PKCS11_CONF", "OPENSC_CONF", "KRYOPTIC_CONF")
_LOOK = "practice_vetting.core.documents.seal_keys:look"
_SECONDS, _MEGABYTES = 30, 800


def source() -> str:
    """Where the key lies: "own", "pkcs12" or "pkcs11"."""
    if settings.SEAL_PKCS11_LIBRARY:
        return PKCS11
    return PKCS12 if settings.SEAL_PKCS12 else OWN


def order(now: datetime, *, printed: str = "") -> dict[str, Any]:
    """What seals the next document, as plain JSON: the key, its `fingerprint`, and the time stamp authority.

    Our own authority is made at first use. Raises Refused with a sentence when there is no key that can seal, or when
    the document has printed another fingerprint by now; the child's LimitReached has one too.
    """
    key = _key_order()
    if key["source"] == OWN:
        _have_own(now)
    fingerprint = _facts(key, now)["fingerprint"]
    if printed not in ("", fingerprint):
        raise KeyProblem(seal_keys.CHANGED)
    return {**key, "fingerprint": fingerprint, "tsa": _tsa_order()}


def time_source() -> str:
    """The host of the time stamp authority; "" when the clock of this server tells the time."""
    host = _tsa().hostname or ""
    return host + certificates.NOT_CHECKED if host and not _tsa_roots() else host


def trusted_roots() -> list[str]:
    """What our seals are checked against, as PEM: those of our own authorities, of all times, by their root.

    A certificate that others issued vouches for itself alone: its root would make seals of strangers ours.
    """
    known = SealCertificate.objects.exclude(source=TIME).order_by("id")
    roots = [row.chain if row.source == OWN else row.certificate for row in known]
    return list(dict.fromkeys([root.decode() for root in certificates.trusted(settings.KEYS_DIR)] + roots))


def time_roots() -> list[str]:
    """The roots of time stamp authorities, as PEM: those of today, and all that documents were stamped under."""
    known = SealCertificate.objects.filter(source=TIME).order_by("id")
    with suppress(KeyProblem):  # whoever checks a document has no part in a file that is away
        return list(dict.fromkeys([*_tsa_roots(), *known.values_list("certificate", flat=True)]))
    return list(known.values_list("certificate", flat=True))


def in_charge() -> str:
    """The fingerprint of the certificate that sealed last, or "" before the first document."""
    row = SealCertificate.objects.exclude(source=TIME).filter(retired_at=None).last()
    return row.fingerprint if row else ""


def faults(now: datetime) -> Iterator[tuple[bool, str]]:
    """What is wrong with the settings (True), or with what they name (False), for who starts the installation."""
    try:
        key = _key_order()
        _tsa_order()
    except KeyProblem as problem:
        yield True, problem.sentence
        return
    if key["source"] != OWN:
        try:
            _facts(key, now)
        except (KeyProblem, ChildFailed) as problem:
            yield False, problem.sentence


# --- what was used ----------------------------------------------------------------------------------------


def remember(*, fingerprint: str, certificate: str, chain: str, now: datetime, reason: str = "") -> None:
    """Keep the certificate that sealed a document. When it took the place of another, every ledger is told."""
    with transaction.atomic():
        facts = {"certificate": certificate, "chain": chain, "source": source(), "first_used_at": now}
        row, new = SealCertificate.objects.get_or_create(fingerprint=fingerprint, defaults=facts)
        for root in _tsa_roots():
            _remember_time_root(root, now)
        if not _seals_now(row):  # somebody changed the certificate meanwhile
            if new:
                SealCertificate.objects.filter(pk=row.pk).update(retired_at=now)
            return
        earlier = SealCertificate.objects.filter(retired_at=None).exclude(source=TIME).exclude(pk=row.pk)
        if earlier.exists() or row.retired_at:
            change_certificate(
                certificate=row, by=None, now=now, reason=reason or "another certificate was found in use"
            )


def _seals_now(row: SealCertificate) -> bool:
    """False when it is known that another certificate is in charge by now."""
    if row.source != source():
        return False
    own = certificates.readable(settings.KEYS_DIR) if row.source == OWN else None
    return own is None or certificates.fingerprint(own.certificate) == row.fingerprint


def _remember_time_root(root: str, now: datetime) -> None:
    facts = {"certificate": root, "chain": "", "source": TIME, "first_used_at": now}
    SealCertificate.objects.get_or_create(fingerprint=certificates.fingerprint(root.encode()), defaults=facts)


@action("seal.changed", says="changed the certificate of the seal of")
def change_certificate(*, certificate: SealCertificate, by: None, now: datetime, reason: str) -> None:
    """Retire the certificates before this one, and tell every practice of the installation."""
    earlier = SealCertificate.objects.filter(retired_at=None).exclude(source=TIME).exclude(pk=certificate.pk)
    retired = sorted(earlier.values_list("fingerprint", flat=True))
    earlier.update(retired_at=now)
    SealCertificate.objects.filter(pk=certificate.pk).update(retired_at=None)
    for practice in Practice.objects.order_by("id"):
        ledger.record(practice, certificate=certificate.fingerprint, retired=retired, reason=reason)


# --- what the settings say ----------------------------------------------------------------------------------


def _key_order() -> dict[str, Any]:
    if settings.SEAL_PKCS12 and settings.SEAL_PKCS11_LIBRARY:
        raise KeyProblem("SEAL_PKCS12 and SEAL_PKCS11_LIBRARY are both set. Leave one of them out.")
    return {OWN: _own_order, PKCS12: _pkcs12_order, PKCS11: _pkcs11_order}[source()]()


def _own_order() -> dict[str, Any]:
    return {"source": OWN, "keys": str(settings.KEYS_DIR)}


def _pkcs12_order() -> dict[str, Any]:
    return {"source": PKCS12, "path": settings.SEAL_PKCS12, "password": _secret("SEAL_PKCS12_PASSWORD")}


def _pkcs11_order() -> dict[str, Any]:
    pin, token, label = _secret("SEAL_PKCS11_PIN"), settings.SEAL_PKCS11_TOKEN, settings.SEAL_PKCS11_LABEL
    given = {"SEAL_PKCS11_TOKEN": token, "SEAL_PKCS11_LABEL": label, "SEAL_PKCS11_PIN": pin}
    if missing := [name for name, value in given.items() if not value]:
        raise KeyProblem(f"SEAL_PKCS11_LIBRARY is set, and {' and '.join(missing)} is missing. Set all four.")
    mark, digest = settings.KEYS_DIR / "pin-refused", salted_hmac("pin of a token", f"{token}\n{pin}").hexdigest()
    if mark.exists() and mark.read_text() == digest:
        raise KeyProblem(seal_keys.pin_refused(token))
    settings.KEYS_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "source": PKCS11,
        "library": settings.SEAL_PKCS11_LIBRARY,
        "token": token,
        "label": label,
        "pin": pin,
        "pin_mark": str(mark),
        "pin_digest": digest,
        "environment": {name: os.environ[name] for name in _LIBRARIES_READ if name in os.environ},
    }


def _secret(name: str) -> str:
    """A secret of the settings: itself, or the first line of the file that NAME_FILE names."""
    file: str = getattr(settings, f"{name}_FILE")
    if not file:
        return str(getattr(settings, name))
    return _read(f"{name}_FILE", file).partition("\n")[0].rstrip("\r")


def _read(name: str, file: str) -> str:
    try:
        return Path(file).read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise KeyProblem(f"The file that {name} names cannot be read.") from problem


def _have_own(now: datetime) -> None:
    """The authority is made at the first use. Once it sealed something, it is never replaced in silence."""
    if (settings.KEYS_DIR / "seal.pem").exists():
        return
    if SealCertificate.objects.filter(source=OWN, retired_at=None).exists():
        raise KeyProblem(KEYS_MISSING)
    certificates.make_authority(settings.KEYS_DIR, organisation=organisation(), now=now)


def organisation() -> str:
    """The name in our own certificates. All practices here share them: it names the place, and none of them."""
    return f"Practice Vetting at {urlsplit(settings.SITE_URL).hostname}"


def _facts(key: dict[str, Any], now: datetime) -> dict[str, str]:
    """Fingerprint, certificate and chain of the key. A token is asked in the child: its library is not ours."""
    if key["source"] != PKCS11:
        return seal_keys.load_key(key, at=now).facts()
    asked = json.dumps({**key, "at": now.isoformat()}).encode()
    facts: dict[str, str] = json.loads(run_limited(_LOOK, asked, seconds=_SECONDS, megabytes=_MEGABYTES))
    return facts


def _tsa() -> SplitResult:
    return urlsplit(settings.TSA_URL)


def _tsa_order() -> dict[str, Any] | None:
    where = _tsa()
    roots = _tsa_roots()
    if not settings.TSA_URL:
        return None
    if where.scheme not in ("http", "https") or not where.hostname:
        raise KeyProblem("TSA_URL is no address. Write it like https://tsa.example.org/ or http://name:password@HOST/.")
    address = where._replace(netloc=where.netloc.rpartition("@")[2]).geturl()
    who = {"user": unquote(where.username or ""), "password": unquote(where.password or "")}
    return {"url": address, "host": where.hostname, **who, "roots": roots}


def _tsa_roots() -> list[str]:
    """The certificates of the file that TSA_CERTIFICATES names, as PEM, each by itself."""
    if not settings.TSA_CERTIFICATES:
        return []
    text = _read("TSA_CERTIFICATES", settings.TSA_CERTIFICATES)
    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError as problem:
        raise KeyProblem("The file that TSA_CERTIFICATES names holds no certificates in PEM.") from problem
    return [certificates.pem(each).decode() for each in found]
