"""Prints a one-time code that opens the set-up, while nobody has taken this installation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from practice_vetting.core.installation import is_set_up, new_code


class Command(BaseCommand):
    help = "Print a fresh set-up code. Any earlier code ends. Does nothing once the installation is set up."

    def handle(self, *args: Any, **options: Any) -> None:
        if is_set_up():
            return
        self.stdout.write(f"Set-up code: {new_code()}\nOpen {settings.SITE_URL}/setup/ and type it there.")
