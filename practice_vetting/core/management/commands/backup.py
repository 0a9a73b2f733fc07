"""`manage.py backup`: everything of this installation in one encrypted file, while people go on working."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from practice_vetting.core import progress
from practice_vetting.core.archive import nightly, passphrases, runs
from practice_vetting.core.errors import Refused


class Command(BaseCommand):
    help = (
        "Make one encrypted backup of everything: rows, files, keys. The passphrase comes from BACKUP_PASSPHRASE_FILE, "
        "from BACKUP_PASSPHRASE, or is asked for. Without it nobody opens the backup, you neither."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="where to put it; by default BACKUP_DIR")
        once = "what the clock does: once a night"
        parser.add_argument("--nightly", action="store_true", dest="by_the_clock", help=once)

    def handle(self, *, to: Path | None, by_the_clock: bool, **_options: Any) -> None:
        if by_the_clock:
            self._by_the_clock()
        else:
            self._at_once(to)

    def _at_once(self, to: Path | None) -> None:
        try:
            folder, passphrase = to or runs.folder(), passphrases.for_a_backup()
            with progress.on_terminal(self.stderr):
                made = runs.make(folder, passphrase)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(
            f"{made.path}\n{filesizeformat(made.size)}, {made.rows} rows and {made.files} files. SHA-256 {made.sha256}"
        )
        if made.problems:
            raise CommandError("\n".join(["The backup is made, but these files could not be had:", *made.problems]))

    def _by_the_clock(self) -> None:
        if problem := nightly.tonight():
            raise CommandError(problem)
