"""`manage.py reset_second_factor EMAIL --reason TEXT`: break-glass (45 CFR 164.312(a)(2)(ii), emergency access)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practice_vetting.core.accounts.factor_reset import ask_for_reset
from practice_vetting.core.errors import Refused
from practice_vetting.core.memberships import memberships_of, still_open
from practice_vetting.core.models import Person


class Command(BaseCommand):
    help = (
        "Reset the second factor of somebody whom nobody in the practice can help, such as its only owner. For an only "
        "owner, and for a member of several practices, a day passes first. All owners and officers are told."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the e-mail with which they sign in")
        parser.add_argument("--reason", required=True, help="what happened, and how you know that it is them")

    def handle(self, *, email: str, reason: str, **_options: Any) -> None:
        person = Person.objects.filter(email__iexact=email).first()
        memberships = still_open(memberships_of(person)) if person else []
        if not memberships:
            raise CommandError(f"Nobody with the e-mail {email} belongs to a practice here.")
        if not 10 <= len(reason.strip()) <= 500:
            raise CommandError("Give the reason in 10 to 500 characters: others will ask for it.")
        try:
            reset = ask_for_reset(membership=memberships[0], by=None, reason=reason.strip())
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        if reset.applied_at:
            self.stdout.write(f"The second factor of {reset.person.name} is reset. They sign in with their password.")
        else:
            at = f"{reset.takes_effect_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(
                f"The second factor of {reset.person.name} will be reset at {at}. "
                "They were sent a link that stops it, and all owners and compliance officers were told."
            )
