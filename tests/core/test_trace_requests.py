"""A reference goes with each request and task: on every line of the log, in the answer, to the worker."""

import json
import logging
import time
from statistics import median
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

from practice_vetting.core import condition, task_tracing, tracing
from practice_vetting.core.documents import jobs
from practice_vetting.core.limited import ChildFailed
from practice_vetting.core.log_filter import HideSecretAddresses
from practice_vetting.core.log_lines import Json, Plain, fault_of
from practice_vetting.core.models import JobState, Membership
from tests import files as made
from tests.conftest import Cast
from tests.core.document_kinds import make_job
from tests.core.log_capture import Lines, log_lines

__all__ = ["log_lines"]  # a fixture
pytestmark = pytest.mark.django_db

SECRET = "s3cret-token-of-a-link"
WRONG = "wrong-password-typed-here"
FILE = "Jane-Doe-intake-notes.pdf"


def record(message: str = "Said", **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("vendors.x", logging.WARNING, "", 0, message, (), more.pop("exc_info", None))
    vars(made).update(more)
    return made


# --- one line a request ---------------------------------------------------------------------------------


@pytest.mark.any_database
def test_each_request_has_one_line_that_names_the_route_and_no_address(cast: Cast, browse, log_lines: Lines):
    response = browse(cast.officer).get("/vendors/?q=Notewell")
    (line,) = log_lines()
    assert line.pop("ms") > 0
    assert line.pop("queries") > 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "practice_vetting.core.tracing",
        "message": "GET vendors:vendor_list 200",
        "request": response.headers["X-Request-Id"],
        "person": cast.officer.uid,
        "practice": cast.practice.uid,
        "route": "vendors:vendor_list",
        "method": "GET",
        "status": 200,
    }


@pytest.mark.any_database
@pytest.mark.parametrize(("path", "route"), [("/nowhere/", "none"), ("/static/none.css", "static")])
def test_what_has_no_route_is_named_for_what_it_is(cast: Cast, log_lines: Lines, path: str, route: str):
    Client().get(path)
    assert [line["route"] for line in log_lines() if "route" in line] == [route]


@pytest.mark.any_database
def test_a_method_that_somebody_made_up_is_not_repeated(cast: Cast, log_lines: Lines):
    Client().generic("SPELL", "/sign-in/")
    assert [line["method"] for line in log_lines()] == ["other"]


@pytest.mark.any_database
def test_it_asks_the_database_nothing_and_costs_little(django_assert_num_queries):
    request = RequestFactory().get("/")
    bare, times = [], []
    with django_assert_num_queries(0):
        middleware = tracing.traced(lambda _request: HttpResponse())
        for _ in range(300):
            began = time.process_time()
            HttpResponse()
            between = time.process_time()
            middleware(request)
            bare.append(between - began)
            times.append(time.process_time() - between)
    assert (median(times) - median(bare)) * 1000 < 0.2


# --- what never stands there ----------------------------------------------------------------------------


def doors(cast: Cast, client: Client) -> None:
    """Ways in which a stranger, or an error of ours, puts something into the log."""
    stranger = Client(enforce_csrf_checks=False, raise_request_exception=False)
    stranger.post("/sign-in/", {"login": cast.owner.email, "password": WRONG})
    for path in (f"/join/{SECRET}/", f"/set-password/{SECRET}/", f"/calendar/{SECRET}.ics", f"/v/{SECRET}/"):
        stranger.get(path)
        stranger.get(f"{path}?next={SECRET}")
    stranger.get("/sign-in/", headers={"Host": f"{SECRET}.example.org"})
    stranger.get("/metrics", headers={"Authorization": f"Bearer {SECRET}"})
    stranger.post("/forgotten-password/", {"email": "nobody-known@example.org"})
    Client(enforce_csrf_checks=True).post(f"/join/{SECRET}/", {"password": WRONG})
    client.get(f"/nowhere/{FILE}")
    client.post("/verify/", {"file": SimpleUploadedFile(FILE, b"%PDF-1.7 " + SECRET.encode())})
    client.post("/verify/", {f"file{n}": made.upload(b"%PDF-1.7") for n in range(2)})


def failing(client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page whose query breaks: its error carries the statement, and a value in it."""
    client.raise_request_exception = False

    def needs(*_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT '{SECRET}' FROM {FILE.replace('.', '_').replace('-', '_')}")

    monkeypatch.setattr("checklists.views.today.needs", needs)
    assert client.get("/").status_code in (500, 503)


def planted(cast: Cast) -> list[str]:
    return [SECRET, WRONG, FILE, "intake", cast.owner.email, "nobody-known@", cast.owner.name, "x" * 40]


@pytest.mark.any_database
def test_no_secret_no_name_of_a_file_and_no_address_reaches_the_log(
    cast: Cast, browse, log_lines: Lines, monkeypatch: pytest.MonkeyPatch
):
    client = browse(cast.owner)
    doors(cast, client)
    failing(client, cast, monkeypatch)
    job = make_job(subject=Membership.objects.get(person=cast.officer), kind="attestation")
    monkeypatch.setattr(jobs, "_make", lambda _job: (_ for _ in ()).throw(ValueError(f"{SECRET} in {FILE}")))
    jobs.run(job.uid)
    lines = [json.dumps(line, ensure_ascii=False) for line in log_lines()]
    assert len(lines) > 15
    assert [(word, line) for line in lines for word in planted(cast) if word in line] == []


OURS, OTHERS = "vendors.x", "kombu.connection"
ADDRESSES = f"Could not open {FILE} for dana@example.org at redis://u:{SECRET}@host/0"
#: whose line, what it says, what it puts in, what is written
SAID = [
    (OURS, "%s broke: %s", ("uid", OSError(2, "No such file", FILE)), "uid broke: FileNotFoundError"),
    (OURS, "It broke: %s", (ChildFailed("x", kind="PdfError", detail=SECRET),), "It broke: ChildFailed/PdfError"),
    (OURS, "Of %s, %d", (object(), 4), "Of …, 4"),
    (OURS, "%d", (ValueError("x"),), "%d"),
    (OTHERS, "No way to %s: %s in %d", (SECRET, OSError(SECRET), 2), "No way to …: OSError in 2"),
    (OTHERS, "%(name)s raised %(exc)s", ({"name": "core.mail", "exc": SECRET},), "… raised …"),
    (OTHERS, ADDRESSES, (), "Could not open (a file) for (an address) at redis://(hidden)@host/0"),
    (OTHERS, "one\r\ntwo", (), r"one\r\ntwo"),
    (OTHERS, "a\x1b[2Kb\x85c\u2028d\u202ee", (), r"a\x1b[2Kb\x85c\u2028d\u202ee"),
    (OTHERS, "Too large: My Patient File.docx, refused", (), "Too large: (a file), refused"),
    (OURS, "Refused %s here", ("notes of my patient.DOCX",), "Refused (a file) here"),
]


@pytest.mark.any_database
@pytest.mark.parametrize(("name", "message", "args", "said"), SAID)
def test_what_is_written_of_what_others_gave_us(name: str, message: str, args: Any, said: str):
    given = logging.LogRecord(name, logging.WARNING, "", 0, message, args, None)
    HideSecretAddresses().filter(given)
    assert given.getMessage() == said


@pytest.mark.any_database
def test_an_error_is_told_by_its_kind_and_its_places():
    try:
        try:
            condition.long(SECRET)  # breaks in our code
        except TypeError as inner:
            raise OperationalError(SECRET) from inner
    except OperationalError as problem:
        told = fault_of(problem)
        lines = [each().format(record(exc_info=(type(problem), problem, None))) for each in (Json, Plain)]
    assert told["kinds"] == ["OperationalError", "TypeError"]
    assert any("practice_vetting/core/condition.py:" in place for place in told["places"])
    assert [SECRET in line for line in lines] == [False, False]


@pytest.mark.any_database
def test_what_another_handler_wrote_of_an_error_is_not_taken_over():
    try:
        raise ValueError(SECRET)
    except ValueError as problem:
        told = record(exc_info=(ValueError, problem, problem.__traceback__))
    logging.Formatter().format(told)
    assert SECRET in told.exc_text
    assert [SECRET in each().format(told) for each in (Json, Plain)] == [False, False]


# --- tasks ----------------------------------------------------------------------------------------------


def a_task(name: str, **headers: str) -> Any:
    return SimpleNamespace(name=name, request=SimpleNamespace(**headers))


@pytest.mark.any_database
def test_a_task_carries_the_reference_of_the_request_that_asked_for_it(log_lines: Lines):
    headers: dict[str, Any] = {}
    with tracing.following(tracing.Trace("7KQ4-M2XD")):
        task_tracing.hand_over(headers=headers)
    task = a_task("core.run_job", **headers)
    task_tracing.begin(task_id="one", task=task, args=["k7m2x9p4q3ab"])
    logging.getLogger("practice_vetting").warning("At work")
    task_tracing.end(task_id="one", task=task, state="SUCCESS")
    told = [(line["request"], line["job"], line["task"], line["task_id"]) for line in log_lines()]
    assert told == [("7KQ4-M2XD", "k7m2x9p4q3ab", "core.run_job", "one")] * 2
    assert log_lines()[1]["state"] == "success"
    assert tracing.current() is None


@pytest.mark.any_database
@pytest.mark.parametrize("forged", [SECRET, "", "7KQ4-M2X\n", "7KQ4-M2XDD"])
def test_a_forged_message_puts_no_words_into_the_log(log_lines: Lines, forged: str):
    task = a_task("core.run_job", reference=forged)
    task_tracing.begin(task_id="one", task=task, args=[f"../{FILE}"])
    trace = tracing.current()
    task_tracing.end(task_id="one", task=task, state="FAILURE")
    assert trace
    assert task_tracing._is_reference(trace.reference)
    assert (trace.reference != forged, trace.job) == (True, "")


@pytest.mark.any_database
def test_a_task_that_breaks_is_told_without_its_words(log_lines: Lines):
    task_tracing.failed(sender=a_task("core.sweep"), exception=ValueError(SECRET))
    (line,) = log_lines()
    assert (line["message"], line["fault"]["kinds"]) == ("The task core.sweep broke", ["ValueError"])


@pytest.mark.any_database
def test_a_document_that_failed_shows_what_its_log_lines_carry(cast: Cast, browse):
    job = make_job(subject=Membership.objects.get(person=cast.officer), state=JobState.FAILED, last_error="It broke.")
    page = browse(cast.owner).get(f"/documents/{job.uid}/").content.decode()
    assert f'say this reference: <span class="mono nowrap">{job.uid}</span>' in page
