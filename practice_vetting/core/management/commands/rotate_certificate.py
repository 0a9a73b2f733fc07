"""`manage.py rotate_certificate --reason TEXT`: a new certificate for the seal; old documents keep verifying."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practice_vetting.core import clock
from practice_vetting.core.documents.rotation import rotate
from practice_vetting.core.errors import Refused


class Command(BaseCommand):
    help = (
        "Make a new certificate and key for the seal. Documents that were sealed before keep verifying. Nothing needs "
        "to be stopped. Make a backup afterwards: it holds the new key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", default="", help="why, for the ledger of every practice")
        parser.add_argument(
            "--keys-are-lost",
            action="store_true",
            help="the old key is gone, and no backup has it: make a new one in its place",
        )

    def handle(self, *, reason: str, keys_are_lost: bool, **_options: Any) -> None:
        told = reason.strip() or ("the keys are lost" if keys_are_lost else "rotated by a command")
        if len(told) > 500:
            raise CommandError("Give the reason in at most 500 characters.")
        try:
            fingerprint = rotate(reason=told, keys_are_lost=keys_are_lost, now=clock.now())
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(f"Documents are sealed with a new certificate from now on. Its SHA-256 is {fingerprint}.")
        self.stdout.write("Those that were sealed before keep verifying. Make a backup now: it holds the new key.")
