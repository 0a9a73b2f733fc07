"""Looking at evidence: told once a person, document and ten minutes, however many pages they turn."""

from datetime import timedelta

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.models import LedgerEntry, Person
from vendors.models import Evidence

ONE_LOOK = timedelta(minutes=10)
VERB = "evidence.viewed"


@action(VERB, says="looked at the evidence")
def record_view(*, evidence: Evidence, by: Person) -> None:
    ledger.record(evidence)


def tell_view(*, evidence: Evidence, by: Person) -> None:
    """`record_view`, unless the ledger says so of the last ten minutes."""
    told = LedgerEntry.objects.filter(
        practice_uid=evidence.practice.uid,
        record_kind=evidence.kind(),
        record_uid=evidence.uid,
        verb=VERB,
        person_uid=by.uid,
        at__gt=clock.now() - ONE_LOOK,
    )
    if not told.exists():
        record_view(evidence=evidence, by=by)
