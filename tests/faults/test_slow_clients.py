"""Slow and endless clients before the real site, behind nginx with the configuration that we ship (F18, F19)."""

import http.client
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests import nginx, services
from tests.faults.conftest import Report
from tests.nginx import NAME, Proxy

pytestmark = pytest.mark.faults

SLOW = 200
ORDINARY = 300


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[services.Site]:
    """One web process with four threads, as `make run` has it, that trusts the proxy."""
    folder = tmp_path_factory.mktemp("slow")
    with services.running_site(folder / "data", home=home, SITE_URL=f"https://{NAME}", TRUST_PROXY="1") as running:
        yield running


@pytest.fixture(scope="module")
def proxy(site: services.Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with nginx.running(tmp_path_factory.mktemp("nginx") / "home", site=site.port) as running:
        yield running


def get(proxy: Proxy, path: str, **headers: str) -> int:
    """The status of an ordinary request; 0 when there was no answer within ten seconds."""
    sock = proxy.connect()
    sock.settimeout(10)
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    with sock, suppress(OSError):
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\n{more}Connection: close\r\n\r\n".encode())
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        answer.read()
        return answer.status
    return 0


def begin_slowly(proxy: Proxy, number: int) -> "nginx.ssl.SSLSocket":
    """A connection that holds on: to its head, to its body, or to the answer that it does not read."""
    sock = proxy.connect()
    if number % 3 == 0:
        sock.sendall(b"GET /setup/ HTTP/1.1\r\n")
    elif number % 3 == 1:
        head = f"POST /setup/ HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        sock.sendall(f"{head}Content-Length: 900000\r\n\r\n".encode())
    else:
        sock.sendall(f"GET /setup/ HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
    return sock


def drip(sockets: "list[nginx.ssl.SSLSocket]") -> None:
    """One byte on each, as a slow client sends it; the proxy may have hung up on some."""
    for number, sock in enumerate(sockets):
        if number % 3 < 2:
            with suppress(OSError):
                sock.sendall(b"X")


def test_ordinary_requests_are_answered_beside_slow_ones(proxy: Proxy, report: Report) -> None:
    report.fault("F19", f"{SLOW} slow clients, a byte at a time, beside {ORDINARY} ordinary requests, behind nginx")
    with ExitStack() as stack:
        slow = [stack.enter_context(begin_slowly(proxy, number)) for number in range(SLOW)]
        statuses, times = [], []
        for number in range(ORDINARY):
            if number % 50 == 0:
                drip(slow)
            began = time.monotonic()
            statuses.append(get(proxy, "/setup/"))
            times.append(time.monotonic() - began)
    report.counts |= {"answered": statuses.count(200), "p95": f"{statistics.quantiles(times, n=20)[-1]:.2f} s"}
    assert statuses.count(200) >= 0.99 * ORDINARY
    assert statistics.quantiles(times, n=20)[-1] < 1


def test_an_endless_upload_is_refused_while_it_comes_in(tmp_path: Path, report: Report) -> None:
    """The site hears nothing of it: nothing listens where it would be."""
    report.fault("F18", "an upload without length and without end, before nginx")
    chunk, sent, answer = bytes(256 * 1024), 0, b""
    with nginx.running(tmp_path / "home", site=services.free_port()) as alone, alone.connect() as sock:
        head = f"POST /verify/ HTTP/1.1\r\nHost: {NAME}\r\nTransfer-Encoding: chunked\r\n\r\n"
        sock.sendall(head.encode())
        while sent < 200 * 1024 * 1024 and not answer:
            sock.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            sent += len(chunk)
            answer = said_by_now(sock)
        rest = [each for each in alone.folder.glob("bodies/**/*") if each.is_file()]
    report.counts["megabytes sent until it said 413"] = sent // 1024 // 1024
    assert answer.startswith(b"HTTP/1.1 413")
    assert sent < 64 * 1024 * 1024
    assert rest == []


def said_by_now(sock: "nginx.ssl.SSLSocket") -> bytes:
    sock.settimeout(0)
    try:
        return sock.recv(4096)
    except nginx.ssl.SSLWantReadError:
        return b""
    finally:
        sock.settimeout(30)


def test_one_that_says_how_long_it_is_is_refused_at_once(proxy: Proxy) -> None:
    sock = proxy.connect()
    with sock:
        sock.sendall(f"POST /verify/ HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 209715200\r\n\r\n".encode())
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert answer.status == 413
        assert b"larger than 25 MB" in answer.read()


def test_what_is_within_the_limit_comes_through(proxy: Proxy) -> None:
    sock = proxy.connect()
    with sock:
        body = bytes(25 * 1024 * 1024)
        sock.sendall(f"POST /verify/ HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert answer.status in {302, 403}  # the site's own answer to a form without a token


def test_what_only_the_inside_may_ask_and_other_names_are_not_served(proxy: Proxy) -> None:
    assert get(proxy, "/metrics") == get(proxy, "/healthz") == 404
    with pytest.raises(OSError, match="SSL|reset|alert"):
        proxy.connect("another.example.org")


def test_a_site_that_is_away_is_told_in_a_sentence(tmp_path: Path) -> None:
    with nginx.running(tmp_path / "home", site=services.free_port()) as alone:
        assert get(alone, "/") == 503


def test_a_forged_address_has_no_effect(proxy: Proxy, site: services.Site) -> None:
    """Links that lead nowhere are counted by address: twenty, then everything is too many."""
    done = "Installation.objects.update_or_create(only=True, defaults={'set_up_at': timezone.now()})"
    imports = "from django.utils import timezone; from practice_vetting.core.models import Installation; "
    assert site.manage("shell", "-c", imports + done).returncode == 0
    path = "/join/nobody-was-given-this/"
    statuses = [
        get(proxy, path, X_Forwarded_For=f"203.0.113.{number}", Forwarded=f"for={number}") for number in range(25)
    ]
    assert statuses[0] != 429
    assert statuses[-1] == 429
