"""F18 and F20: uploads that are too large, endless or cut off, and files that mean harm, at the web process itself."""

import random
import re
import socket
from pathlib import Path

import pytest

from tests.faults.conftest import Report
from tests.faults.desk import journals_of, upload
from tests.faults.installation import Installation
from tests.faults.officers import Officer
from tests.faults.pages import form_of
from tests.faults.processes import children_of
from tests.hostile import HOSTILE

pytestmark = pytest.mark.faults
MEGABYTE = 1024 * 1024
HUGE = 200 * MEGABYTE
MANY = 24


def memory(pid: int) -> int:
    """Bytes that the process and its children hold at most, so far."""
    peaks = []
    for each in [pid, *children_of(pid)]:
        found = re.search(r"VmHWM:\s+(\d+) kB", (Path("/proc") / str(each) / "status").read_text())
        peaks.append(int(found[1]) * 1024 if found else 0)
    return max(peaks)


def left_in(site: Installation) -> list[str]:
    """Files that the web process still holds open where temporary files lie, or has left there."""
    open_files = []
    for pid in [site.web[0].pid, *children_of(site.web[0].pid)]:
        for each in (Path("/proc") / str(pid) / "fd").iterdir():
            try:
                open_files.append(str(each.readlink()))
            except OSError:
                continue
    return [each for each in open_files if "upload" in each and each.startswith("/tmp")]


def head_of(officer: Officer, *lines: str) -> bytes:
    """The head of an upload of evidence, and its body up to where the file begins."""
    cookies = "; ".join(f"{each.name}={each.value}" for each in officer.session.cookies)
    host = officer.site.url.removeprefix("http://")
    path = f"/vendors/{officer.known.vendor}/evidence/add/"
    kind = "Content-Type: multipart/form-data; boundary=edge"
    every = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Cookie: {cookies}", kind, "Connection: close", *lines]
    return "\r\n".join([*every, "", ""]).encode()


def body_before(officer: Officer) -> bytes:
    fields = form_of(officer.open(f"/vendors/{officer.known.vendor}/evidence/add/"), holding="form_id")
    fields |= {"title": "Too large", "kind_of": "report", "no_patient_data": "on"}
    parts = [f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{fields[name]}\r\n' for name in fields]
    file = '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
    return "".join([*parts, file, "Content-Type: application/pdf\r\n\r\n"]).encode() + b"%PDF-1.7\n"


def answer_of(sock: socket.socket) -> str:
    got = b""
    try:
        while more := sock.recv(65536):
            got += more
    except OSError:
        pass
    return got.decode(errors="replace")


def send(site: Installation, head: bytes, body: bytes, size: int, *, chunked: bool = False) -> str:
    block = bytes(MEGABYTE)
    with socket.create_connection(("127.0.0.1", site.front.port), timeout=120) as sock:
        try:
            sock.sendall(head)
            pieces = [body, *[block] * (size // MEGABYTE), b"\r\n--edge--\r\n"]
            for each in pieces:
                sock.sendall(f"{len(each):x}\r\n".encode() + each + b"\r\n" if chunked else each)
            sock.sendall(b"0\r\n\r\n" if chunked else b"")
        except OSError:
            pass  # it hung up: what it said is read below
        return answer_of(sock)


@pytest.mark.parametrize("way", ["with its length", "in chunks", "cut at 50 %"])
def test_a_huge_upload_leaves_nothing_and_takes_no_memory(
    way: str, small_site: Installation, desk: list[Officer], report: Report
):
    report.fault("F18", f"200 MB sent to the web process itself, {way}")
    who, [web] = desk[0], small_site.web
    counted = "SELECT count(*) FROM core_storedfile"
    before, rows = memory(web.pid), small_site.postgresql.ask(counted)
    body = body_before(who)
    length = len(body) + HUGE + len(b"\r\n--edge--\r\n")
    line = "Transfer-Encoding: chunked" if way == "in chunks" else f"Content-Length: {length}"
    if way == "cut at 50 %":
        with socket.create_connection(("127.0.0.1", small_site.front.port), timeout=120) as sock:
            sock.sendall(head_of(who, line) + body)
            for _ in range(HUGE // MEGABYTE // 2):
                sock.sendall(bytes(MEGABYTE))
    else:
        said = send(small_site, head_of(who, line), body, HUGE, chunked=way == "in chunks")
        status = said.split(" ")[1] if said else "no answer"
        report.counts["status"] = status
        assert status in ("422", "413", "400", "403"), said[:600]
    more = memory(web.pid) - before
    report.counts["megabytes more at most"] = round(more / MEGABYTE)
    report.healing(small_site)
    assert more < 60 * MEGABYTE
    assert left_in(small_site) == []
    assert small_site.postgresql.ask(counted) == rows
    who.evidence()
    report.holds(small_site, journals_of(desk))


def test_hostile_files_at_a_real_process(small_site: Installation, desk: list[Officer], report: Report, seed: int):
    report.fault("F20", f"{MANY} of {len(HOSTILE)} hostile files, chosen by chance, given to a running site")
    who = desk[1]
    rows = "SELECT (SELECT count(*) FROM core_storedfile), (SELECT count(*) FROM vendors_evidence)"
    before, slowest = small_site.postgresql.ask(rows), 0.0
    for each in random.Random(seed).sample(HOSTILE, MANY):
        if not each.name.isprintable():
            continue
        answer = upload(who, each.make(), each.name)
        assert answer is not None, each.what
        assert answer.status_code == 422, f"{each.what}: {answer.status_code}"
        slowest = max(slowest, who.journal.pages[-1].seconds)
    report.counts["slowest"] = f"{slowest:.1f} s"
    assert small_site.postgresql.ask(rows) == before
    assert left_in(small_site) == []
    report.healing(small_site)
    who.evidence()
    report.holds(small_site, journals_of(desk))
