"""Looking at a vendor's past: told once a person, vendor, days and ten minutes."""

from datetime import date, timedelta

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.models import LedgerEntry, Person
from vendors.models import Vendor

ONE_LOOK = timedelta(minutes=10)
VERB = "vendor.past_viewed"


@action(VERB, says="looked at the past of")
def record_past_view(*, vendor: Vendor, by: Person, days: str) -> None:
    ledger.record(vendor, as_of=days)


def tell_past_view(*, vendor: Vendor, by: Person, days: list[date]) -> None:
    """`record_past_view`, unless the ledger says so of the last ten minutes."""
    said = " and ".join(day.isoformat() for day in days)
    told = LedgerEntry.objects.filter(
        practice_uid=vendor.practice.uid,
        record_kind=vendor.kind(),
        record_uid=vendor.uid,
        verb=VERB,
        person_uid=by.uid,
        at__gt=clock.now() - ONE_LOOK,
        detail__as_of=said,
    )
    if not told.exists():
        record_past_view(vendor=vendor, by=by, days=said)
