"""Reading one clause of an agreement: a named person says what is there, with page and quote."""

from datetime import date
from typing import Any

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from vendors.actions.agreements import locked
from vendors.clauses import SPEAKS, ReadingStatus, clause_list
from vendors.models import Agreement, ClauseReading
from vendors.standing import rejudge

_FOUND = ["status", "days", "page", "quote", "reason"]


@action("clause.read", says="read")
def read_clause(
    *,
    agreement: Agreement,
    by: Person,
    on: date,
    code: str,
    version: int,
    status: str,
    days: int | None = None,
    page: str = "",
    quote: str = "",
    reason: str = "",
) -> ClauseReading:
    """Keep what the person found. `version` is that of the reading they saw, 0 when there was none.

    `days` is the number that the clause gives, kept for those of the list that have limits for it.

    Raises Stale when somebody else read it meanwhile, Refused when the clause may not be set aside so.
    """
    current = locked(agreement)
    reading = ClauseReading.objects.select_for_update(no_key=True).filter(agreement=current, code=code).first()
    if reading is None and version:
        raise Refused("Load this page again, then save the clause once more.")
    if reading is not None and reading.version != version:
        raise Stale(reading)
    _refuse_setting_aside(current, code, status, reason)
    fresh = reading or ClauseReading(practice=current.practice, agreement=current, code=code, version=0)
    before = (fresh.status, fresh.days)
    days = days if clause_list(current.clause_list).clause(code).days and status in SPEAKS else None
    found = {"status": status, "days": days, "page": page, "quote": quote, "reason": reason}
    for name, value in found.items():
        setattr(fresh, name, value)
    fresh.agreement, fresh.read_by, fresh.read_on = current, by, on
    fresh.version += 1
    fresh.save(update_fields=[*_FOUND, "read_by", "read_on", "version"] if reading else None)
    told: dict[str, Any] = {} if days is None and before[1] is None else {"days": days, "days_before": before[1]}
    ledger.record(fresh, found=status, before=before[0], **told)
    if (status, days) != before:  # only the status and the days are judged; a page or a quote changes no standing
        rejudge(current.vendor)
    return fresh


def _refuse_setting_aside(agreement: Agreement, code: str, status: str, reason: str) -> None:
    if status != ReadingStatus.DOES_NOT_APPLY:
        return
    if not clause_list(agreement.clause_list).clause(code).may_not_apply:
        raise Refused("This clause applies to every agreement. Choose one of the other three.", field="status")
    if not reason:
        raise Refused("Say why it does not apply. Then this is saved.", field="reason")
