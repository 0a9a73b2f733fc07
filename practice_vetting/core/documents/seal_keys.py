"""The key that seals, wherever it lies: our own, a PKCS#12 file, or a token that never gives it away (PKCS#11).

    key = load_key({"source": "own", "keys": "/data/keys"}, at=now)

What is asked for comes as plain data (authority.order), because the limited child has no settings. Whatever is wrong
with a key is a KeyProblem, a sentence for whoever runs this installation.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from practice_vetting.core.documents import certificates
from practice_vetting.core.errors import Refused

Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

KEYS_MISSING = (
    "The keys that seal documents are missing. Who runs this installation must restore them from a backup. If they are "
    "lost for good: manage.py rotate_certificate --keys-are-lost"
)
_DAMAGED = (
    "The file with the keys that seal documents is damaged. Who runs this installation must restore it from a backup. "
    "If they are lost for good: manage.py rotate_certificate --keys-are-lost"
)
CHANGED = (
    "The certificate of the seal was changed while this document was being made. It is made again with the new one."
)
_SMALLEST_RSA = 2048  # bits


class KeyProblem(Refused):
    """The key cannot seal; `sentence` says why and what to do."""


class PinRefused(KeyProblem):
    """The token did not take the PIN. A few more of those, and it locks itself."""


@dataclass(frozen=True)
class SealKey:
    """A key that is ready to seal: in memory (`private`), or on a token (`session`, `label`).

    `chain` leads from the issuer of the certificate up to its root, as far as it was given.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    private: Private | None = None
    session: Any = None
    label: str = ""

    @property
    def top(self) -> x509.Certificate:
        """The root of its chain, or the highest certificate that was given."""
        return self.chain[-1] if self.chain else self.certificate

    def facts(self) -> dict[str, str]:
        """What is kept of it for good: fingerprint (SHA-256, hex), certificate and chain as PEM."""
        return {
            "fingerprint": self.certificate.fingerprint(hashes.SHA256()).hex(),
            "certificate": certificates.pem(self.certificate).decode(),
            "chain": b"".join(map(certificates.pem, self.chain)).decode(),
        }


def load_key(order: Mapping[str, Any], *, at: datetime) -> SealKey:
    """The key of this order, fit to seal at that moment. Raises KeyProblem.

    With a `fingerprint` in the order it must be the key of that certificate: the document names it already.
    """
    key = {"own": _own, "pkcs12": _pkcs12, "pkcs11": _pkcs11}[order["source"]](order)
    if problem := problem_of(key.certificate, at=at):
        raise KeyProblem(f"{problem} {_RENEW[order['source']]}")
    if order.get("fingerprint") not in (None, key.facts()["fingerprint"]):
        raise KeyProblem(CHANGED)
    return key


def look(payload: bytes) -> bytes:
    """In the limited child: the facts of the key of an order, or its KeyProblem. `at` is ISO 8601."""
    order = json.loads(payload)
    return json.dumps(load_key(order, at=datetime.fromisoformat(order["at"])).facts()).encode()


_RENEW = {
    "own": "Make a new one: manage.py rotate_certificate",
    "pkcs12": "Put a file with a certificate that fits where SEAL_PKCS12 names it.",
    "pkcs11": "Put a certificate that fits on the token, or name another by SEAL_PKCS11_LABEL.",
}


def problem_of(certificate: x509.Certificate, *, at: datetime) -> str:
    """Why this certificate cannot seal at that moment, as a sentence; "" when it can."""
    key = certificate.public_key()
    if at < certificate.not_valid_before_utc:
        return f"The certificate of the seal is not valid before {_day(certificate.not_valid_before_utc)}."
    if at > certificate.not_valid_after_utc:
        return f"The certificate of the seal ended on {_day(certificate.not_valid_after_utc)}."
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SMALLEST_RSA:
        return f"The key of the seal has {key.key_size} bits, and an RSA key needs {_SMALLEST_RSA}."
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return "The key of the seal is of a kind that PDF readers cannot check; RSA and elliptic curves can seal."
    with suppress(x509.ExtensionNotFound):  # without it, every use is allowed
        uses = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        if not (uses.digital_signature or uses.content_commitment):
            return "The certificate of the seal is not made for signatures (digitalSignature or contentCommitment)."
    return ""


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _own(order: Mapping[str, Any]) -> SealKey:
    try:
        found = certificates.load(Path(order["keys"]))
        private = serialization.load_pem_private_key(found.key, password=None)
        certificate, root = map(x509.load_pem_x509_certificate, (found.certificate, found.root))
    except FileNotFoundError as missing:
        raise KeyProblem(KEYS_MISSING) from missing
    except ValueError as damaged:
        raise KeyProblem(_DAMAGED) from damaged
    assert isinstance(private, Private)
    return SealKey(certificate, (root,), private)


def _pkcs12(order: Mapping[str, Any]) -> SealKey:
    try:
        data = Path(order["path"]).read_bytes()
    except OSError as problem:
        raise KeyProblem(f"The file that SEAL_PKCS12 names cannot be read: {problem.strerror}.") from problem
    try:
        found = pkcs12.load_pkcs12(data, order["password"].encode() or None)
    except (ValueError, TypeError) as problem:
        raise KeyProblem(
            "The password in SEAL_PKCS12_PASSWORD does not open the file that SEAL_PKCS12 names, or that is no PKCS#12."
        ) from problem
    if found.cert is None or found.key is None:
        what = "certificate that belongs to its key" if found.key else "private key"
        raise KeyProblem(f"The file that SEAL_PKCS12 names holds no {what}.")
    certificate = found.cert.certificate
    if not isinstance(found.key, Private):
        raise KeyProblem(f"{problem_of(certificate, at=certificate.not_valid_after_utc)} {_RENEW['pkcs12']}")
    return SealKey(certificate, _chain(certificate, [each.certificate for each in found.additional_certs]), found.key)


def _chain(certificate: x509.Certificate, given: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The issuers of a certificate among those given, each below the next, the root last."""
    chain: list[x509.Certificate] = []
    below, left = certificate, list(given)
    while below.issuer != below.subject and (issuer := next((each for each in left if _issued(each, below)), None)):
        left.remove(issuer)
        chain.append(issuer)
        below = issuer
    return tuple(chain)


def _issued(issuer: x509.Certificate, below: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


# --- a token ------------------------------------------------------------------------------------------


def _pkcs11(order: Mapping[str, Any]) -> SealKey:
    import pkcs11  # the programs of tokens are for those who have one

    os.environ.update(order["environment"])
    try:
        session = _opened(order)
        label = order["label"]
        found = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE})
        held = [(each[pkcs11.Attribute.LABEL], each[pkcs11.Attribute.VALUE]) for each in found]
        asked = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.Attribute.LABEL: label}
        keys = len(list(session.get_objects(asked)))
    except pkcs11.PKCS11Error as problem:
        raise KeyProblem(_TOKEN_AWAY.format(order["token"])) from problem
    named = [value for name, value in held if name == label]
    for count, what in ((len(named), "certificate"), (keys, "private key")):
        if count != 1:
            raise KeyProblem(_TOKEN_HOLDS.format(order["token"], "no" if not count else "more than one", what, label))
    certificate = x509.load_der_x509_certificate(named[0])
    others = [x509.load_der_x509_certificate(value) for _, value in held if value != named[0]]
    return SealKey(certificate, _chain(certificate, others), session=session, label=label)


_TOKEN_AWAY = "The token {} that seals documents does not answer. Plug it in, or start it; this document waits for it."  # noqa: S105
_TOKEN_HOLDS = "The token {} holds {} {} labelled {}. SEAL_PKCS11_LABEL must name one key and its certificate."  # noqa: S105
_PIN = "The token {} did not take the PIN. It is not tried again, because a token locks itself after a few wrong ones."


def pin_refused(token: str) -> str:
    return _PIN.format(token) + " Correct SEAL_PKCS11_PIN; if the token was at fault, remove the file keys/pin-refused."


def _opened(order: Mapping[str, Any]) -> Any:
    import pkcs11

    try:
        library = pkcs11.lib(order["library"])
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as problem:
        raise KeyProblem("The library that SEAL_PKCS11_LIBRARY names cannot be loaded.") from problem
    tokens = [token for slot in library.get_slots(token_present=True) if (token := _token_in(slot, order["token"]))]
    if len(tokens) != 1:
        raise KeyProblem(_TOKEN_AWAY.format(order["token"]))
    try:
        return tokens[0].open(user_pin=order["pin"])
    except (pkcs11.exceptions.PinIncorrect, pkcs11.exceptions.PinLenRange, pkcs11.exceptions.PinInvalid) as refusal:
        Path(order["pin_mark"]).write_text(order["pin_digest"])
        raise PinRefused(pin_refused(order["token"])) from refusal
    except pkcs11.exceptions.PinLocked as locked:
        raise PinRefused(f"The token {order['token']} is locked. Unlock it with its own program.") from locked


def _token_in(slot: Any, label: str) -> Any:
    import pkcs11

    try:
        token = slot.get_token()
    except pkcs11.PKCS11Error:  # it was pulled out meanwhile
        return None
    return token if token.label == label else None
