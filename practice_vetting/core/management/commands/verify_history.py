"""Compares all history, all records and all files with the ledger, and names what does not fit."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from practice_vetting.core import progress
from practice_vetting.core.files.store import StorageAway
from practice_vetting.core.models import Practice
from practice_vetting.core.proof.check import Checked, check_all


class Command(BaseCommand):
    help = "Compare everything that is kept with the ledger. Ends with 0 when all of it fits, with 1 otherwise."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--practice", metavar="UID", help="this practice only")
        parser.add_argument("--all", action="store_true", help="name everything that does not fit, not only the first")

    def handle(self, *args: Any, practice: str | None, **options: Any) -> None:
        every = check_all(self._only(practice))
        try:
            with progress.on_terminal(self.stderr):
                broken = [_name(checked) for checked in every if not self._say(checked, **options)]
        except StorageAway as problem:
            raise CommandError(
                "The file storage does not answer, so not all was compared. Try again later."
            ) from problem
        if broken:
            raise CommandError(f"Not everything is as it was recorded: {', '.join(broken)}.")

    def _only(self, uid: str | None) -> list[Practice] | None:
        if uid is None:
            return None
        found = list(Practice.objects.filter(uid=uid))
        if not found:
            raise CommandError(f"There is no practice {uid}.")
        return found

    def _say(self, checked: Checked, **options: Any) -> bool:
        progress.make_way()
        if home := checked.practice:
            counts = f"{checked.entries} entries of the ledger, {checked.rows} rows of history, {checked.files} files"
            self.stdout.write(f"{home.name} ({home.uid}): {counts}")
        else:
            self.stdout.write("What belongs to no practice alone: people, triggers, strays")
        shown = checked.misfits if options["all"] else checked.misfits[:1]
        for misfit in shown:
            self.stdout.write(f"  DOES NOT FIT  {misfit}")
        if not checked.misfits:
            self.stdout.write("  all of it fits")
        elif len(checked.misfits) > len(shown):
            self.stdout.write(f"  and {len(checked.misfits) - len(shown)} more: --all names them")
        return not checked.misfits


def _name(checked: Checked) -> str:
    return checked.practice.name if checked.practice else "what belongs to no practice alone"
