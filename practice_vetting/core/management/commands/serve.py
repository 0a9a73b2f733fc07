"""`manage.py serve`: prepare the installation, then become the supervisor of web, worker and clock."""

import errno
import os
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from practice_vetting.core import preparing, production, supervisor
from practice_vetting.core.models import Practice

LOOPBACK = "127.0.0.1"
SECONDS_FOR_THE_PORT = 10.0  # what an earlier run that was killed needs to let go of it


def refusal_of_port(host: str, port: int) -> OSError | None:
    """Why the web server could not listen there; None when it could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as refusal:
            return refusal
    return None


def wait_for_port(
    host: str,
    port: int,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when the port is free; after 10 seconds raise CommandError, which says what to do."""
    deadline = clock() + SECONDS_FOR_THE_PORT
    refusal = refusal_of_port(host, port)
    while refusal and refusal.errno == errno.EADDRINUSE and clock() < deadline:
        sleep(0.25)
        refusal = refusal_of_port(host, port)
    if refusal is None:
        return
    if refusal.errno == errno.EADDRINUSE:
        raise CommandError(
            f"Port {port} is taken by another program. Stop it, or choose another: PORT={port + 1} make run"
        )
    raise CommandError(f"This machine does not let us listen at {host}, port {port}: {refusal.strerror}.")


class Command(BaseCommand):
    help = "Prepare all, then run web, worker and clock until Ctrl-C. PORT, HOST and DATA_DIR choose where."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="fill an empty installation with an invented practice")

    def handle(self, *, demo: bool, **_options: Any) -> None:
        host = os.environ.get("HOST") or LOOPBACK
        if demo:
            self._be_a_demonstration()
        try:
            wait_for_port(host, settings.PORT)
            self._prepare(demo=demo)
            self._warn_about_the_network(host)
        except KeyboardInterrupt:
            raise CommandError("Stopped before the site was up.", returncode=130) from None
        self._become_the_supervisor(host, demo=demo)

    def _prepare(self, *, demo: bool) -> None:
        self._say(f"Preparing {settings.DATA_DIR}")
        preparing.prepare(self._say)
        if demo and not Practice.objects.exists():
            self._say("Filling it with an invented practice")
            call_command("load_demo", verbosity=0)  # who can sign in is told once the site answers

    def _be_a_demonstration(self) -> None:
        """For this process and its children, DEMO=1. Raises SystemExit where others reach the site."""
        os.environ["DEMO"] = "1"
        settings.DEMO = True
        production.refuse_to_start(settings)

    def _warn_about_the_network(self, host: str) -> None:
        if host != LOOPBACK and "SITE_URL" not in os.environ:
            self._say(
                "Others can reach this machine's port, but the site answers only to its own name. "
                f"Set SITE_URL to the address they type, such as SITE_URL=http://192.168.1.20:{settings.PORT}"
            )

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _become_the_supervisor(self, host: str, *, demo: bool) -> None:
        """Replace this process: the one that waits from now on holds neither Django nor a connection."""
        connections.close_all()
        where = ["--host", host, "--port", str(settings.PORT), "--address", settings.SITE_URL]
        program = [sys.executable, "-P", supervisor.__file__, *where, "--data-dir", str(settings.DATA_DIR)]
        program += ["--demo"] if demo else []
        os.execve(sys.executable, program, supervisor.clean_environment())  # noqa: S606 - our own program
