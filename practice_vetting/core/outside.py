"""Sends a message to an address that a person typed, without becoming a way into this network.

The name is looked up once, every address it has must be public, and the connection goes to the one that was checked: a
name that answers otherwise a moment later changes nothing. No redirect is followed.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from urllib.parse import SplitResult, urlsplit

import requests
from django.conf import settings

from practice_vetting.core.errors import Refused

SECONDS = 10.0
_PORTS = {"https": 443, "http": 80}
#: public by their own look, and yet a way to an address inside: mapped, translated, tunnelled, site-local
_LEAD_ON = [
    ipaddress.ip_network(net)
    for net in ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")
]


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
    """Send the body. Raises Unreached unless the answer, within ten seconds in all, is between 200 and 299."""
    parts = urlsplit(url)
    connection = _Checked(parts, _address(parts))
    over = threading.Timer(SECONDS, connection.cut)
    over.start()
    try:
        connection.request("POST", _path(parts), body, headers)
        status = connection.getresponse().status
        if connection.was_cut:
            raise TimeoutError  # what came before the cut is no whole answer
    except (OSError, http.client.HTTPException) as problem:
        raise Unreached(_why(problem, cut=connection.was_cut)) from problem
    finally:
        over.cancel()
        connection.close()
    if status == 410:
        raise Unreached("It answered that it is gone (410).", for_good=True)
    if not 200 <= status < 300:
        raise Unreached(f"It answered {status} instead of 200.")


class _Checked(http.client.HTTPConnection):
    """A connection to the address that was checked, under the name that was typed."""

    def __init__(self, parts: SplitResult, address: str) -> None:
        port = parts.port or _PORTS[parts.scheme]
        super().__init__(parts.hostname or "", port, timeout=SECONDS)
        self.was_cut = False
        self._to, self._tls = (address, port), parts.scheme == "https"
        self._raw: socket.socket | None = None

    def connect(self) -> None:
        self._raw = socket.create_connection(self._to, SECONDS)
        if self._tls:
            trusted = ssl.create_default_context(cafile=requests.certs.where())
            self.sock = trusted.wrap_socket(self._raw, server_hostname=self.host)
        else:
            self.sock = self._raw

    def cut(self) -> None:
        """The time is over: whatever waits for the other side ends now, however slowly that goes on speaking."""
        self.was_cut = True
        for each in (self.sock, self._raw):
            with contextlib.suppress(OSError):
                if each is not None:
                    each.shutdown(socket.SHUT_RDWR)


def _is_ours(parts: SplitResult) -> bool:
    """Whether who runs this installation allowed the host by name (settings.WEBHOOK_PRIVATE_HOSTS)."""
    return parts.scheme in _PORTS and (parts.hostname or "") in settings.WEBHOOK_PRIVATE_HOSTS


def _address(parts: SplitResult) -> str:
    try:
        port = parts.port or _PORTS[parts.scheme]
        found = [str(each[4][0]) for each in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError, ValueError) as problem:
        raise Unreached("This name leads nowhere.") from problem
    if not _is_ours(parts) and not all(_is_public(each) for each in found):
        raise Unreached("This name leads into a private network. Ask who runs this installation.", for_good=True)
    return found[0]


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    leads_on = any(found in net for net in _LEAD_ON if found.version == net.version)
    return found.is_global and not found.is_multicast and not leads_on


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _why(problem: Exception, *, cut: bool) -> str:
    if cut or isinstance(problem, TimeoutError):
        return f"It did not answer within {SECONDS:.0f} seconds."
    return "Its certificate is not valid." if isinstance(problem, ssl.SSLError) else "It does not answer."
