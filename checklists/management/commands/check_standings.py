"""Compares every vendor's kept standing with a fresh judgement, and names those that differ."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from checklists.standing import fresh
from vendors.models import Vendor


class Command(BaseCommand):
    help = "Judge every vendor afresh and compare with what is kept. Changes nothing; fails when one differs."

    def handle(self, *args: Any, **options: Any) -> None:
        count, wrong = 0, []
        for vendor in Vendor.objects.select_related("practice", "standing").iterator(500):
            judged = asdict(fresh(vendor, on=vendor.practice.today()))
            differ = sorted(name for name, value in judged.items() if getattr(vendor.standing, name) != value)
            if differ:
                wrong.append(f"{vendor.name} of {vendor.practice.name}: {', '.join(differ)}")
            count += 1
        if wrong:
            raise CommandError("\n".join([*wrong, f"{len(wrong)} of {count} standings differ."]))
        self.stdout.write(f"All {count} standings are as a fresh judgement has them.")
