"""Makes another practice on this installation, and prints the link with which its first owner joins."""

import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from practice_vetting.core.installation import is_set_up
from practice_vetting.core.practices import add_practice
from practice_vetting.core.states import STATES


class Command(BaseCommand):
    help = "Make another practice on this installation, and print the link with which its first owner joins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--time-zone", required=True, help="such as America/Chicago")
        parser.add_argument("--states", required=True, help="where its patients live, such as CA,OR")
        parser.add_argument("--owner-email", required=True)
        parser.add_argument("--owner-name", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_set_up():
            raise CommandError("Set this installation up first: open it in a browser, and type the set-up code.")
        states = [state.strip().upper() for state in options["states"].split(",") if state.strip()]
        self._check(options, states)
        invited = add_practice(
            by=None,
            name=options["name"].strip(),
            time_zone=options["time_zone"],
            states=states,
            owner_name=options["owner_name"].strip(),
            owner_email=options["owner_email"],
        )
        self.stdout.write(
            f"{invited.invitation.practice.name} is made. Hand this link to {invited.invitation.name}. It works once "
            f"and ends on {invited.invitation.expires_at:%Y-%m-%d}:\n{invited.link}"
        )

    def _check(self, options: dict[str, Any], states: list[str]) -> None:
        unknown = set(states) - {code for code, _ in STATES}
        if not states or unknown:
            raise CommandError(f"Name at least one state by its two letters. Not known: {', '.join(sorted(unknown))}")
        if options["time_zone"] not in zoneinfo.available_timezones():
            raise CommandError("This time zone is not known. Write it like America/Chicago.")
        if not 2 <= len(options["name"].strip()) <= 200 or not 1 <= len(options["owner_name"].strip()) <= 200:
            raise CommandError("Give the practice and its owner a name, each of at most 200 characters.")
        try:
            validate_email(options["owner_email"])
        except ValidationError as wrong:
            raise CommandError("This is not an e-mail address. Write it like dana@practice.example.") from wrong
