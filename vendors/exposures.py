"""Which exposures of a vendor are open, recorded or not: what its dates show, and what people did about it.

This is the one place that says whether an exposure keeps a vendor's records (settings.OPEN_EXPOSURES). Everything is
read from the relations of the vendor, so that one loaded as of a past day tells the past.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Prefetch
from django.urls import reverse

from practice_vetting.core.models import Practice
from practice_vetting.core.templatetags.wording import day
from vendors.agreed import agreed_facts
from vendors.clauses import clause_list
from vendors.early_data import Cover, Days, ExposureFact, Stretch, days_with_data, stretches
from vendors.exposure_states import Decision
from vendors.models import Agreement, Exposure, Tool, Vendor
from vendors.topics import Topic

#: decided so, no patient data were where they should not have been
_HARMLESS = frozenset({Decision.NOT_PHI, Decision.SECURED, Decision.PERMITTED})


@dataclass(frozen=True)
class Early:
    """Patient data in a tool without a complete agreement, on days that nobody assessed, in order."""

    tool: Tool
    found: list[tuple[Stretch, list[Days]]]

    @property
    def days(self) -> Days:
        """The first of these days, to the last of them in a row."""
        return self.found[0][1][0]

    @property
    def first(self) -> date:
        return self.days.first

    @property
    def says(self) -> list[str]:
        """A sentence for each stretch of them."""
        return [f"{_says_of(self.tool, stretch, left)}." for stretch, each in self.found for left in each]

    @property
    def url(self) -> str:
        return report_url(self.tool.vendor, self.tool)


def _says_of(tool: Tool, stretch: Stretch, left: Days) -> str:
    before = "a complete agreement" if stretch.cover is Cover.INCOMPLETE else "an agreement"
    if stretch.is_first and left.first == stretch.days.first:
        return f"Patient data reached {tool.name} on {day(left.first)}, before {before} stood"
    none = "no complete agreement" if stretch.cover is Cover.INCOMPLETE else "no agreement"
    if left.last is None:
        return f"Since {day(left.first)} {none} covers {tool.name}, and patient data are in it"
    between = f"On {day(left.first)}" if left.first == left.last else f"From {day(left.first)} to {day(left.last)}"
    return f"{between} {none} covered {tool.name}, and patient data were in it"


def open_exposures(vendor: Vendor, on: date) -> list[str]:
    """A sentence for each exposure that is not closed, and each early use that nobody has recorded one for."""
    early = [
        f"{says} That exposure has no closed assessment on file."
        for each in unassessed(vendor, on)
        for says in each.says
    ]
    recorded = [each for each in vendor.exposures.all() if each.is_open or each.running_clocks]
    return early + [
        f"Exposure {each.label} is not closed yet."
        if each.is_open
        else f"Exposure {each.label} is closed, but HHS has not been told yet."
        for each in sorted(recorded, key=lambda each: each.number)
    ]


def unassessed(vendor: Vendor, on: date) -> list[Early]:
    """The tools that held patient data by that day while no complete agreement stood, on days with no exposure."""
    exposures, agreements = list(vendor.exposures.all()), agreed_facts(vendor.agreements.all())
    clauses, found = clause_list().clauses, []
    for tool in vendor.tools.all():
        about = exposure_facts(tool, exposures)
        with_data = days_with_data(tool.first_phi_on, gone_on(tool, vendor), about, on)
        bare = stretches(tool.uid, with_data, agreements, clauses, on)
        left = [(each, each.left_by(about)) for each in bare if each.is_exposure]
        if any(days for _, days in left):
            found.append(Early(tool, [(each, days) for each, days in left if days]))
    return found


def gone_on(tool: Tool, vendor: Vendor) -> date | None:
    """The first day without the tool: it was retired, or its vendor ended."""
    return min(filter(None, (tool.retired_on, vendor.ended_on)), default=None)


def exposure_facts(tool: Tool, exposures: Iterable[Exposure]) -> tuple[ExposureFact, ...]:
    """What the exposures of its vendor tell of a tool: its own, and those that name no tool."""
    return tuple(_fact(tool, each) for each in exposures if each.tool_id in (None, tool.pk))


def _fact(tool: Tool, exposure: Exposure) -> ExposureFact:
    fact = ExposureFact(
        key=exposure.uid,
        began_on=exposure.began_on,
        last_on=exposure.last_on,
        stopped_on=exposure.stopped_on,
        is_open=exposure.is_open,
        counts=exposure.decision not in _HARMLESS,
    )
    return fact if exposure.tool_id or _was_there(tool, fact.days) else replace(fact, counts=False)


def _was_there(tool: Tool, days: Days) -> bool:
    """Whether an exposure that names no tool can have been in this one: it takes patient data, and was used by then."""
    starts = [each for each in (tool.in_use_since, tool.first_phi_on) if each]
    return tool.holds_patient_data and (not starts or days.last is None or min(starts) <= days.last)


def early_without_exposure(practice: Practice, on: date, vendor: Vendor | None = None) -> list[Early]:
    """The same as `unassessed` for every vendor of the practice at once, the oldest first, in so many queries."""
    agreements = Agreement.objects.prefetch_related("tools", "readings")
    rows = Vendor.objects.of(practice).filter(tools__first_phi_on__lte=on).distinct()
    rows = rows.filter(pk=vendor.pk) if vendor else rows
    vendors = rows.select_related("practice").prefetch_related(
        "tools", Prefetch("exposures", Exposure.objects.defer("snapshot")), Prefetch("agreements", agreements)
    )
    found = [early for each in vendors for early in unassessed(each, on)]
    return sorted(found, key=lambda each: (each.first, each.tool.pk))


def report_url(vendor: Vendor, tool: Tool | None = None) -> str:
    """The form that records an exposure, filled in from the tool's dates."""
    return reverse("vendors:report_exposure", args=[vendor.uid]) + (f"?tool={tool.uid}" if tool else "")


def exposures_topic(vendor: Vendor, on: date) -> Topic | None:
    """The line of the vendor's page. A vendor that holds no patient data can have no exposure."""
    exposures = list(vendor.exposures.all())
    if not exposures and not any(tool.holds_patient_data for tool in vendor.tools.all()):
        return None
    says, tone = _says(exposures, len(unassessed(vendor, on)))
    return Topic("Exposures", f"{reverse('vendors:exposure_list')}?vendor={vendor.uid}", says, tone)


def _says(exposures: Sequence[Exposure], early: int) -> tuple[str, str]:
    if early:
        return f"{early} found by {'its' if early == 1 else 'their'} dates, not assessed", "failed"
    still = [each for each in exposures if each.is_open]
    if still:
        clocks = [clock.last_on for each in still for clock in each.running_clocks if clock.last_on]
        words = f"{len(still)} open"
        return (f"{words}, next notice by {day(min(clocks))}" if clocks else words), "failed"
    if any(each.running_clocks for each in exposures):
        return "Closed, still on the yearly log", "open"
    breaches = sum(each.decision == Decision.BREACH for each in exposures)
    if not exposures:
        return "None recorded", ""
    return f"{len(exposures)} closed" + (f", {breaches} of them a breach" if breaches else ""), ""
