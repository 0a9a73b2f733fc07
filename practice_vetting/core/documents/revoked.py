"""Asks what an authority revoked, at the addresses that a certificate names for it, and asks nothing else.

A certificate comes from outside: no address in it is one for an issuer that we lack, no answer sends us on to another
place, and none is longer or later than we allow. Only a chain that leads to a root of ours is asked for.
"""

import asyncio
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from pyhanko_certvalidator.fetchers.api import CertificateFetcher, FetcherBackend, Fetchers, FetchLimits
from pyhanko_certvalidator.fetchers.common_utils import FetchBudget
from pyhanko_certvalidator.fetchers.requests_fetchers.crl_client import RequestsCRLFetcher
from pyhanko_certvalidator.fetchers.requests_fetchers.ocsp_client import RequestsOCSPFetcher

from practice_vetting.core.documents.time_stamp import read_whole

SECONDS = 5.0
_LARGEST = 20_000_000  # bytes: lists of large authorities have some millions


class RevokedOnly(FetcherBackend):
    """Fetches lists and answers of what was revoked; never certificates."""

    def get_fetchers(self) -> Fetchers:
        budget = FetchBudget(FetchLimits())
        return Fetchers(_Answers(budget=budget), _Lists(budget=budget), _NoCertificates())

    async def close(self) -> None:
        pass


class _Careful:
    user_agent: str

    def _get(self, url: str, *, acceptable_content_types: Any) -> Any:
        return self._asked("GET", url, {"Accept": ",".join(acceptable_content_types)}, None)

    def _post(self, url: str, data: bytes, *, content_type: str, acceptable_content_types: Any) -> Any:
        kinds = {"Accept": ",".join(acceptable_content_types), "Content-Type": content_type}
        return self._asked("POST", url, kinds, data)

    def _asked(self, method: str, url: str, headers: dict[str, str], data: bytes | None) -> Any:
        return asyncio.to_thread(_fetched, method, url, {**headers, "User-Agent": self.user_agent}, data)


class _Lists(_Careful, RequestsCRLFetcher):
    pass


class _Answers(_Careful, RequestsOCSPFetcher):
    pass


class _NoCertificates(CertificateFetcher):
    async def fetch_cert_issuers(self, cert: Any) -> Any:
        for none in list[Any]():
            yield none

    async def fetch_crl_issuers(self, certificate_list: Any) -> Any:
        for none in list[Any]():
            yield none

    def fetched_certs(self) -> Any:
        return ()


def _fetched(method: str, url: str, headers: dict[str, str], data: bytes | None) -> requests.Response:
    """The answer, read whole. Raises RequestException, which pyHanko takes for an address that does not answer."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise requests.RequestException("an address that is none of the web")
    try:
        with requests.request(
            method, url, headers=headers, data=data, timeout=SECONDS, stream=True, allow_redirects=False
        ) as response:
            if response.status_code != 200:
                raise requests.RequestException(f"status code {response.status_code}")
            response._content = read_whole(response, time.monotonic() + SECONDS, _LARGEST)
            return response
    except TimeoutError as problem:
        raise requests.RequestException("an answer too long or too late") from problem
