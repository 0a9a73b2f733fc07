"""The walk behind test_doors.py: every address, every method and the things of two practices, tried by eight persons.

What came of it is printed as one table, tests/doors.txt. To write that anew after a change that was meant:

    .venv/bin/pytest tests/test_doors.py --write-doors
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db import connection, transaction
from django.test.client import ClientHandler, RequestFactory
from django.urls import get_resolver, resolve, reverse
from django.utils import timezone

from practice_vetting.core import clock
from practice_vetting.core.checks import every_view
from practice_vetting.core.models import Installation, Person
from practice_vetting.core.roles import Role, may
from tests.conftest import make_cast
from tests.factories import change, make_member

NOBODYS = "zzzzzzzzzzzz"
TABLE = Path(__file__).with_name("doors.txt")
HEADING = """\
Who is answered what at each address, when nothing is typed into its form: written by tests/doors.py.

    ours, theirs   whether the address speaks of a thing of Harbor Light Counseling or of Quiet Pines Therapy
    stranger       the owner of Quiet Pines Therapy; everybody else belongs, or belonged, to Harbor Light
    ended          an auditor whose time is over; inactive: an officer whose account was closed while signed in

    200 a page or a file, 302 sent on, 403 not this role, 404 not found, 405 not by this method,
    409 and 422 a sentence what to change, 410 gone; "sign in" is sent to the page for that, and
    "prove it" to the one that asks again who it is, where somebody "signed in long ago".
    PUT, PATCH, DELETE and OPTIONS are answered 405 everywhere, to everybody, and are left out.
"""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
USUAL = METHODS[:3]
#: the name of a page that asks who it is -> what the table calls being led there
LEADS = {"account_login": "sign in", "account_reauthenticate": "prove it"}
TURNED_AWAY = {"sign in", "prove it", "401", "403", "404", "405", "410", "429"}
#: a page, a file, a way on, a form that is not filled in
SERVED = {"200", "302", "400", "409", "410", "422"}
#: what looking may write: that somebody looked, and the session itself
TELLING = {"django_session", "usersessions_usersession", "core_ledgerentry", "core_ledgerhead"}
#: name of the address -> its permission, and what its address speaks of
Doors = Mapping[str, tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Row:
    """One request by everybody: what they asked for, and what each was answered."""

    name: str
    address: str
    method: str
    whose: str  # "ours", "theirs", or "" where the address speaks of nothing
    recently: bool  # whether they gave a password just now
    answers: tuple[str, ...]


@dataclass
class Walk:
    """What the walk saw: the rows, what was written where nothing may be, and where a stranger could tell."""

    rows: list[Row] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    told_apart: set[str] = field(default_factory=set)


class Caller(RequestFactory):
    """A client that carries only the session it is given, and does not collect what the pages were made of."""

    def __init__(self) -> None:
        super().__init__()
        self.handler = ClientHandler(enforce_csrf_checks=False)

    def request(self, **environ: Any) -> Any:
        return self.handler(self._base_environ(**environ))

    def ask(self, method: str, path: str, session: str) -> Any:
        """The answer; whatever it changed is undone."""
        cookie = {"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={session}"} if session else {}
        cache.clear()  # nobody is slowed for having tried so many doors
        point = transaction.savepoint()
        try:
            return self.generic(method, path, headers=None, **cookie)
        finally:
            transaction.savepoint_rollback(point)


def view_names() -> dict[str, Any]:
    """The name of each address of the site, with its namespace where it has one, and its view."""
    return {_name(route, view): view for route, view in every_view()}


def _name(route: str, view: Any) -> str:
    for resolver in get_resolver().url_patterns:
        for pattern in getattr(resolver, "url_patterns", []):
            if pattern.callback is view and "/" + str(pattern.pattern) == route:
                return f"{resolver.namespace}:{pattern.name}" if resolver.namespace else pattern.name
    raise LookupError(route)


def address_of(name: str, parts: tuple[str, ...], things: Mapping[str, str]) -> str:
    return reverse(name, args=[things.get(part, part) for part in parts])


def as_printed(name: str, parts: tuple[str, ...], things: Mapping[str, str]) -> str:
    """The address with the noun of each thing in place of its id."""
    address = address_of(name, parts, things)
    for part in parts:
        if len(things.get(part, "")) >= 12:
            address = address.replace(things[part], part.upper())
    return address


def read_out(response: Any) -> bytes:
    """The whole answer, also where it is a file that comes in pieces and has to be closed."""
    return b"".join(response.streaming_content) if response.streaming else bytes(response.content)


def guessed(name: str, parts: tuple[str, ...]) -> str:
    """The same address with an id that nobody has."""
    tried = ["vendor" if part == "vendor-kind" else NOBODYS if part[0].islower() else part for part in parts]
    return reverse(name, args=tried)


def signed_in(person: Person, *, recently: bool) -> str:
    """The key of a session of that person, who gave a password just now or too long ago.

    It has been in use for a moment: what only the first request of a session, or one a minute, writes is written.
    """
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    given_at = time.time() - (0 if recently else 11 * 3600)
    session["account_authentication_methods"] = [{"method": "password", "at": given_at}]
    session["account_authentication_methods_user"] = str(person.pk)
    session["since"] = session["seen"] = int(time.time())
    session["noted_at"] = time.time() + 24 * 3600
    session.create()
    return str(session.session_key)


class Arrangement:
    """Two practices with one of each thing, and eight persons who try every door of them."""

    def __init__(self, one_of_each: Callable[..., dict[str, str]]) -> None:
        Installation.objects.create(set_up_at=timezone.now())
        ours, theirs = make_cast("Harbor Light Counseling"), make_cast("Quiet Pines Therapy")
        self.things = {"ours": one_of_each(ours), "theirs": one_of_each(theirs)}
        people = {"stranger": theirs.owner, **{role.value: getattr(ours, role) for role in Role}}
        today = ours.practice.today()
        people["ended"] = make_member(
            practice=ours.practice, name="Ada Moss", role=Role.AUDITOR, email="ended@x.example", ended_on=today
        )
        people["inactive"] = make_member(
            practice=ours.practice, name="Ira Holm", role=Role.OFFICER, email="inactive@x.example"
        )
        self.persons = ("anonymous", *people)
        self.sessions = {
            recently: ["", *[signed_in(person, recently=recently) for person in people.values()]]
            for recently in (True, False)
        }
        change(people["inactive"], is_active=False)
        for keys in self.sessions.values():
            for person, key in zip(people.values(), keys[1:], strict=True):
                UserSession.objects.create(user=person, session_key=key, ip="127.0.0.1", user_agent="")
        self.caller = Caller()


def walk(doors: Doors, one_of_each: Callable[..., dict[str, str]]) -> tuple[Walk, tuple[str, ...]]:
    """Try every door, in a transaction of the caller's, and give what was seen and the persons in their order.

    The clock stands meanwhile: what was proved just now is not long ago at the last door, however slow the machine.
    """
    arrangement, seen = Arrangement(one_of_each), Walk()
    views = view_names()
    things = arrangement.things["ours"]
    with clock.set_to(clock.now()):
        for name in sorted(set(doors) & set(views), key=lambda name: as_printed(name, doors[name][1], things)):
            try_door(name, doors, views[name], arrangement, seen)
    return seen, arrangement.persons


def try_door(name: str, doors: Doors, view: Any, arrangement: Arrangement, seen: Walk) -> None:
    """Every method, for things of either practice; where a recent sign-in is asked for, without it as well."""
    permission, parts = doors[name]
    for recently in (True, False) if getattr(view, "access_fresh", False) else (True,):
        for whose, things in arrangement.things.items():
            if whose == "theirs" and not parts:
                continue
            printed = as_printed(name, parts, things) + ("" if recently else " (signed in long ago)")
            path, sessions = address_of(name, parts, things), arrangement.sessions[recently]
            # HEAD is GET without its page: once a door, with things of ours and a fresh proof, is enough
            for method in METHODS if recently and whose == "ours" else [each for each in METHODS if each != "HEAD"]:
                answers = tuple(
                    _try(method, path, session, f"{method} {printed} by {person}", arrangement, seen)
                    for person, session in zip(arrangement.persons, sessions, strict=True)
                )
                seen.rows.append(Row(name, printed, method, whose if parts else "", recently, answers))
    if parts and permission != "public":
        compare_with_a_guess(name, parts, arrangement, seen)


def _try(method: str, path: str, session: str, label: str, arrangement: Arrangement, seen: Walk) -> str:
    with tables_written() as written:
        response = arrangement.caller.ask(method, path, session)
        response.close()
    answer = _in_a_word(response)
    if method != "POST" or answer in TURNED_AWAY:
        seen.written |= {f"{label}: {table}" for table in written - TELLING}
    return answer


def _in_a_word(response: Any) -> str:
    """Its status, or where it leads when that is to prove who it is."""
    to = urlsplit(response.headers.get("Location", "")).path
    if response.status_code == 302 and to.startswith("/"):
        return LEADS.get(resolve(to).url_name or "", "302")
    return str(response.status_code)


@contextmanager
def tables_written() -> Iterator[set[str]]:
    """The names of the tables that statements in this block write to."""
    tables: set[str] = set()

    def watch(execute: Any, statement: str, *rest: Any) -> Any:
        if found := _WRITES.match(statement):
            tables.add(found[1])
        return execute(statement, *rest)

    with connection.execute_wrapper(watch):
        yield tables


_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)')
_TOKEN = re.compile(rb'"X-CSRFToken": "\w+"|name="csrfmiddlewaretoken" value="\w+"')


def compare_with_a_guess(name: str, parts: tuple[str, ...], arrangement: Arrangement, seen: Walk) -> None:
    """A stranger is answered the same, to the letter, for a thing of ours and for an id that nobody has."""
    stranger = arrangement.sessions[True][arrangement.persons.index("stranger")]
    for method in ("GET", "POST"):
        answers = [
            arrangement.caller.ask(method, path, stranger)
            for path in (address_of(name, parts, arrangement.things["ours"]), guessed(name, parts))
        ]
        told = {(answer.status_code, _TOKEN.sub(b"", answer.content)) for answer in answers}
        if len(told) > 1:
            seen.told_apart.add(f"{method} {name}")


def faults(seen: Walk, doors: Doors, persons: tuple[str, ...]) -> Iterator[str]:
    """Each answer that breaks a promise, whatever the printed table says."""
    for row in seen.rows:
        for person, answer in zip(persons, row.answers, strict=True):
            if answer not in _promised(row, doors[row.name][0], person):
                yield f"{row.method} {row.address} ({row.whose}) by {person}: {answer}"


def _promised(row: Row, permission: str, person: str) -> set[str]:
    """The answers that this person may be given."""
    if row.method not in USUAL:
        return {"405"}
    if permission == "public":
        return SERVED | {"404", "405", "sign in"}
    if person in {"anonymous", "inactive"}:
        return {"sign in"}
    if permission != "own" and not (person == "stranger" or (person in set(Role) and may(person, permission))):
        return {"403"}
    if not row.recently:
        return {"prove it", "405"}
    if row.whose == ("ours" if person == "stranger" else "theirs"):
        return {"404", "405"}
    return SERVED | {"404", "405"}


def table(seen: Walk, persons: tuple[str, ...]) -> str:
    """The rows as text: methods that everybody is answered alike share a line, and so do both practices' things."""
    by_address: dict[str, dict[str, dict[str, tuple[str, ...]]]] = defaultdict(lambda: defaultdict(dict))
    for row in seen.rows:
        by_address[row.address][row.method][row.whose] = row.answers
    lines = [HEADING, _line("", "", persons)]
    for address, methods in by_address.items():
        lines += ["", address, *_lines(methods)]
    return "\n".join(lines) + "\n"


def _lines(methods: dict[str, dict[str, tuple[str, ...]]]) -> Iterator[str]:
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for method, whose in methods.items():
        either = len(whose) == 2 and whose["ours"] == whose["theirs"]
        for owner, answers in {"either": whose["ours"]}.items() if either else whose.items():
            if method in USUAL or set(answers) != {"405"}:
                alike[owner, answers].append(method)
    for (owner, answers), names in alike.items():
        yield _line(" ".join(names), owner, answers)


def _line(methods: str, whose: str, answers: Iterable[str]) -> str:
    return f"    {methods:<16}{whose:<8}" + "".join(f"{answer:>11}" for answer in answers)
