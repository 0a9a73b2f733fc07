"""Asks a time stamp authority to vouch for the moment of a seal (RFC 3161), or says in a sentence why it did not.

stamper = Stamper({"url": "https://tsa.example/", "host": "tsa.example", "user": "", "password": "", "roots": []})
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from asn1crypto import tsp
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.sign.timestamps import TimeStamper

from practice_vetting.core.documents.certificates import NOT_CHECKED
from practice_vetting.core.documents.seal_check import name_of
from practice_vetting.core.errors import Refused

SECONDS = 10.0
_LARGEST = 1_000_000  # bytes of an answer; they have some thousand
_AWAY = "The time stamp authority at {} does not answer; this document waits, and is tried again."
_CLOSED = "The time stamp authority at {} did not take the user name and password in TSA_URL. Correct them."
_RUBBISH = (
    "The time stamp authority at {} answered, but not with a time stamp; this document waits, and is tried again."
)
_UNKNOWN = (
    "The time stamp authority at {} is not vouched for by the certificates in TSA_CERTIFICATES. Put its root into that "
    "file."
)
_OTHER_TIME = (
    "The time stamp authority at {} says that it is {:%d %b %Y, %H:%M} UTC. That is not the time of this server, or "
    "the certificate of the seal is not valid then. Look which clock is wrong; this document waits."
)


class TimeStampProblem(Refused):
    """There is no time stamp, and so no document yet."""


class Stamper(TimeStamper):
    """One authority. `roots` are those that may vouch for it; `source` names who stamped last, and whether that is only
    a claim.
    """

    def __init__(self, order: Mapping[str, Any]) -> None:
        super().__init__()
        self.host: str = order["host"]
        self.roots = [next(iter(load_certs_from_pemder_data(root.encode()))) for root in order["roots"]]
        self.source = ""
        self._url: str = order["url"]
        self._who = (order["user"], order["password"]) if order["user"] else None

    @property
    def is_unknown(self) -> TimeStampProblem:
        return TimeStampProblem(_UNKNOWN.format(self.host))

    @property
    def answered_rubbish(self) -> TimeStampProblem:
        return TimeStampProblem(_RUBBISH.format(self.host))

    def is_of_another_time(self, stamped_at: datetime) -> TimeStampProblem:
        return TimeStampProblem(_OTHER_TIME.format(self.host, stamped_at.astimezone(UTC)))

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            signed = token["content"]
            stamped = signed["encap_content_info"]["content"].parsed["message_imprint"]["hashed_message"].native
            self.source = _signer(signed) if self.roots else _signer(signed) + NOT_CHECKED
        except Refused:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it sent, and at whatever depth it made no sense
            raise self.answered_rubbish from problem
        if stamped != message_digest:
            raise self.answered_rubbish
        return token

    async def async_request_tsa_response(self, req: Any) -> Any:
        return tsp.TimeStampResp.load(await asyncio.to_thread(self._asked, req.dump()), strict=True)

    def _asked(self, question: bytes) -> bytes:
        kinds = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        end = time.monotonic() + SECONDS
        try:
            with requests.post(
                self._url, question, headers=kinds, auth=self._who, timeout=SECONDS, stream=True, allow_redirects=False
            ) as response:
                if response.status_code in (401, 403):
                    raise TimeStampProblem(_CLOSED.format(self.host))
                if response.status_code != 200:
                    raise TimeStampProblem(_AWAY.format(self.host))
                return read_whole(response, end)
        except (OSError, TimeoutError) as problem:  # requests' own errors are OSErrors
            raise TimeStampProblem(_AWAY.format(self.host)) from problem


def read_whole(response: requests.Response, end: float, largest: int = _LARGEST) -> bytes:
    """The body. Raises TimeoutError when it is longer (in bytes), or still not whole at that moment (monotonic)."""
    body = b""
    while more := response.raw.read1(65_536):
        body += more
        if time.monotonic() > end or len(body) > largest:
            raise TimeoutError
    return body


def _signer(signed: Any) -> str:
    """The name of who signed a token, as its certificate tells it."""
    wanted = signed["signer_infos"][0]["sid"].native
    named = [each.chosen for each in signed["certificates"]]
    certificate = next(each for each in named if each.serial_number == wanted["serial_number"])
    return name_of(certificate)
