"""The save of one answer, as a signed-in person sends it, against a bare view that saves with history and a roll-up.

Both are called as a web server calls them (WSGI, with session, sign-in and the mark against forged forms). Ours keeps
the answer, its history, what happened in the ledger, and the standing that is judged again from all that is known of
the vendor; the bare one keeps the answer, its history and one row that counts the answers.
"""

import re
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

from allauth.mfa.models import Authenticator
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from checklists.actions.evaluations import start_evaluation
from checklists.models import Answer, Evaluation
from practice_vetting.core.models import Installation, Membership, Person, Practice
from practice_vetting.core.roles import Role
from tests import factories
from tests.bench import bare_save
from tests.bench.clocks import side_by_side
from tests.bench.figure import Figure
from tests.checklists.conftest import document_everything, read_every_clause

DATABASES = ("sqlite", "postgresql")
FLOOR = "a bare Django view that saves the answer with simple-history and one roll-up row, signed in"
WRITERS = 8
TOKEN = "a" * 32
QUERIES, RATIO, SPREAD = 14, 1.6, 4.0  # the goals


def measure(quick: bool) -> Iterator[Figure]:
    practice, person = _home()
    evaluations = [_evaluation(practice, person, number) for number in range(WRITERS)]
    ours, bare = Saver(_ours(), person, *_of(evaluations[0])), Saver(_bare(), person, *bare_save.made())
    cost = side_by_side(ours.save, bare.save, rounds=5 if quick else 31)
    yield cost.figure("save of one answer", floor_is=FLOOR, goal=RATIO)
    yield Figure("queries of that save", queries(ours.save), "queries", queries(bare.save), FLOOR, QUERIES, "value")
    savers = [Saver(_ours(), person, *_of(each)) for each in evaluations]
    yield from _together(savers, times=3 if quick else 40)


# --- what is saved --------------------------------------------------------------------------------------


def _home() -> tuple[Practice, Person]:
    Installation.objects.update_or_create(only=True, defaults={"set_up_at": "2026-01-01T00:00:00Z"})
    practice = factories.make_practice()
    person = factories.make_member(practice=practice, name="Dana Okafor", role=Role.OFFICER)
    factories.change(person, sign_ins=3)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "never used"})
    return practice, Membership.objects.get(person=person).person


@transaction.atomic
def _evaluation(practice: Practice, person: Person, number: int) -> Evaluation:
    """A vendor with a tool, an agreement whose every clause was read, and nine answers with a document each."""
    vendor = factories.make_vendor(practice=practice, name=f"Vendor {number}")
    tool = factories.make_tool(vendor=vendor)
    evaluation = start_evaluation(vendor=vendor, by=person, title="First evaluation", tools=[tool])
    today = practice.today()
    signed = {"practice_signed_on": today, "vendor_signed_on": today, "effective_on": today, "next_review_on": today}
    read_every_clause(agreement=factories.make_agreement(vendor=vendor, **signed), by=person)
    document_everything(evaluation=evaluation, by=person)
    return evaluation


def _of(evaluation: Evaluation) -> tuple[str, Callable[[], int]]:
    answer = evaluation.answers.get(question=4)
    url = f"/evaluations/{evaluation.uid}/questions/4/"
    return url, lambda: int(Answer.objects.values_list("version", flat=True).get(pk=answer.pk))


# --- who saves it ---------------------------------------------------------------------------------------


def _ours() -> WSGIHandler:
    return WSGIHandler()


def _bare() -> WSGIHandler:
    with override_settings(MIDDLEWARE=bare_save.MIDDLEWARE):
        return WSGIHandler()


class Saver:
    """A browser of its own that saves one answer again and again, each time with the other response."""

    def __init__(self, site: WSGIHandler, person: Person, url: str, version: Callable[[], int]) -> None:
        self._site, self._url, self._version = site, url, version()
        self._cookie = f"session={_signed_in(person)}; csrf={TOKEN}"

    def save(self) -> None:
        said = {"route": "", "said": "They promised it by phone.", "said_by": "J. Ames", "said_on": ""}
        response = ("said", "in_writing")[self._version % 2]  # it was left in writing as version 2
        status, body = self._post({"response": response, "version": str(self._version), **said})
        if status != "200 OK":
            raise RuntimeError(f"{self._url} answered {status}: {body[:300]!r}")
        self._version += 1

    def _post(self, form: dict[str, str]) -> tuple[str, bytes]:
        sent, told = urlencode(form).encode(), []
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": self._url,
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(sent)),
            "wsgi.input": BytesIO(sent),
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": self._cookie,
            "HTTP_X_CSRFTOKEN": TOKEN,
            "HTTP_HX_REQUEST": "true",
        }
        setup_testing_defaults(environ)
        response = self._site(environ, lambda status, headers, problem=None: told.append(status))
        try:
            return told[0], b"".join(response)
        finally:
            response.close()


def _signed_in(person: Person) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.create()
    return str(session.session_key)


def queries(save: Callable[[], None]) -> int:
    """How many statements one save takes; the marks of a transaction's begin and end are not among them."""
    save()
    with CaptureQueriesContext(connection) as seen:
        save()
    return sum(not re.match(r"BEGIN|COMMIT|SAVEPOINT|RELEASE", each["sql"]) for each in seen.captured_queries)


# --- eight at once --------------------------------------------------------------------------------------


def _together(savers: list[Saver], *, times: int) -> Iterator[Figure]:
    took: list[float] = []
    refused: list[Exception] = []

    def work(saver: Saver) -> None:
        for _ in range(times):
            began = time.perf_counter()
            try:
                saver.save()
            except (RuntimeError, sqlite3.Error) as problem:
                refused.append(problem)
            took.append(time.perf_counter() - began)
        connection.close()

    with ThreadPoolExecutor(len(savers)) as workers:
        list(workers.map(work, savers))
    half, late = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    yield Figure(f"saves refused to {WRITERS} at once", len(refused), "saves", goal=0, goal_is="value")
    goal = SPREAD if connection.vendor == "postgresql" else None
    name = f"save of {WRITERS} at once: the slowest 5 % against the middle"
    yield Figure(name, late * 1000, "ms", half * 1000, "the median of the same saves", goal, rounds=len(took))
