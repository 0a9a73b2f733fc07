"""What the pages about exposures show: clocks with the days left, earlier decisions, the yearly log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from practice_vetting.core.documents.jobs import documents_of
from practice_vetting.core.forms import new_form_id
from practice_vetting.core.models import Membership, Person, Practice
from practice_vetting.core.templatetags.wording import day
from vendors.actions.exposure_decisions import missing_of
from vendors.breach_clocks import Clock, log_due_on
from vendors.exposure_snapshot import factors_of, questions_of, residents_of
from vendors.exposure_states import (
    CHANGEABLE,
    FACTORS,
    Decision,
    ExposureState,
    doubts_about,
    refusal_to_decide,
    told_on,
)
from vendors.exposures import early_without_exposure
from vendors.models import Exposure, Tool, Vendor

SOON = 14  # days


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock as a page shows it: `left` in words ("in 43 days"), with the class of its tone."""

    clock: Clock
    told_on: date | None
    left: str
    tone: str


@dataclass(frozen=True, slots=True)
class LogYear:
    """The small breaches discovered in one calendar year, and the last day to send them to HHS."""

    year: int
    due_on: date
    exposures: list[Exposure]
    left: str
    tone: str

    @property
    def waiting(self) -> int:
        return sum(each.hhs_told_on is None for each in self.exposures)


def page_of(exposure: Exposure, membership: Membership) -> dict[str, Any]:
    """Everything the page of one exposure shows."""
    today, stage = exposure.practice.today(), exposure.stage
    rows = [clock_row(each, told_on(each, exposure.told), today) for each in exposure.clocks]
    return {
        "exposure": exposure,
        "vendor": exposure.vendor,
        "stage": stage,
        "today": today,
        "changeable": stage in CHANGEABLE and membership.may("record"),
        "may_stop": (stage in CHANGEABLE or (exposure.is_open and not exposure.stopped_on))
        and membership.may("record"),
        "still_used": _still_used(exposure, today),
        "running": [row for row in rows if row.clock.last_on],
        "resting": [row for row in rows if not row.clock.last_on],
        "discovery": exposure.discovery,
        "questions": questions_of(exposure),
        "factors": list(zip(FACTORS, factors_of(exposure), strict=True)),
        "unwritten": exposure.assessment.unwritten,
        "residents": residents_of(exposure),
        "decisions": _choices(exposure) if stage is ExposureState.ASSESSED and membership.may("decide") else [],
        "is_breach": exposure.decision == Decision.BREACH,
        "missing": missing_of(exposure) if stage is ExposureState.DECIDED else [],
        "earlier": earlier_decisions(exposure),
        "documents": documents_of(exposure.practice, [(exposure.kind(), exposure.uid)]),
        "form_id": new_form_id(),
    }


def _still_used(exposure: Exposure, today: date) -> Tool | None:
    """The tool whose use was stopped, where its own record says "in use" and the vendor is not cleared for it."""
    tool = exposure.tool
    if tool is None or not exposure.stopped_on or not tool.is_in_use(today):
        return None
    standing = getattr(exposure.vendor, "standing", None)
    return tool if standing and standing.in_use_not_cleared else None


def doubts_of(exposure: Exposure, decision: Decision) -> list[str]:
    """What a person is warned of before they decide so."""
    shown = exposure.evidence.values_list("factor", flat=True)
    return doubts_about(decision, exposure.assessment, shown)


def _choices(exposure: Exposure) -> list[tuple[Decision, str]]:
    return [(each, refusal_to_decide(each, exposure.assessment)) for each in Decision]


def clock_row(clock: Clock, told: date | None, today: date) -> ClockRow:
    if clock.last_on is None or told:
        return ClockRow(clock, told, "", "met" if told else "")
    return ClockRow(clock, told, *days_left(clock.last_on, today))


def days_left(due_on: date, today: date) -> tuple[str, str]:
    """How many days are left, in words, and the class of the tone."""
    days = (due_on - today).days
    if days < 0:
        return f"{-days} day{'s' if days < -1 else ''} late", "late"
    if days == 0:
        return "today", "late"
    return f"{days} day{'s' if days > 1 else ''} left", "soon" if days <= SOON else ""


def earlier_decisions(exposure: Exposure) -> list[dict[str, Any]]:
    """The decisions that were made before it was taken up again, the newest first, as history keeps them."""
    rows = exposure.history.exclude(snapshot_sha256__in=["", exposure.snapshot_sha256]).order_by("history_id")
    kept = {row.snapshot_sha256: row for row in rows.defer("snapshot")}
    names = dict(Person.objects.filter(pk__in={row.decided_by_id for row in kept.values()}).values_list("pk", "name"))
    return [
        {
            "label": Decision(row.decision).label,
            "reason": row.decision_reason,
            "at": row.decided_at,
            "by": names.get(row.decided_by_id, row.decided_name),
            "sha256": row.snapshot_sha256,
        }
        for row in reversed(kept.values())
    ]


def list_of(practice: Practice, vendor: Vendor | None) -> dict[str, Any]:
    """All exposures of the practice, or of one vendor, those found by their dates, and the log of small breaches."""
    today = practice.today()
    rows = Exposure.objects.of(practice).select_related("vendor", "tool").defer("snapshot")
    rows = rows.filter(vendor=vendor) if vendor else rows
    exposures = sorted(rows, key=lambda each: (not each.is_open, -each.discovered_on.toordinal(), -each.pk))
    return {
        "today": today,
        "of": vendor,
        "rows": [(each, _next(each, today)) for each in exposures],
        "early": early_without_exposure(practice, today, vendor),
        "log": log_of(exposures, today),
    }


def _next(exposure: Exposure, today: date) -> ClockRow | None:
    running = exposure.running_clocks
    return clock_row(running[0], None, today) if running else None


def log_of(exposures: Iterable[Exposure], today: date) -> list[LogYear]:
    """The breaches of fewer than 500 people by the calendar year of their discovery (164.408(c)), the newest first."""
    years: dict[int, list[Exposure]] = {}
    for each in exposures:
        if each.is_on_log:
            years.setdefault(each.discovery.on.year, []).append(each)
    return [_log_year(year, sorted(years[year], key=lambda each: each.number), today) for year in sorted(years)[::-1]]


def _log_year(year: int, exposures: list[Exposure], today: date) -> LogYear:
    due_on = log_due_on(year)
    waiting = any(each.hhs_told_on is None for each in exposures)
    left, tone = days_left(due_on, today) if waiting else (f"sent, was due by {day(due_on)}", "")
    return LogYear(year, due_on, exposures, left, tone)
