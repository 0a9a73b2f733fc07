"""The harness itself, quickly and without a site: what it would let through, it would let through everywhere."""

import signal
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults import invariants, results
from tests.faults.journal import CONFIRMED, REFUSED, UNKNOWN, Act, Journal
from tests.faults.pages import form_of, messages_of, wrong_with
from tests.faults.processes import Process, children_of
from tests.faults.servers import Front
from tests.services import free_port, wait_until

pytestmark = pytest.mark.any_database
GOOD = "<!doctype html><html><title>Vendors · Practice Vetting</title><p>Well</p></html>"
NOTHING: dict[str, Any] = {
    "vendors": [], "answers": [], "said": [], "evidence": [], "jobs": [], "documents": [], "mails": [],
    "reminders": [], "verbs": [], "files": 0, "damaged": [], "strays": [], "left of work": [], "twice": [],
}  # fmt: skip


def answered(status: int, text: str, *, method: str = "GET", **headers: str) -> Any:
    headers.setdefault("Content-Type", "text/html; charset=utf-8")
    asked = SimpleNamespace(method=method)
    return SimpleNamespace(status_code=status, text=text, content=text.encode(), headers=headers, request=asked)


def test_a_page_of_ours_is_true_and_what_shows_the_inside_is_not():
    assert wrong_with(answered(200, GOOD)) == ""
    assert wrong_with(answered(200, GOOD.replace("Well", "Traceback (most recent call last)"))) == "it shows the inside"
    assert wrong_with(answered(200, GOOD[:40])) != ""
    assert wrong_with(answered(404, GOOD)) == "status 404"
    assert wrong_with(answered(302, "")) == "sent on to nowhere"


def test_a_fault_page_gives_a_reference_and_does_not_know_what_became_of_what_was_sent():
    words = "Something went wrong on our side"
    assert wrong_with(answered(500, GOOD)) == "a page of status 500 without its sentence"
    assert wrong_with(answered(500, GOOD.replace("Well", words))) == "a fault page without a reference"
    with_it = GOOD.replace("Well", f"{words} say this reference")
    assert wrong_with(answered(500, with_it)) == ""
    assert wrong_with(answered(500, with_it, method="POST")) == "a fault page that is sure of what was sent"
    unsure = with_it.replace(words, f"{words} We do not know whether")
    assert wrong_with(answered(500, unsure, method="POST")) == ""


def test_a_form_is_sent_as_the_page_shows_it():
    page = '<form action="/x/"><input name="version" value="3"><textarea name="said">Old</textarea></form>'
    assert form_of(f"<div>{page}</div>", action="/x/") == {"version": "3", "said": "Old"}
    assert messages_of('<div id="messages"><p class="message">Saved.</p></div>') == ["Saved."]


def test_a_save_that_is_gone_or_there_twice_is_told():
    kept = Act("vendor", "A", "dana", {"form_id": "1"}, CONFIRMED, tries=1)
    once = {**NOTHING, "vendors": [{"name": "A", "uid": "a"}]}
    assert list(invariants.lost(Journal([kept]), NOTHING)) != []
    assert [*invariants.lost(Journal([kept]), once), *invariants.doubled(Journal([kept]), once)] == []
    assert list(invariants.doubled(Journal([kept]), {**NOTHING, "vendors": once["vendors"] * 2})) != []


def test_what_was_refused_may_not_be_there_and_what_nobody_knows_may():
    there = {**NOTHING, "said": [{"said": "A", "uid": "a", "history_type": "~"}]}
    for state, told in [(REFUSED, True), (UNKNOWN, False)]:
        act = Act("share", "A", "dana", {}, state, tries=1, doubts=1)
        assert bool(list(invariants.doubled(Journal([act]), there))) is told


def test_the_last_text_that_was_confirmed_must_stand():
    acts = [Act("answer", mark, "dana", {"evaluation": "e", "question": 1}, CONFIRMED, tries=1) for mark in "AB"]
    said = [{"said": act.mark} for act in acts]
    for stands, told in [("B", []), ("A", ["B"])]:
        facts = {**NOTHING, "said": said, "answers": [{"evaluation__uid": "e", "question": 1, "said": stands}]}
        assert [acts[1].mark for _ in invariants.lost(Journal(acts), facts)] == told


def test_a_second_copy_of_a_mail_counts_only_where_nobody_was_in_doubt():
    site = SimpleNamespace(mail=SimpleNamespace(messages=[{"Message-ID": "<1>"}, {"Message-ID": "<1>"}]))
    for attempts, told in [(1, 1), (2, 0)]:
        mail = {"message_id": "<1>", "state": "sent", "attempts": attempts, "kind": "news"}
        assert len(list(invariants.mails(site, {**NOTHING, "mails": [mail]}))) == told


def test_a_killed_process_takes_its_children_along_and_starts_again(tmp_path: Path):
    child = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"  # noqa: E501
    process = Process("test", [sys.executable, "-c", child], log=tmp_path / "log", env={})
    process.start()
    wait_until(lambda: len(children_of(process.pid)) == 1, "it has a child")
    [child_pid] = children_of(process.pid)
    process.kill()
    wait_until(lambda: not Path(f"/proc/{child_pid}").exists(), "the child is gone", 5)
    process.start()
    assert (process.is_alive, process.started) == (True, 2)
    assert process.stop(signal.SIGTERM) == -signal.SIGTERM


@contextmanager
def backend() -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = str(self.server.server_port).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the parent's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_the_front_goes_on_with_the_web_process_that_is_left():
    with backend() as first, backend() as second, Front([first, free_port(), second]) as front:
        asked = [urllib.request.urlopen(f"http://127.0.0.1:{front.port}/").read() for _ in range(6)]
        assert {int(each) for each in asked} == {first, second}


def test_the_outcomes_stand_between_their_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(results, "KEPT", tmp_path / "kept" / "result.json")
    monkeypatch.setattr(results, "DOC", tmp_path / "faults.md")
    (tmp_path / "faults.md").write_text(f"Before\n{results.BEGIN}\nyesterday\n{results.END}\nAfter\n")
    told = {"what": "x", "passed": True, "broken": [], "counts": {"confirmed": 3}, "healed": 2.4, "seed": 7}
    results.keep({**told, "test": "b", "fault": "F10"})
    results.keep({**told, "test": "a", "fault": "F2", "passed": False, "broken": ["I1: one is gone"]})
    results.write()
    text = results.DOC.read_text()
    assert [line.split(" | ")[:3] for line in text.splitlines() if line.startswith("| F")] == [
        ["| F2", "x", "**misses**: I1: one is gone"],
        ["| F10", "x", "holds"],
    ]
    assert (text.startswith("Before\n"), text.endswith("\nAfter\n"), "yesterday" in text) == (True, True, False)
