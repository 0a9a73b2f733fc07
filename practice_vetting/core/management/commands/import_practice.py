"""`manage.py import_practice FILE`: the export of a practice into an installation that holds none."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practice_vetting.core import progress
from practice_vetting.core.archive.import_practice import Brought, bring_in
from practice_vetting.core.archive.imported import certificates, owners
from practice_vetting.core.archive.restore import make_tables
from practice_vetting.core.errors import Refused

_COMPARE = (
    "Whoever had this file in hand could have made all of it anew, and nothing in it would tell. So compare what "
    "follows with a paper in other hands, such as a dossier that a client keeps, before anybody signs in:"
)


class Command(BaseCommand):
    help = (
        "Bring the export of one practice into this installation, which must hold none, and verify it. People come "
        "without passwords: they choose “Forgotten password”. Ends with 0 only when everything is right."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **_options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            make_tables()
            with progress.on_terminal(self.stderr):
                brought = bring_in(file)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        self._report(brought)

    def _report(self, brought: Brought) -> None:
        self.stdout.write(f"Brought in {brought.practice.name}: {brought.rows} rows, {brought.files} files.")
        for each in brought.about["missing"]:
            self.stdout.write(f"note  {each['sha256']}: {each['why']}")
        for point in brought.points:
            self.stdout.write(f"yes   {point.words}")
        self.stdout.write(_COMPARE)
        for name, email in owners(brought.practice):
            self.stdout.write(f"      owner        {name}, {email}")
        for fingerprint in certificates():
            self.stdout.write(f"      certificate  {fingerprint}")
        self.stdout.write("Everything is right. Everybody sets a password by “Forgotten password”.")
