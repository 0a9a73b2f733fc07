"""What the clock finds by itself: documents that have expired, and agreements that come to their end.

Each fact raises its trigger once (`ReviewTrigger.source`), with the fact's own day however late it is looked at. What
got its date after that day had passed counts from the day on which the practice wrote it; what was over when it was
put on file never counted, and raises nothing.
"""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, Exists, F, OuterRef, Value
from django.db.models.functions import Cast, Concat, TruncDate

from practice_vetting.core import alone, clock
from practice_vetting.core.models import Practice, Several
from practice_vetting.core.templatetags.wording import day
from vendors.actions.triggers import raise_trigger
from vendors.evidence_age import VOUCHING
from vendors.kinds import TriggerKind
from vendors.models import Agreement, Evidence, ReviewTrigger
from vendors.review_points import TERM_REVIEWED_AHEAD, TERM_TOLD_AHEAD


def raise_due() -> int:
    """Raise what has come in each practice by its own day, and tell how many there were. Two queries a time zone."""
    zones = Practice.objects.order_by("time_zone").values_list("time_zone", flat=True).distinct()
    return sum(_raise_due_in(zone) for zone in zones)


def _raise_due_in(zone: str) -> int:
    on = clock.today(zone)
    there = Several(Practice.objects.filter(time_zone=zone).values("pk"), on)
    expired, ending = list(newly_expired(there, on, zone)), list(newly_ending(there, on, zone))
    for evidence in expired:
        with alone.in_practice(evidence.practice.uid, "telling that a document expired"):
            _raise_expired(evidence)
    for agreement in ending:
        with alone.in_practice(agreement.practice.uid, "telling that an agreement ends"):
            _raise_ending(agreement)
    return len(expired) + len(ending)


def newly_expired(practices: Several, on: date, zone: str) -> Any:
    """Reports and certificates that no longer count, that nothing newer replaces, and that raised no trigger yet."""
    found = Evidence.objects.of(practices).usable().unreplaced().filter(kind_of__in=VOUCHING, vendor__ended_on=None)
    return _untold(zone, found.filter(expires_on__lt=on), "evidence", "expires_on")


def newly_ending(practices: Several, on: date, zone: str) -> Any:
    """Signed agreements whose last day comes within 60 days, that nothing replaces, and that raised no trigger yet."""
    found = Agreement.objects.of(practices).filter(ended_on=None, vendor__ended_on=None, replaced_by=None)
    found = found.filter(practice_signed_on__isnull=False, vendor_signed_on__isnull=False)
    return _untold(zone, found.filter(ends_on__lte=on + TERM_TOLD_AHEAD), "agreement", "ends_on")


def source_of(kind: str, uid: str, its_day: date) -> str:
    """What names the fact: a date that was changed makes it another one."""
    return f"{kind}:{uid}:{its_day.isoformat()}"


def _untold(zone: str, found: Any, kind: str, column: str) -> Any:
    """Those whose day raised nothing yet; all in SQL, so that a run with nothing to do reads no rows."""
    found = found.annotate(filed_on=TruncDate("created_at", tzinfo=ZoneInfo(zone))).filter(filed_on__lte=F(column))
    source = Concat(Value(f"{kind}:"), F("uid"), Value(":"), Cast(column, CharField()), output_field=CharField())
    told = ReviewTrigger.objects.filter(vendor=OuterRef("vendor"), source=OuterRef("its_source"))
    found = found.annotate(its_source=source).filter(~Exists(told))
    return found.select_related("vendor__practice", "practice").order_by(column, "pk")


def _raise_expired(evidence: Any) -> None:
    since = max(evidence.expires_on + timedelta(days=1), _on_file(evidence, "expires_on"))
    raise_trigger(
        vendor=evidence.vendor, by=None, kind_of=TriggerKind.EXPIRED, on=since, what=f"{evidence} has expired.",
        source=source_of("evidence", evidence.uid, evidence.expires_on),
    )  # fmt: skip


def _raise_ending(agreement: Any) -> None:
    """Its review is due 30 days before its last day: late enough to know the next terms, early enough to sign them."""
    known = _on_file(agreement, "ends_on")
    raise_trigger(
        vendor=agreement.vendor, by=None, kind_of=TriggerKind.TERM_END,
        on=max(agreement.ends_on - TERM_TOLD_AHEAD, known), due_on=max(agreement.ends_on - TERM_REVIEWED_AHEAD, known),
        what=f"The {agreement} ends after {day(agreement.ends_on)}.",
        source=source_of("agreement", agreement.uid, agreement.ends_on),
    )  # fmt: skip


def _on_file(record: Any, column: str) -> date:
    """The day, where the practice is, on which the record got the date that it has now."""
    since = record.created_at
    for said in record.history.order_by("-history_date", "-history_id"):
        if getattr(said, column) != getattr(record, column):
            break
        since = said.history_date
    return since.astimezone(ZoneInfo(record.practice.time_zone)).date()
