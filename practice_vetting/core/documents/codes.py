"""What leads from a document back to our record: the code that it prints, and the identifier that its file carries.

The code is the uid of its job. The identifier is the first /ID of the file: the code, and a part of the SHA-256 of code
and snapshot, so that only who saw the document itself can name it. Programs that save a PDF anew keep it.
"""

import hashlib
import re

from django.conf import settings

_UID = 12  # letters
_WRITTEN = re.compile(rb"/ID\s*\[\s*(?:\(([0-9a-f]{64})\)|<([0-9A-Fa-f]{128})>)")
_MOST = 20  # places in a file where it may say who it is


def address_of(code: str) -> str:
    """Where anybody checks the document of this code; short, because people type it from paper."""
    return f"{settings.SITE_URL}/v/{code}"


def identifier_of(code: str, snapshot: str) -> str:
    """64 hex digits: the same for the same document, and for no other."""
    return code.encode().hex() + hashlib.sha256(f"{code}{snapshot}".encode()).hexdigest()[: 64 - 2 * _UID]


def code_in(identifier: str) -> str:
    """The code within an identifier; of one that is not ours, some text."""
    return bytes.fromhex(identifier[: 2 * _UID]).decode("ascii", "replace")


def identifiers_in(file: bytes) -> list[str]:
    """Every identifier of our shape that the file says of itself, each once: read as plain text, without its reader."""
    found: dict[str, None] = {}
    for place, match in enumerate(_WRITTEN.finditer(file)):
        if place == _MOST:
            break
        plain = match[1] or bytes.fromhex(match[2].decode())
        if re.fullmatch(rb"[0-9a-f]{64}", plain):
            found[plain.decode()] = None
    return list(found)
