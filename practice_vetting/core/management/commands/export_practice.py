"""`manage.py export_practice --to FILE`: what an owner can ask for on the page, for who runs the installation."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practice_vetting.core import progress
from practice_vetting.core.archive.export import write_file
from practice_vetting.core.archive.exports import tell_exported
from practice_vetting.core.models import Practice


class Command(BaseCommand):
    help = "Write everything of one practice as one ZIP of open files. It is not encrypted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, required=True, metavar="FILE")
        parser.add_argument("--practice", metavar="NAME", help="which one, when there are several")

    def handle(self, *, to: Path, practice: str | None, **_options: Any) -> None:
        found = list(Practice.objects.filter(**({"name": practice} if practice else {})).order_by("id")[:2])
        if len(found) != 1:
            names = ", ".join(Practice.objects.order_by("id").values_list("name", flat=True)) or "none"
            raise CommandError(f"Say which practice by --practice. There are: {names}")
        tell_exported(practice=found[0], by=None)
        try:
            with progress.on_terminal(self.stderr):
                missing = write_file(found[0], to)
        except OSError as problem:
            raise CommandError(f"{to} cannot be written: {problem.strerror}.") from problem
        self.stdout.write(
            f"{to}\n{len(missing)} files are not in it; its README.html says which." if missing else str(to)
        )
