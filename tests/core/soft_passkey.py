"""A passkey in software: it answers as a browser does, with whatever a test wants to be wrong."""

import hashlib
import json
import os
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAG = AuthenticatorData.FLAG
SEEN = FLAG.UP | FLAG.UV  # somebody touched it, and showed who they are


class SoftPasskey:
    def __init__(self, *, site: str = "testserver") -> None:
        self.key, self.id, self.site = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), site

    def registration(self, challenge: str, *, flags: Any = SEEN) -> dict[str, Any]:
        """What the browser sends when the passkey is made."""
        public = ES256.from_cryptography_key(self.key.public_key())
        mine = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        data = AuthenticatorData.create(self._site(), flags | FLAG.AT, 0, mine)
        client = CollectedClientData.create("webauthn.create", challenge, f"http://{self.site}")
        return self._credential(client, attestationObject=websafe_encode(AttestationObject.create("none", data, {})))

    def answer(self, challenge: str, *, person: Any = None, flags: Any = SEEN, key: Any = None) -> dict[str, Any]:
        """What the browser sends when the passkey is used."""
        data = AuthenticatorData.create(self._site(), flags, 1)
        client = CollectedClientData.create("webauthn.get", challenge, f"http://{self.site}")
        signature = (key or self.key).sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        handle = {"userHandle": websafe_encode(user_pk_to_url_str(person).encode())} if person else {}
        sent = {"authenticatorData": websafe_encode(data), "signature": websafe_encode(signature)}
        return self._credential(client, **sent, **handle)

    def _site(self) -> bytes:
        return hashlib.sha256(self.site.encode()).digest()

    def _credential(self, client: Any, **response: str) -> dict[str, Any]:
        known = websafe_encode(self.id)
        return {
            "id": known,
            "rawId": known,
            "type": "public-key",
            "response": {"clientDataJSON": websafe_encode(client), **response},
            "clientExtensionResults": {"credProps": {"rk": True}},
        }


def challenge_in(page: str) -> str:
    """The challenge in the JSON block of a page."""
    block = page.split('<script id="passkey-options" type="application/json">')[1].split("</script>")[0]
    return next(iter(json.loads(block).values()))["publicKey"]["challenge"]
