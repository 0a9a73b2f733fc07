"""What is on file now for each point of a review, beside what the last review said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse

from practice_vetting.core.states import STATES
from practice_vetting.core.templatetags.wording import day
from vendors.clauses import ReadingStatus, clause_list
from vendors.evidence_age import VOUCHING, age
from vendors.models import Agreement, Review, ReviewTrigger, Vendor
from vendors.review_points import Point, keys_of, points_to_ask, year_is_over


@dataclass(frozen=True)
class Fact:
    """One thing on file: in words, with its page, and whether it speaks against "still so"."""

    words: str
    url: str = ""
    loud: bool = False


@dataclass(frozen=True)
class Before:
    """What the last review that asked found on a point."""

    still: bool
    note: str
    by: str
    on: date


@dataclass(frozen=True)
class Asked:
    """A point as the page shows it."""

    point: Point
    before: Before | None = None
    facts: list[Fact] = field(default_factory=list)
    triggers: list[ReviewTrigger] = field(default_factory=list)


@dataclass(frozen=True)
class Asking:
    """What a review of one agreement asks on a day, and the open triggers that it can answer.

    `also` are the other agreements that are due for the same, `apart` those of them whose year is over, too.
    """

    asked: list[Asked]
    triggers: list[ReviewTrigger]
    last: Review | None
    yearly: bool
    regular_on: date | None = None
    also: list[Agreement] = field(default_factory=list)
    apart: list[Agreement] = field(default_factory=list)

    @property
    def points(self) -> list[Point]:
        return [each.point for each in self.asked]


def asking(agreement: Agreement, today: date, *, everything: bool = False) -> Asking:
    """What to ask of the agreement now: everything once its year is over or on wish, else what may have changed."""
    others = [each for each in _going_on(agreement.vendor, today) if each != agreement]
    rows = ReviewTrigger.objects.open().filter(vendor=agreement.vendor).select_related("tool", "noticed_by")
    open_ones = [each for each in rows if agreement.uid not in each.read or not _unread([each], others)]
    others = _unread(open_ones, others)
    reviews = list(agreement.reviews.select_related("by"))
    yearly = everything or not open_ones or year_is_over(agreement.regular_review_on, today)
    facts = _facts(agreement, reviews[0].on if reviews else agreement.executed_on, today)
    asked = [
        Asked(
            point,
            _before(point.key, reviews),
            facts.get(point.key, []),
            [each for each in open_ones if point.key in keys_of(each.kind_of)],
        )
        for point in points_to_ask([each.kind_of for each in open_ones], yearly=yearly)
    ]
    apart = [each for each in others if year_is_over(each.regular_review_on, today)]
    also = [each for each in others if each not in apart]
    last = reviews[0] if reviews else None
    return Asking(asked, open_ones, last, yearly, agreement.regular_review_on, also, apart)


def _going_on(vendor: Vendor, today: date) -> list[Agreement]:
    return list(Agreement.objects.filter(vendor=vendor).going_on(today).executed().order_by("id"))


def _unread(triggers: Iterable[ReviewTrigger], agreements: Iterable[Agreement]) -> list[Agreement]:
    """Those of the agreements that were not read for each of the triggers yet."""
    return [each for each in agreements if any(each.uid not in trigger.read for trigger in triggers)]


def _before(key: str, reviews: Iterable[Review]) -> Before | None:
    for review in reviews:
        for each in review.points:
            if each["key"] == key:
                return Before(each["still"], each["note"], review.by.name, review.on)
    return None


def _facts(agreement: Agreement, since: date | None, today: date) -> dict[str, list[Fact]]:
    tools = [tool for tool in agreement.vendor.tools.all() if tool.retired_on is None or tool.retired_on > today]
    found = {
        "sub_processors": _sub_processors(agreement, since),
        "model": _about_ai(tools, agreement.vendor.uid),
        "data": _about_data(tools),
        "coverage": _coverage(agreement, tools),
        "clauses": _clauses(agreement),
        "states": [
            Fact(f"On record: {', '.join(dict(STATES).get(code, code) for code in agreement.practice.states)}.")
        ],
        "reports": _reports(agreement, today),
        "term": _term(agreement, today),
        "ownership": [Fact(f"The company in it: {agreement.vendor_party or agreement.vendor.name}.")],
    }
    return {key: list(facts) for key, facts in found.items()}


def _sub_processors(agreement: Agreement, since: date | None) -> Iterator[Fact]:
    known = list(agreement.vendor.sub_processors.all())
    names = [each.name for each in known if each.removed_on is None]
    page = reverse("vendors:sub_processors", args=[agreement.vendor.uid])
    yield Fact(f"On record: {', '.join(names)}." if names else "None on record.", page)
    for each in known:
        if since and each.since > since and each.removed_on is None:
            yield Fact(f"New since then: {each.name}, from {day(each.since)}.", loud=True)
        if since and each.removed_on and each.removed_on > since:
            yield Fact(f"Gone since then: {each.name}, from {day(each.removed_on)}.", loud=True)


def _about_ai(tools: list[Any], vendor_uid: str) -> Iterator[Fact]:
    names = [tool.name for tool in tools if tool.has_ai]
    yield Fact(f"AI is in {', '.join(names)}." if names else "No AI on record.", _vendor(vendor_uid) + "#tools")


def _about_data(tools: list[Any]) -> Iterator[Fact]:
    for tool in tools:
        labels = [label.lower() for label in tool.data_labels] + (["substance-use records"] if tool.part2 else [])
        yield Fact(
            f"{tool.name}: {', '.join(labels) or 'no patient data'}.", reverse("vendors:change_tool", args=[tool.uid])
        )


def _coverage(agreement: Agreement, tools: list[Any]) -> Iterator[Fact]:
    covered = {tool.pk for tool in agreement.tools.all()}
    names = [tool.name for tool in tools if tool.pk in covered]
    yield Fact(f"It covers {', '.join(names)}." if names else "It covers no tool yet.", _agreement(agreement))
    for tool in tools:
        if tool.pk not in covered and tool.holds_patient_data:
            yield Fact(f"It does not cover {tool.name}.", _agreement(agreement), loud=True)


def _clauses(agreement: Agreement) -> Iterator[Fact]:
    titles = {clause.code: clause.title for clause in clause_list(agreement.clause_list).clauses}
    readings = list(agreement.readings.all())
    wanting = [each for each in readings if each.status in (ReadingStatus.ABSENT, ReadingStatus.PARTIAL)]
    yield Fact(
        f"{len(readings)} clauses read, {len(wanting)} of them not wholly there.", _agreement(agreement) + "#clauses"
    )
    for each in wanting[:5]:
        words = f"{each.code}, {titles.get(each.code, '')}: {ReadingStatus(each.status).label.lower()}."
        yield Fact(words, f"{_agreement(agreement)}#{each.code}")


def _reports(agreement: Agreement, today: date) -> Iterator[Fact]:
    rows = agreement.vendor.evidence.usable().unreplaced().filter(expires_on__isnull=False, kind_of__in=VOUCHING)
    shown = [*rows, *([agreement.evidence] if agreement.evidence and agreement.evidence.expires_on else [])]
    for each in shown:
        aged = age(each.expires_on, today)
        words = f"{each} {aged.words}." if aged.words else f"{each} counts until {day(each.expires_on)}."
        yield Fact(words, reverse("vendors:evidence", args=[each.uid]), loud=aged.tone == "late")
    if not shown:
        yield Fact("No report or certificate on file.", _vendor(agreement.vendor.uid) + "#evidence")


def _term(agreement: Agreement, today: date) -> Iterator[Fact]:
    ends_on = agreement.ends_on
    words = f"It ends after {day(ends_on)}." if ends_on else "It has no end date."
    yield Fact(words, _agreement(agreement), loud=ends_on is not None and year_is_over(ends_on, today))


def _agreement(agreement: Agreement) -> str:
    return reverse("vendors:agreement", args=[agreement.uid])


def _vendor(uid: str) -> str:
    return reverse("checklists:vendor", args=[uid])
