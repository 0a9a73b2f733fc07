"""Simulated officers: threads with a browser's session each, who behave as people do.

They open a page, fill in its form and send it. When no answer comes, or one that says "we do not know", they wait a
little, look, and send the very same form again, until the site says that it is kept, or why not.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from tests import files
from tests.core.factors import code_of
from tests.faults.installation import Installation, Known
from tests.faults.journal import CONFIRMED, REFUSED, Act, Journal, Page
from tests.faults.pages import form_of, messages_of, problems_of, wrong_with
from tests.services import wait_until

PATIENCE = 90.0  # seconds for one answer: then the officer takes it for lost
UNTIL_SETTLED = 240.0  # seconds after which an officer gives up on one act
TOO_OLD = "This page was too old"
A_SIGN_IN = 2.0  # seconds between two of them: from one address more are taken for guessing
CODE_LASTS = 30.0  # seconds


def in_days(days: int) -> str:
    """A day to come: a report that counts until then is a thing to be reminded of."""
    return (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011  as a person reads it off a calendar


class Over(Exception):
    """The officer goes home: what is not known by now stays unknown."""


class Officer(threading.Thread):
    """One person at work. `weights` are how often they do which act."""

    def __init__(self, site: Installation, known: Known, seed: int, *, think: float = 0.5) -> None:
        super().__init__(name=known.email, daemon=True)
        self.site, self.known, self.chance, self.think = site, known, random.Random(f"{seed} {known.email}"), think
        self.journal = Journal()
        self.session = requests.Session()
        self.session.headers["Connection"] = "close"
        self.problem: BaseException | None = None
        self.weights: dict[str, int] = {
            "answer": 10,
            "share": 4,
            "look": 5,
            "vendor": 3,
            "evidence": 2,
            "quarantine": 1,
        }
        self._home, self._leave, self.is_in, self._number = threading.Event(), threading.Event(), threading.Event(), 0

    # --- a day at work ----------------------------------------------------------------------------------

    def run(self) -> None:
        try:
            self.sign_in()
            self.is_in.set()
            while not self._home.is_set():
                self.act(self.chance.choices([*self.weights], [*self.weights.values()])[0])
                self._home.wait(self.chance.uniform(0.2, 1.8) * self.think)
        except Over:
            pass
        except BaseException as problem:  # noqa: BLE001 - told by `gather`
            self.problem = problem

    def act(self, name: str) -> None:
        getattr(self, name)()

    def go_home(self) -> None:
        """No new act; the one under way is brought to its end."""
        self._home.set()

    def leave(self) -> None:
        """Not even that."""
        self._home.set()
        self._leave.set()

    def _mark(self, kind: str) -> str:
        self._number += 1
        return f"{kind} {self._number} of {self.known.email.partition('@')[0]} {self.chance.randrange(10**8):08}"

    # --- the wire -----------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, **sent: Any) -> requests.Response | None:
        """One request; None when the connection was lost. The page goes into the journal."""
        if self._leave.is_set():
            raise Over
        began, answer = time.monotonic(), None
        with suppress(requests.RequestException):
            answer = self.session.request(
                method, self.site.url + path, allow_redirects=False, timeout=(5, PATIENCE), **sent
            )
        seconds, status = time.monotonic() - began, answer.status_code if answer is not None else 0
        wrong = wrong_with(answer) if answer is not None else ""
        self.journal.pages.append(Page(method, path, status, seconds, wrong))
        return answer

    def open(self, path: str) -> str:
        """The text of a page, however often it takes."""
        deadline = time.monotonic() + UNTIL_SETTLED
        while time.monotonic() < deadline:
            answer = self.ask("GET", path)
            if answer is not None and answer.status_code == 200:
                return answer.text
            if answer is not None and "/sign-in/" in answer.headers.get("Location", ""):
                self.sign_in()
            else:
                self._wait(0.5, 2)
        raise Over

    def _wait(self, least: float, most: float) -> None:
        if self._leave.wait(self.chance.uniform(least, most)):
            raise Over

    def sign_in(self) -> None:
        deadline = time.monotonic() + UNTIL_SETTLED
        while time.monotonic() < deadline:
            fields = form_of(self.open_door(), holding="password")
            given = {**fields, "login": self.known.email, "password": self.known.password}
            answer = self.ask("POST", "/sign-in/", data=given)
            if answer is not None and "second-factor" in answer.headers.get("Location", ""):
                answer = self._give_code(answer.headers["Location"])
                if answer is None or answer.status_code != 302:
                    self._wait(CODE_LASTS, CODE_LASTS)  # each code counts once
            if answer is not None and answer.status_code == 302 and "sign-in" not in answer.headers["Location"]:
                return
            self._wait(0.5, 2)
        raise Over

    def open_door(self) -> str:
        while True:
            answer = self.ask("GET", "/sign-in/")
            if answer is not None and answer.status_code == 200:
                return answer.text
            self._wait(0.5, 2)

    def _give_code(self, path: str) -> requests.Response | None:
        page = self.ask("GET", urlsplit(path).path)
        if page is None or page.status_code != 200:
            return None
        if time.time() % CODE_LASTS > CODE_LASTS / 2:  # a busy site might read it when it counts no more
            self._wait(CODE_LASTS / 2, CODE_LASTS / 2)
        fields = {**form_of(page.text, holding="code"), "code": code_of(self.known.secret)}
        return self.ask("POST", urlsplit(path).path, data=fields)

    def send(self, act: Act, path: str, fields: dict[str, str], look: Callable[[], Any], **more: Any) -> str:
        """Send the form until it is settled; where it led. After a doubt: wait, look, and send the same once more."""
        self.journal.acts.append(act)
        deadline = time.monotonic() + UNTIL_SETTLED
        while time.monotonic() < deadline:
            act.tries += 1
            answer = self.ask("POST", path, data=fields, **more)
            if answer is not None and answer.status_code == 302:
                led = answer.headers["Location"]
                if "/sign-in/" not in led:
                    act.state = CONFIRMED
                    act.facts["told"] = messages_of(self.open(led.partition("#")[0]))
                    if any(TOO_OLD in each for each in act.facts["told"]):
                        act.state = REFUSED
                    return led
                self.sign_in()
            elif answer is not None and answer.status_code in (409, 422):
                if act.doubts == 0:
                    act.state = REFUSED
                act.facts["refused"] = [answer.status_code, *problems_of(answer.text)]
                return ""
            else:
                act.doubts += 1
                self._wait(0.5, 2)
                look()
        return ""

    # --- what an officer does -----------------------------------------------------------------------------

    def look(self) -> None:
        self.open(self.chance.choice(["/", "/vendors/", "/evidence/", f"/vendors/{self.known.vendor}/"]))

    def answer(self) -> None:
        """Save an answer of the evaluation that nobody else writes in."""
        self._answer("answer", self.known.evaluation)

    def share(self) -> None:
        """Save an answer where all others of the practice do too: now and then somebody else was faster."""
        self._answer("share", self.known.shared)

    def _answer(self, kind: str, evaluation: str) -> None:
        number, page = self.chance.randrange(1, 10), f"/evaluations/{evaluation}/"
        path = f"{page}questions/{number}/"
        fields = form_of(self.open(page), action=path, holding="said")
        act = Act(kind, self._mark(kind), self.known.email, {"evaluation": evaluation, "question": number})
        fields |= {"said": act.mark, "response": self.chance.choice(["in_writing", "said", "vague", "no"])}
        self.send(act, path, fields, lambda: self.open(page))

    def vendor(self) -> None:
        fields = form_of(self.open("/vendors/add/"), holding="form_id")
        act = Act("vendor", self._mark("vendor"), self.known.email, {"form_id": fields["form_id"]})
        fields |= {"name": act.mark, "summary": "Made in a storm"}
        self.send(act, "/vendors/add/", fields, lambda: self.open(f"/vendors/?q={act.mark}"))

    def evidence(self) -> str:
        """Upload a file that nobody has seen before; its page."""
        path = f"/vendors/{self.known.vendor}/evidence/add/"
        fields = form_of(self.open(path), holding="form_id")
        act = Act("evidence", self._mark("evidence"), self.known.email, {"form_id": fields["form_id"]})
        content = files.pdf(pages=1, text=act.mark)
        act.facts["sha256"] = files.hashlib.sha256(content).hexdigest()
        fields |= {"title": act.mark, "kind_of": "report", "no_patient_data": "on"}
        fields |= {"dated_on": in_days(0), "expires_on": in_days(8)}
        sent = {"file": ("report.pdf", content, "application/pdf")}
        return self.send(act, path, fields, lambda: self.open("/evidence/"), files=sent)

    def quarantine(self) -> None:
        """Upload a file and say that patient data is in it: the owner and the officers are told by mail."""
        page = urlsplit(self.evidence()).path
        if not page:
            return
        path = f"{page}quarantine/"
        fields = form_of(self.open(path), holding="reason")
        act = Act("quarantine", self._mark("quarantine"), self.known.email, {"uid": page.strip("/").split("/")[-1]})
        self.send(act, path, {**fields, "reason": act.mark}, lambda: self.open(page))

    def dossier(self) -> None:
        page = f"/vendors/{self.known.vendor}/"
        path = f"{page}dossier/"
        fields = form_of(self.open(page), action=path)
        act = Act("dossier", fields["form_id"], self.known.email, {"vendor": self.known.vendor})
        self.send(act, path, fields, lambda: self.open(page))


def at_work(site: Installation, seed: int, *, think: float = 0.5, **weights: int) -> list[Officer]:
    """Everybody of the arrangement, signed in and at work. `weights` are how often each act is done, 0 for never."""
    officers = [Officer(site, known, seed, think=think) for known in site.people]
    for each in officers:
        each.weights |= weights
        each.start()
        time.sleep(A_SIGN_IN)
    wait_until(lambda: all(each.is_in.is_set() or each.problem for each in officers), "everybody is signed in", 600)
    return officers


def gather(officers: Sequence[Officer], patience: float = UNTIL_SETTLED) -> list[Journal]:
    """Let everybody finish what is under way; their journals."""
    for each in officers:
        each.go_home()
    deadline = time.monotonic() + patience
    for each in officers:
        each.join(max(0.0, deadline - time.monotonic()))
    for each in officers:
        each.leave()
        each.join(PATIENCE + 10)
    if problems := [f"{each.name}: {each.problem!r}" for each in officers if each.problem]:
        raise AssertionError("\n".join(problems))
    return [each.journal for each in officers]
