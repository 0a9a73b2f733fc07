"""F12, F24, F25, F27: damaged files, keys that are away, a deploy in the middle, and messages from nowhere."""

import base64
import hashlib
import json
import random
import signal
import socket
import time
from pathlib import Path

import pytest
import requests

from tests.faults.conftest import Report
from tests.faults.desk import download, fresh_pdf, journals_of
from tests.faults.installation import Installation
from tests.faults.journal import CONFIRMED, Act
from tests.faults.officers import Officer, in_days
from tests.faults.pages import form_of
from tests.faults.processes import at_another_time
from tests.services import wait_until

pytestmark = pytest.mark.faults


def newest_file(site: Installation) -> Path:
    [[uid, digest]] = site.postgresql.ask(
        "SELECT p.uid, f.sha256 FROM core_storedfile f JOIN core_practice p ON p.id = f.practice_id "
        "ORDER BY f.id DESC LIMIT 1"
    )
    [found] = (site.data_dir / "files").rglob(str(digest))
    assert str(uid)
    return found


def jobs_of(site: Installation) -> list[tuple[str, str]]:
    return [
        (str(state), str(error))
        for state, error in site.postgresql.ask("SELECT state, last_error FROM core_job ORDER BY id")
    ]


def last_job(site: Installation) -> tuple[str, str]:
    return jobs_of(site)[-1]


def hurry(site: Installation) -> None:
    """Leave out the rest of the gap between two tries."""
    site.postgresql.ask("UPDATE core_job SET next_try_at = now() WHERE state = 'queued' RETURNING 1")


def documents(site: Installation) -> list[str]:
    return [each["path"] for each in site.facts(sweep=False)["documents"]]


# --- F12 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["one bit flips", "vanishes"])
def test_a_file_that_is_damaged_is_refused_with_its_reason(
    harm: str, small_site: Installation, desk: list[Officer], report: Report, seed: int
):
    report.fault("F12", f"a kept file on the disk: {harm}")
    page = desk[0].evidence().partition("#")[0]
    place = newest_file(small_site)
    whole = place.read_bytes()
    if harm == "vanishes":
        place.unlink()
    else:
        at = random.Random(seed).randrange(len(whole))
        place.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    answer = download(desk[0], f"{page}download/")
    words = "missing from the storage" if harm == "vanishes" else "changed in the storage"
    assert (answer.headers["Content-Type"].partition(";")[0], words in answer.text) == ("text/html", True)
    checked = small_site.manage("verify_history", "--all")
    assert checked.returncode != 0
    assert "storage" in checked.stdout + checked.stderr
    desk[0].dossier()
    small_site.rests(within=120)
    place.write_bytes(whole)
    assert download(desk[0], f"{page}download/").content == whole
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))


# --- F24 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["missing", "wrong", "expired"])
def test_without_a_key_that_can_seal_a_document_waits_and_old_ones_verify(
    harm: str, small_site: Installation, desk: list[Officer], report: Report
):
    report.fault("F24", f"the key that seals is {harm}")
    desk[1].dossier()
    small_site.rests(within=120)
    keys, away = small_site.data_dir / "keys", small_site.data_dir / "keys-away"
    [worker] = small_site.workers
    if harm == "expired":
        worker.stop()
        worker.start(**at_another_time("+15000d"))
    else:
        keys.rename(away)
    if harm == "wrong":
        keys.mkdir(mode=0o700)
        for each in away.iterdir():
            (keys / each.name).write_bytes(b"-----BEGIN NOTHING-----\n")
    desk[1].dossier()
    wait_until(lambda: last_job(small_site)[1] != "", "a worker says why it cannot", 90)
    state, reason = last_job(small_site)
    paths = documents(small_site)
    verified = small_site.manage("verify", *paths)
    report.counts |= {"the document says": reason, "old ones that verify meanwhile": len(paths)}
    if harm == "expired":
        worker.restart()
    else:
        if harm == "wrong":
            for each in keys.iterdir():
                each.unlink()
            keys.rmdir()
        away.rename(keys)
    assert (state, verified.returncode) == ("queued", 0), f"{reason} {verified.stdout}"
    hurry(small_site)
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))


def test_after_a_rotation_old_and_new_documents_verify(small_site: Installation, desk: list[Officer], report: Report):
    report.fault("F24", "the key that seals is rotated between two documents, under a worker that runs")
    desk[1].dossier()
    small_site.rests(within=120)
    small_site.manage("rotate_certificate", check=True)
    desk[1].dossier()
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))
    assert small_site.postgresql.ask("SELECT count(*) > 1 FROM core_sealcertificate") == [(True,)]


# --- F25 ---------------------------------------------------------------------------------------------------


def prepared_upload(officer: Officer) -> tuple[Act, requests.PreparedRequest]:
    path = f"/vendors/{officer.known.vendor}/evidence/add/"
    fields = form_of(officer.open(path), holding="form_id")
    act = Act("evidence", officer._mark("evidence"), officer.known.email, {"form_id": fields["form_id"]})
    content = fresh_pdf(officer)
    act.facts["sha256"] = hashlib.sha256(content).hexdigest()
    fields |= {"title": act.mark, "kind_of": "report", "no_patient_data": "on"}
    fields |= {"dated_on": in_days(0), "expires_on": in_days(8)}
    sent = requests.Request(
        "POST", officer.site.url + path, data=fields, files={"file": ("a.pdf", content, "application/pdf")}
    )
    officer.journal.acts.append(act)
    return act, officer.session.prepare_request(sent)


def text_of(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def raw(request: requests.PreparedRequest) -> bytes:
    head = f"POST {request.path_url} HTTP/1.1\r\nHost: {request.url.split('/')[2]}\r\n"
    head += "".join(f"{name}: {text_of(value)}\r\n" for name, value in request.headers.items())
    body = request.body
    assert isinstance(body, bytes)
    return head.encode() + b"\r\n" + body


def test_a_deploy_in_the_middle_of_an_upload(small_site: Installation, desk: list[Officer], report: Report):
    report.fault("F25", "SIGTERM to the web process while half of an upload has come in")
    [web] = small_site.web
    act, request = prepared_upload(desk[2])
    bytes_of = raw(request)
    answer = b""
    with socket.create_connection(("127.0.0.1", small_site.front.port), timeout=60) as sock:
        sock.sendall(bytes_of[: len(bytes_of) // 2])
        time.sleep(1)
        web.send(signal.SIGTERM)
        time.sleep(0.5)
        try:
            sock.sendall(bytes_of[len(bytes_of) // 2 :])
            answer = sock.recv(4096)
        except OSError:
            pass
    web.is_over_within(40)
    web.start()
    report.healing(small_site)
    act.tries = 1
    report.counts["the upload under way"] = "was finished" if b" 302 " in answer[:20] else "was cut off, and sent again"
    if b" 302 " not in answer[:20]:
        act.tries, act.doubts = 2, 1
        again = desk[2].session.send(request, allow_redirects=False, timeout=60)
        assert again.status_code == 302
    act.state = CONFIRMED
    report.holds(small_site, journals_of(desk))


def test_a_deploy_in_the_middle_of_a_document(small_site: Installation, desk: list[Officer], report: Report):
    report.fault("F25", "SIGTERM to the worker while it makes a document, and a new worker")
    small_site.run("tests.faults.ask", "long_letter", f"deploy {time.time()}", check=True)
    wait_until(lambda: last_job(small_site)[0] == "running", "a worker has begun", 60)
    [worker] = small_site.workers
    began = time.monotonic()
    worker.stop(signal.SIGTERM, 90)
    report.counts["the worker took"] = f"{time.monotonic() - began:.0f} s to end"
    worker.start()
    small_site.rests(within=150)
    assert last_job(small_site) == ("done", "")
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))


# --- F27 ---------------------------------------------------------------------------------------------------


def message(task: str, *args: object) -> str:
    """One message as Celery writes it into Redis."""
    body = base64.b64encode(json.dumps([args, {}, {}]).encode()).decode()
    headers = {"lang": "py", "task": task, "id": str(time.time_ns()), "root_id": "", "parent_id": None, "group": None}
    properties = {"body_encoding": "base64", "delivery_mode": 2, "delivery_tag": str(time.time_ns()), "priority": 0}
    properties["delivery_info"] = {"exchange": "", "routing_key": "celery"}
    kind = {"content-type": "application/json", "content-encoding": "utf-8"}
    return json.dumps({"body": body, "headers": headers, "properties": properties, **kind})


def test_messages_that_come_twice_or_from_nowhere_do_nothing(
    small_site: Installation, desk: list[Officer], report: Report
):
    report.fault("F27", "duplicate, forged and broken messages in Redis, before and after a document is made")
    uid = small_site.run("tests.faults.ask", "long_letter", f"twice {time.time()}", check=True).stdout
    forged = [message("core.run_job", each) for each in ("nobodys", "../../etc/passwd", 7, None, ["a"], {"a": 1})]
    forged += [message("core.run_job"), message("core.run_job", uid, uid), message("no.such_task", uid)]
    broken = [message("core.run_job", uid).replace("application/json", "application/x-python-serialize")]
    for each in [*([message("core.run_job", uid)] * 8), *forged, *broken]:
        small_site.redis.ask("LPUSH", "celery", each)
    small_site.rests(within=150)
    for each in [message("core.run_job", uid)] * 4:
        small_site.redis.ask("LPUSH", "celery", each)
    wait_until(lambda: small_site.redis.ask("LLEN", "celery") == 0, "every message was read", 60)
    assert last_job(small_site) == ("done", "")
    desk[0].dossier()
    report.healing(small_site)
    report.holds(small_site, journals_of(desk))
    made = small_site.postgresql.ask(
        "SELECT count(*) FROM core_document d JOIN core_job j ON j.id = d.job_id WHERE j.uid = %s", uid
    )
    assert made == [(1,)]
    assert all(each.is_alive for each in small_site.ours)
