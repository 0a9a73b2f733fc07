"""Compares every vendor's kept standing with a fresh judgement, and names those that differ."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from checklists.standing import Judged, fresh
from practice_vetting.core import progress
from vendors.models import Vendor

_AT_ONCE = 100  # vendors that are in memory together, with all that is judged of them


class Command(BaseCommand):
    help = "Judge every vendor afresh and compare with what is kept. Changes nothing; fails when one differs."

    def handle(self, *args: Any, **options: Any) -> None:
        count, wrong = 0, []
        vendors = iter(Vendor.objects.select_related("practice", "standing").iterator(500))
        with progress.on_terminal(self.stderr):
            for vendor, judged in progress.each("Judging the vendors", _all(vendors), Vendor.objects.count()):
                kept = getattr(vendor, "standing", None)
                told = asdict(judged)
                differ = sorted(name for name in told if kept is None or getattr(kept, name) != told[name])
                if differ:
                    wrong.append(f"{vendor.name} of {vendor.practice.name}: {', '.join(differ)}")
                count += 1
        if wrong:
            raise CommandError("\n".join([*wrong, f"{len(wrong)} of {count} standings differ."]))
        self.stdout.write(f"All {count} standings are as a fresh judgement has them.")


def _all(vendors: Iterator[Vendor]) -> Iterable[tuple[Vendor, Judged]]:
    while some := list(islice(vendors, _AT_ONCE)):
        yield from fresh(some)
