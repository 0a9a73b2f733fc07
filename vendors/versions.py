"""An agreement beside the one it follows: the version whose place it takes, or the agreement that it amends."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from vendors.clause_differences import Change, Difference, differences
from vendors.clauses import SPEAKS, clause_list
from vendors.coverage import amended_readings
from vendors.kinds import AMENDING_KINDS
from vendors.models import Agreement, ClauseReading


def earlier_of(agreement: Agreement) -> Agreement | None:
    """What the agreement is compared with; None when it follows nothing."""
    amended = agreement.amends if agreement.kind_of in AMENDING_KINDS else None
    return agreement.replaces or amended


def compared(earlier: Agreement, later: Agreement, *, on: date) -> dict[str, Any]:
    """What the page of differences shows: the clauses that changed, those that did not, and both counted."""
    old = as_read(earlier, _last_day(earlier, on))
    if earlier.pk == later.replaces_id:
        new = as_read(later, on)
    else:  # an amendment: the agreement with it and without it
        own = {each.code: each for each in later.readings.all()}
        old = {**_own(earlier), **{code: each for code, each in old.items() if each.agreement_id != later.pk}}
        new = {**old, **{code: each for code, each in own.items() if each.status in SPEAKS}}
    found = differences(clause_list(later.clause_list).clauses, old, new)
    changed = [each for each in found if each.change not in (Change.SAME, Change.UNREAD)]
    kept = {change.value: [each for each in found if each.change is change] for change in (Change.SAME, Change.UNREAD)}
    return {"changed": changed, "counts": _told(changed), **kept}


def as_read(agreement: Agreement, on: date) -> dict[str, ClauseReading]:
    """How each clause counts on that day, its amendments in force included, by code."""
    return {**_own(agreement), **amended_readings(agreement, on)}


def _own(agreement: Agreement) -> dict[str, ClauseReading]:
    return {each.code: each for each in agreement.readings.all()}


def _last_day(agreement: Agreement, on: date) -> date:
    over_on = agreement.dates.over_on
    return min(on, over_on - timedelta(days=1)) if over_on else on


def _told(changed: list[Difference]) -> list[tuple[Change, int]]:
    counted = Counter(each.change for each in changed)
    return [(change, counted[change]) for change in Change if counted[change]]
