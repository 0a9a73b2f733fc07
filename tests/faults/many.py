"""The site as two web processes, three workers and two clocks on one PostgreSQL and one Redis, for the browser tests.

SITE_SHAPE=many python -m tests.services pytest tests/e2e      runs them against it (`make test-many`)
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from practice_vetting.core.supervisor import CLOCK, ROOT, WORKER, answers
from tests.faults.processes import Process
from tests.faults.servers import Front, celery, web_server
from tests.services import environment_of_a_site, free_port, wait_until

WEB_PROCESSES, WORKERS, CLOCKS = 2, 3, 2


class ManySite:
    """What tests.services.Site is, in many processes behind one address."""

    def __init__(self, data_dir: Path, *arguments: str, **environment: str) -> None:
        self.data_dir, self._demo = data_dir, "--demo" in arguments
        self._ports = [free_port() for _ in range(WEB_PROCESSES)]
        self.front = Front(self._ports)
        self.port = self.front.port
        self.url = f"http://localhost:{self.port}"
        ours = {"DATA_DIR": str(data_dir), "PORT": str(self.port), "SITE_URL": self.url, "HOST": "127.0.0.1"}
        demo = {"DEMO": "1"} if self._demo else {}
        self._environment = {**environment_of_a_site(), **ours, **demo, **environment}
        assert {"DATABASE_URL", "REDIS_URL"} <= self._environment.keys(), "Many processes need PostgreSQL and Redis."
        self._announced = ""
        self._run("-m", "tests.prepared", *(["--demo"] if self._demo else []))
        self.processes = list(self._processes())
        for each in self.processes:
            each.start()
        self.front.__enter__()

    def _processes(self) -> Iterator[Process]:
        beside = self.data_dir.parent
        for port in self._ports:
            yield self._process(f"web-{port}", web_server(port))
        for number in range(WORKERS):
            yield self._process(f"worker-{number}", celery(WORKER))
        for number in range(CLOCKS):
            kept = str(beside / f"{self.data_dir.name}-clock-{number}")
            yield self._process(f"clock-{number}", [*celery(CLOCK), "--schedule", kept])

    def _process(self, name: str, command: list[str]) -> Process:
        log = self.data_dir.with_name(f"{self.data_dir.name}-{self.port}-{name}.log")
        return Process(name, command, log=log, env=self._environment)

    def _run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self._environment, capture_output=True, text=True, check=check,
            timeout=600,
        )  # fmt: skip

    def output(self) -> str:
        return self._announced + "".join(each.said() for each in self.processes)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the same installation, run to its end."""
        return self._run("manage.py", *arguments, check=False)

    def wait_until_ready(self, seconds: float = 60) -> None:
        wait_until(lambda: all(answers("127.0.0.1", port) for port in self._ports), "all web processes answer", seconds)
        if not self._demo:
            self._announced = self.manage("setup_code").stdout

    def stop(self, *_signal: Any) -> int:
        for each in self.processes:
            with suppress(ProcessLookupError):
                each.send(15)
        for each in self.processes:
            each.stop()
        self.front.__exit__()
        return 0
