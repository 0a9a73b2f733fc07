"""Text that must be read again, and that nobody finds in the database: Fernet under keys derived from SECRET_KEY."""

import base64

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def encrypt(text: str, *, label: str) -> str:
    """The text, sealed under the key of this label. A label is one use: what one seals, no other opens."""
    return _box(label).encrypt(text.encode()).decode()


def decrypt(sealed: str, *, label: str) -> str:
    """The text again, also when SECRET_KEY was changed and the old one stands in SECRET_KEY_FALLBACKS.

    Raises InvalidToken for what was changed, or sealed under a key that is gone.
    """
    return _box(label).decrypt(sealed.encode()).decode()


def _box(label: str) -> MultiFernet:
    return MultiFernet([_key(secret, label) for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]])


def _key(secret: str, label: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"practice vetting: {label}".encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))
