"""Makes and mails what is due, as the clock does every quarter of an hour; or shows what would go."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from practice_vetting.core import reminders
from practice_vetting.core.mail import one_line
from practice_vetting.core.models import Practice


class Command(BaseCommand):
    help = "Send the reminders that are due. Each is sent once, however often this runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--today", type=date.fromisoformat, metavar="DATE", help="take this day (2026-11-09) for today"
        )
        parser.add_argument("--dry-run", action="store_true", help="show what would go, and change nothing")

    def handle(self, *args: Any, today: date | None, dry_run: bool, **options: Any) -> None:
        if dry_run:
            self.stdout.write("\n".join(_table(today)))
        else:
            made = reminders.send_all(today)
            self.stdout.write(f"{made} reminder{'' if made == 1 else 's'} made.")


def _table(today: date | None) -> list[str]:
    rows = [
        (practice.name, f"{plan.person.name} <{plan.person.email}>", f"{plan.rung:+d}", plan.subject)
        for practice in Practice.objects.order_by("id")
        for plan in reminders.planned(practice, today or practice.today())
    ]
    if not rows:
        return ["No reminder is due."]
    lines = [("Practice", "To", "Days", "Subject"), *[tuple(map(one_line, row)) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
