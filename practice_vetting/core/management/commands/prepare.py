"""`manage.py prepare`: once a release, before its web servers and workers start."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from practice_vetting.core import preparing


class Command(BaseCommand):
    help = "Make database, static files and queue ready for this release. Call it once before what runs starts."

    def handle(self, **_options: Any) -> None:
        preparing.prepare(self._say)
        self._say(f"{settings.DATA_DIR} and its database are ready for this release.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
