"""Fills an empty installation with an invented practice; or prints again who can sign in to it."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from checklists.demo.load import load
from checklists.demo.people import NAMES, PRACTICE, email_of
from practice_vetting.core import progress
from practice_vetting.core.installation import is_set_up

_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"  # none that is mistaken for another


def password_file() -> Path:
    return Path(settings.DATA_DIR) / "demo-password"


class Command(BaseCommand):
    help = "Load an invented practice with eight vendors, to try things on. The installation must be empty."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", action="store_true", help="only print who can sign in, and the password")

    def handle(self, *args: Any, accounts: bool, verbosity: int, **options: Any) -> None:
        if not accounts:
            self._load()
        if verbosity and password_file().exists():
            self.stdout.write(_who_can_sign_in(password_file().read_text().strip()))

    def _load(self) -> None:
        if is_set_up():
            raise CommandError("This installation is set up already. Start the demo in an empty folder of its own.")
        password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
        with progress.on_terminal(self.stderr):
            load(password)
        _write(password)


def _write(password: str) -> None:
    """Only who runs the installation may read it."""
    handle = os.open(password_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(password + "\n")


def _who_can_sign_in(password: str) -> str:
    rows = [f"  {email_of(role):30}{name}, {role.label.lower()}" for role, name in NAMES.items()]
    return "\n".join([f"Sign in to {PRACTICE} as any of these. The password is {password}", *rows])
