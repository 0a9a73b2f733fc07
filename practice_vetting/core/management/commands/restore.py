"""`manage.py restore FILE`: a backup into an empty installation, and then a look at whether all of it is right."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from practice_vetting.core import progress
from practice_vetting.core.archive import passphrases, scratch
from practice_vetting.core.archive.proof import prove
from practice_vetting.core.archive.restore import Read, make_tables, restore
from practice_vetting.core.archive.restored import settle
from practice_vetting.core.errors import Refused

_LATER = (
    "Everybody signs in again. What happened after this moment is not here: look at People for access that was "
    "ended since, and tell everybody to look at what they did last."
)
_OTHER_KEY = (
    "SECRET_KEY is set here, and differs from the one that this backup was made under. Second factors need that one: "
    "put what stands in {place} into SECRET_KEY_FALLBACKS, or leave SECRET_KEY out."
)
_FALLBACKS = "SECRET_KEY_FALLBACKS was set there. Set it here to what stands in {place}."


class Command(BaseCommand):
    help = (
        "Put a backup into this installation, which must be empty, and verify all of it. With --check, into one that "
        "is made for it and removed again. Ends with 0 only when everything is right."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="try it out beside, and change nothing here")

    def handle(self, *, file: Path, check: bool, **_options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            if check:
                passed, said = scratch.check(file, passphrases.of_a_backup())
                self.stdout.write(said)
                if not passed:
                    raise CommandError("This backup does not pass.")
            else:
                self._restore(file)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal

    def _restore(self, file: Path) -> None:
        make_tables()
        passphrase = passphrases.of_a_backup()
        with progress.on_terminal(self.stderr):
            self._report(restore(file, passphrase))

    def _report(self, read: Read) -> None:
        progress.make_way()
        made_at = datetime.fromisoformat(read.format["made_at"])
        rows = sum(read.rows.values())
        self.stdout.write(f"Restored the backup of {made_at:%Y-%m-%d %H:%M} UTC: {rows} rows, {len(read.files)} files.")
        missing = [each["file"] for each in read.manifest["missing"]]
        points = list(prove(heads=read.manifest["heads"], missing=missing))
        progress.make_way()
        for each in read.manifest["missing"]:
            self.stdout.write(f"note  {each['file']}: {each['why']}")
        for point in points:
            self.stdout.write(f"{'yes ' if point.holds else 'NO  '}  {point.words}")
        stopped = settle(made_at, read.format["software"])
        for line in _advice(stopped):
            self.stdout.write(line)
        if not all(point.holds for point in points):
            raise CommandError("Restored, but not everything is right. The lines above say what.")
        self.stdout.write("Everything is right.")


def _advice(stopped: int) -> list[str]:
    kept, fallbacks = settings.DATA_DIR / "secret_key", settings.DATA_DIR / "secret_key_fallbacks"
    lines = [_LATER]
    if stopped:
        lines.append(f"Resets of second factors that waited, and were stopped: {stopped}. They can be asked for again.")
    if scratch.secret_key_is_set() and kept.read_text() != settings.SECRET_KEY:
        lines.append(_OTHER_KEY.format(place=kept))
    if fallbacks.exists():
        lines.append(_FALLBACKS.format(place=fallbacks))
    return lines
