"""Sends a message to an address that a person typed, without becoming a way into this network.

The name is looked up once, every address it has must be public, and the connection goes to the one that was checked: a
name that answers otherwise a moment later changes nothing. No redirect is followed.
"""

import ipaddress
import socket
import ssl
from typing import Any
from urllib.parse import SplitResult, urlsplit

import certifi
import urllib3
from django.conf import settings

from practice_vetting.core.errors import Refused

SECONDS = 10.0
_PORTS = {"https": 443, "http": 80}


class Unreached(Exception):
    """The message was not taken; the words say why, for a person. `for_good` when trying again cannot help."""

    def __init__(self, words: str, *, for_good: bool = False) -> None:
        super().__init__(words)
        self.for_good = for_good


def check(url: str) -> None:
    """Raises Refused, with the sentence beside the field, for an address that is never sent to."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_ours(parts):
        raise Refused("The address must begin with https:// so that nobody on the way can read along.", field="url")
    if not parts.hostname or parts.username or parts.fragment:
        raise Refused("Leave user names, passwords and # out of the address.", field="url")


def post(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Send the body. Raises Unreached unless the answer is between 200 and 299."""
    parts = urlsplit(url)
    address = _address(parts)
    try:
        answer = _pool(parts, address).urlopen(
            "POST", _path(parts), body, headers | {"Host": parts.netloc}, redirect=False, preload_content=False
        )
        answer.close()
    except (urllib3.exceptions.HTTPError, OSError) as problem:
        raise Unreached(_why(problem)) from problem
    if answer.status == 410:
        raise Unreached("It answered that it is gone (410).", for_good=True)
    if not 200 <= answer.status < 300:
        raise Unreached(f"It answered {answer.status} instead of 200.")


def _is_ours(parts: SplitResult) -> bool:
    """Whether who runs this installation allowed the host by name (settings.WEBHOOK_PRIVATE_HOSTS)."""
    return parts.scheme in _PORTS and (parts.hostname or "") in settings.WEBHOOK_PRIVATE_HOSTS


def _address(parts: SplitResult) -> str:
    try:
        port = parts.port or _PORTS[parts.scheme]
        found = [str(each[4][0]) for each in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError, ValueError) as problem:
        raise Unreached("This name leads nowhere.") from problem
    if not _is_ours(parts) and not all(ipaddress.ip_address(each.partition("%")[0]).is_global for each in found):
        raise Unreached("This name leads into a private network. Ask who runs this installation.", for_good=True)
    return found[0]


def _pool(parts: SplitResult, address: str) -> Any:
    common: dict[str, Any] = {"timeout": urllib3.Timeout(total=SECONDS), "retries": False, "maxsize": 1}
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(address, parts.port, **common)
    trusted = ssl.create_default_context(cafile=certifi.where())
    return urllib3.HTTPSConnectionPool(
        address,
        parts.port,
        ssl_context=trusted,
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
        **common,
    )


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _why(problem: Exception) -> str:
    if isinstance(problem, urllib3.exceptions.SSLError):
        return "Its certificate is not valid."
    refused = isinstance(problem, urllib3.exceptions.NewConnectionError)  # which urllib3 counts among its timeouts
    if isinstance(problem, urllib3.exceptions.TimeoutError) and not refused:
        return f"It did not answer within {SECONDS:.0f} seconds."
    return "It does not answer."
