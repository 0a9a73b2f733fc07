"""A whole production installation as real processes on this machine, each of which can be killed by itself.

with Installation(folder, web=2, workers=3, clocks=2) as site:
    site.arrange(practices=2, officers=3)
    site.workers[0].kill()
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practice_vetting.core.supervisor import CLOCK, ROOT, WORKER
from tests.faults.processes import Process
from tests.faults.servers import Front, PostgreSQL, Redis, celery, web_server
from tests.services import MailServer, environment_of_a_site, free_port, wait_until

SWEEP, LEASE = 3, 45  # seconds
HEALS_WITHIN = 60.0  # seconds: the promise


@dataclass(frozen=True)
class Known:
    """An officer of the arrangement: where they sign in, and the vendor and evaluation that are theirs alone."""

    practice: str
    email: str
    password: str
    secret: str
    vendor: str
    evaluation: str
    shared: str  # an evaluation that all officers of the practice write in


class Installation:
    """Web processes, workers, clocks, PostgreSQL, Redis and a mail server, on one folder for files."""

    def __init__(
        self, folder: Path, *, web: int = 2, workers: int = 3, clocks: int = 2,
        postgresql: dict[str, str] | None = None, **environment: str,
    ) -> None:  # fmt: skip
        self.folder, self.data_dir = folder, folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        self.postgresql = PostgreSQL(folder / "postgresql.log", **(postgresql or {}))
        self.redis = Redis(folder / "redis")
        self.mail = MailServer()
        ports = [free_port() for _ in range(web)]
        self.front = Front(ports)
        self.url = f"http://localhost:{self.front.port}"
        self.env = {**environment_of_a_site(), **self._own(), **environment}
        self.web = [self._process(f"web {n}", web_server(port)) for n, port in enumerate(ports, 1)]
        self.workers = [self._process(f"worker {n}", celery(WORKER)) for n in range(1, workers + 1)]
        self.clocks = [
            self._process(f"clock {n}", [*celery(CLOCK), "--schedule", str(folder / f"clock-{n}")])
            for n in range(1, clocks + 1)
        ]
        self.people: list[Known] = []
        self._open = ExitStack()

    def _own(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "tests.faults.site_settings",
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.postgresql.url,
            "REDIS_URL": self.redis.url,
            "EMAIL_URL": self.mail.url,
            "SITE_URL": self.url,
            "HOST": "127.0.0.1",
            "PORT": str(self.front.port),
            "SWEEP_SECONDS": str(SWEEP),
            "JOB_LEASE_SECONDS": str(LEASE),
        }

    def _process(self, name: str, command: list[str]) -> Process:
        return Process(name, command, log=self.folder / f"{name.replace(' ', '-')}.log", env=self.env)

    @property
    def ours(self) -> list[Process]:
        """What runs the product's code."""
        return [*self.web, *self.workers, *self.clocks]

    @property
    def everything(self) -> list[Process]:
        return [self.postgresql, self.redis, *self.ours]

    def __enter__(self) -> "Installation":
        self._open.callback(self._end)
        self._open.enter_context(self.mail)
        self._open.enter_context(self.front)
        try:
            self.postgresql.start()
            self.redis.start()
            self._prepare()
            for each in self.ours:
                each.start()
            self.heals()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_problem: object) -> None:
        self._open.close()

    def _end(self) -> None:
        for each in reversed(self.everything):
            each.kill()
        self.postgresql.remove()

    def _prepare(self) -> None:
        if (ROOT / "practice_vetting/core/management/commands/prepare.py").exists():
            self.manage("prepare", check=True)
        else:
            self.run("tests.prepared", check=True)

    # --- commands of the same installation ------------------------------------------------------------

    def run(self, module: str, *arguments: str, check: bool = False, **environment: str) -> Any:
        """A module of Python, run to its end."""
        return self._command(["-m", module, *arguments], check, environment)

    def manage(self, *arguments: str, check: bool = False, **environment: str) -> Any:
        return self._command(["manage.py", *arguments], check, environment)

    def _command(self, words: list[str], check: bool, environment: dict[str, str]) -> Any:
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env={**self.env, **environment}, capture_output=True, text=True,
            check=False, timeout=600,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def arrange(self, *, practices: int = 1, officers: int = 2) -> list[Known]:
        """Practices with officers who each have a vendor with an evaluation under way."""
        done = self.run("tests.faults.arrange", str(practices), str(officers), check=True)
        self.people = [Known(**each) for each in json.loads(done.stdout)]
        return self.people

    def facts(self, *, sweep: bool = True) -> Any:
        """What is on record and on the disk (tests.faults.facts), after the daily sweep of orphans two days later."""
        return json.loads(self.run("tests.faults.facts", *(["--sweep"] if sweep else []), check=True).stdout)

    # --- being well -------------------------------------------------------------------------------------

    def is_well(self) -> bool:
        """Whether every web process answers, and says that database, queue and storage answer it."""
        return all(self.healthy(port) for port in self.front.backends)

    def healthy(self, port: int) -> bool:
        with suppress(OSError, ValueError, urllib.error.HTTPError):
            asked = urllib.request.Request(
                f"http://127.0.0.1:{port}/healthz", headers={"Host": f"localhost:{self.front.port}"}
            )
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return bool(json.load(answer)["ok"])
        return False

    def heals(self, within: float = HEALS_WITHIN) -> float:
        """Seconds until all is well, with nobody's help. Raises AssertionError after a minute."""
        began = time.monotonic()
        wait_until(self.is_well, "the site is well again", within)
        return time.monotonic() - began

    def rests(self, within: float = HEALS_WITHIN, states: Iterable[str] = ("queued", "running")) -> float:
        """Seconds until every document that was asked for is made, or has failed."""
        began, named = time.monotonic(), ", ".join(f"'{state}'" for state in states)
        query = f"SELECT count(*) FROM core_job WHERE state IN ({named})"
        wait_until(lambda: self.postgresql.ask(query) == [(0,)], "no document waits any more", within)
        return time.monotonic() - began

    def mails_rest(self, within: float) -> float:
        """Seconds until no mail waits any more."""
        began = time.monotonic()
        kinds = "(SELECT state FROM core_mail UNION ALL SELECT state FROM core_accountmail) AS every"
        query = f"SELECT count(*) FROM {kinds} WHERE state IN ('waiting', 'sending')"
        wait_until(lambda: self.postgresql.ask(query) == [(0,)], "no mail waits any more", within)
        return time.monotonic() - began

    def power_cut(self) -> None:
        """Everything at once: SIGKILL to each process of the installation, the servers too."""
        every = [pid for each in self.everything if each.is_alive for pid in each.tree()]
        for pid in every:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        for each in self.everything:
            each.kill()
            if each.started:
                each.is_over_within(10)

    def power_back(self) -> None:
        for each in self.everything:
            each.start()
