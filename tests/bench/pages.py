"""Pages as a signed-in officer opens them, each against a bare view that reads and shows the least of its kind.

Both are called as a web server calls them (WSGI, with session and sign-in). Ours also asks whether the person belongs
to the practice and may see it, counts what stands beside the rows, and says on every page what is in use uncleared.
"""

import re
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from wsgiref.util import setup_testing_defaults

from allauth.mfa.models import Authenticator
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checklists.actions.evaluations import start_evaluation
from checklists.models import Evaluation
from practice_vetting.core.models import Installation, Membership, Person, Practice
from practice_vetting.core.roles import Role
from tests import factories
from tests.bench import bare_pages
from tests.bench.clocks import side_by_side
from tests.bench.data import many_vendors
from tests.bench.figure import Figure
from tests.checklists.conftest import document_everything, read_every_clause

LIST_FLOOR = "a bare Django view of the same 50 rows in a plain template, signed in"
PAGE_FLOOR = "a bare Django view that shows and takes its answers and documents, and tells 50 changes, signed in"
SHOW = "in_evaluation"
BY_VERDICT = f"/vendors/?show={SHOW}&sort=standing"


def measure(quick: bool) -> Iterator[Figure]:
    Installation.objects.update_or_create(only=True, defaults={"set_up_at": "2026-01-01T00:00:00Z"})
    small, large = (_home(name) for name in ("Small", "Large"))
    evaluation = _evaluation(*small)
    many_vendors(small[0], 1_000)
    many_vendors(large[0], 2_000 if quick else 100_000)
    yield from figures(small, large, evaluation, rounds=5 if quick else 31)


Home = tuple[Practice, Person]


def figures(small: Home, large: Home, evaluation: Evaluation, *, rounds: int) -> Iterator[Figure]:
    """All of them, of two practices with their officers and of one evaluation of the small one."""
    ours, bare = WSGIHandler(), _bare()
    listed, few = Reader(ours, large[1], BY_VERDICT), Reader(ours, small[1], BY_VERDICT)
    least = Reader(bare, large[1], f"/vendors/{large[0].pk}/{SHOW}/")
    cost = side_by_side(listed.read, least.read, rounds=rounds)
    yield cost.figure("vendor list, 50 of 100,000, by verdict", floor_is=LIST_FLOOR, goal=1.2)
    yield _queries("queries of the vendor list", listed, least, LIST_FLOOR, 8)
    grown = side_by_side(listed.read, few.read, rounds=rounds)
    yield grown.figure("vendor list of 100,000 vendors", floor_is="the same list of 1,000 vendors", goal=1.3)
    page = Reader(ours, small[1], reverse("checklists:evaluation", args=[evaluation.uid]))
    least = Reader(bare, small[1], f"/evaluations/{evaluation.uid}/")
    cost = side_by_side(page.read, least.read, rounds=rounds)
    yield cost.figure("evaluation page", floor_is=PAGE_FLOOR, goal=1.5)
    yield _queries("queries of the evaluation page", page, least, PAGE_FLOOR, 10)
    today, few = Reader(ours, large[1], "/"), Reader(ours, small[1], "/")
    cost = side_by_side(today.read, few.read, rounds=max(5, rounds // 3))
    yield cost.figure("Today at 100,000 vendors", floor_is="the same page at 1,000 vendors")


def _queries(name: str, page: "Reader", least: "Reader", floor_is: str, goal: int) -> Figure:
    return Figure(name, queries(page.read), "queries", queries(least.read), floor_is, goal, "value")


# --- what is read ---------------------------------------------------------------------------------------


def _home(name: str) -> Home:
    practice = factories.make_practice(name=name)
    person = factories.make_member(practice=practice, name="Dana Okafor", role=Role.OFFICER)
    factories.change(person, sign_ins=3)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "never used"})
    return practice, Membership.objects.get(person=person).person


@transaction.atomic
def _evaluation(practice: Practice, person: Person) -> Evaluation:
    """A vendor with an agreement whose every clause was read, nine answers with a document each, and 60 changes."""
    vendor = factories.make_vendor(practice=practice, name="Notewell")
    tool = factories.make_tool(vendor=vendor)
    evaluation = start_evaluation(vendor=vendor, by=person, title="First evaluation", tools=[tool])
    days = {"practice_signed_on": date(2026, 1, 1), "vendor_signed_on": date(2026, 1, 2)}
    days |= {"effective_on": date(2026, 1, 2), "next_review_on": date(2099, 1, 2)}
    read_every_clause(agreement=factories.make_agreement(vendor=vendor, **days), by=person)
    document_everything(evaluation=evaluation, by=person)
    answer = evaluation.answers.get(question=4)
    for turn in range(60):
        factories.change(answer, said=f"They promised it by phone, {turn} times.", version=answer.version + 1)
    return evaluation


# --- who reads it ---------------------------------------------------------------------------------------


def _bare() -> WSGIHandler:
    with override_settings(MIDDLEWARE=bare_pages.MIDDLEWARE):
        return WSGIHandler()


class Reader:
    """A browser of its own that opens one page again and again."""

    def __init__(self, site: WSGIHandler, person: Person, url: str) -> None:
        self._site, (self._path, _, self._query) = site, url.partition("?")
        self._cookie = f"session={_signed_in(person)}"

    def read(self) -> bytes:
        told: list[str] = []
        environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": self._path, "QUERY_STRING": self._query}
        environ |= {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost", "HTTP_COOKIE": self._cookie}
        setup_testing_defaults(environ)
        response = self._site(environ, lambda status, headers, problem=None: told.append(status))
        try:
            body = b"".join(response)
        finally:
            response.close()
        if told != ["200 OK"]:
            raise RuntimeError(f"{self._path} answered {told}: {body[:300]!r}")
        return body


def _signed_in(person: Person) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.create()
    return str(session.session_key)


def queries(read: Callable[[], object]) -> int:
    """How many statements one reading takes."""
    read()
    with CaptureQueriesContext(connection) as seen:
        read()
    return sum(not re.match(r"BEGIN|COMMIT|SAVEPOINT|RELEASE", each["sql"]) for each in seen.captured_queries)
