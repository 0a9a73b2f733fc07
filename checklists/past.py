"""A vendor's past as its page shows it: from the content of a dossier alone, beside the days worth choosing."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from checklists.differences import listed
from checklists.models import Attestation
from checklists.rules.findings import State
from vendors.kinds import StandingState
from vendors.models import Standing, Vendor

Data = dict[str, Any]
#: so many days are offered to choose from
_OFFERED = 8


@dataclass(frozen=True)
class Choice:
    """A day that is worth looking at, and why."""

    day: date
    why: str


def choices_for(vendor: Vendor, today: date) -> list[Choice]:
    """The newest days on which the standing changed or somebody signed, and the day a year ago, newest first."""
    zone = vendor.practice.time_zone
    found = [*_changes(vendor), *_signatures(vendor, zone)]
    if a_year_before(today) >= added_on(vendor):
        found.append(Choice(a_year_before(today), "A year ago"))
    by_day: dict[date, list[str]] = {}
    for each in found:
        by_day.setdefault(each.day, []).append(each.why)
    days = sorted(by_day, reverse=True)[:_OFFERED]
    return [Choice(day, ", ".join(dict.fromkeys(by_day[day]))) for day in days]


def a_year_before(day: date) -> date:
    """The same day a year before; 28 February for a leap day."""
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


def added_on(vendor: Vendor) -> date:
    """The day on which it was put on the list."""
    return _local(vendor.created_at, vendor.practice.time_zone)


def too_early(vendor: Vendor) -> str:
    """Why nothing can be told of a day before it was added, and what to do."""
    added = added_on(vendor)
    return f"{vendor.name} was added to your list later than this day. Choose {added.day} {added:%b %Y} or later."


def _local(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _changes(vendor: Vendor) -> list[Choice]:
    """The days on which the kept standing became another one."""
    rows = Standing.history.filter(vendor=vendor).order_by("history_id").values_list("state", "since")
    told, last = [], ""
    for state, since in rows:
        if state != last:
            told.append(Choice(since, StandingState(state).label))
        last = state
    return told


def _signatures(vendor: Vendor, zone: str) -> list[Choice]:
    signed = Attestation.objects.filter(evaluation__vendor=vendor).values_list("part", "signed_at")
    words = {"officer": "Attested", "owner": "Countersigned"}
    return [Choice(_local(at, zone), words[part]) for part, at in signed]


def page_of(content: Data) -> Data:
    """What the page shows beside the content itself: seals with their names, and how each answer stands."""
    judged = content["judged"]
    shorts = {each["number"]: each["short"] for each in judged["requirements"]}
    seals = [each | {"short": shorts[each["number"]]} for each in content["standing"]["seals"]]
    files = {each["label"]: each for each in content["evidence"]}
    standing, vendor = content["standing"], content["vendor"]
    told = [standing["in_use_not_cleared"], standing["exceptions"], standing["reasons"]]
    return {
        "standing": standing,
        "beside": any([*told, vendor["ended_on"], vendor["no_patient_data_on"]]),
        "judged": judged,
        "seals": seals,
        "reasons": content["standing"]["reasons"][:6],
        "more_reasons": content["standing"]["reasons"][6:],
        "questions": [_question(each, judged, files) for each in judged["questions"]],
        "others": [each for each in listed(content) if each.things],
    }


def _question(question: Data, judged: Data, files: dict[str, Data]) -> Data:
    findings = [found for each in judged["requirements"] for found in each["findings"]] + judged["advice"]
    about = [State(found["state"]) for found in findings if found["target"] == f"question:{question['number']}"]
    worst = max(about, key=lambda state: state.severity, default=State.OPEN)
    return question | {
        "state": worst.value,
        "state_label": worst.label,
        "papers": [files[each["label"]] | each for each in question["evidence"]],
    }
