"""Which exposures of a vendor are open, recorded or not: what its dates show, and what people did about it.

This is the one place that says whether an exposure keeps a vendor's records (settings.OPEN_EXPOSURES).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from practice_vetting.core.models import Practice
from practice_vetting.core.templatetags.wording import day
from vendors.exposure_states import Decision
from vendors.kinds import COVERING_KINDS
from vendors.models import Agreement, Exposure, Tool, Vendor
from vendors.topics import Topic


def open_exposures(vendor: Vendor, on: date) -> list[str]:
    """A sentence for each exposure that is not closed, and each early use that nobody has recorded one for."""
    early = [
        f"Patient data reached {tool.name} on {day(tool.first_phi_on)}, before an agreement stood. "
        "That exposure has no closed assessment on file."
        for tool in unassessed(vendor, on)
    ]
    recorded = [each for each in vendor.exposures.all() if each.is_open or each.running_clocks]
    return early + [
        f"Exposure {each.label} is not closed yet."
        if each.is_open
        else f"Exposure {each.label} is closed, but HHS has not been told yet."
        for each in sorted(recorded, key=lambda each: each.number)
    ]


def unassessed(vendor: Vendor, on: date) -> list[Tool]:
    """The tools that patient data had reached by that day before an agreement stood, with no exposure recorded."""
    exposures = list(vendor.exposures.all())
    return [tool for tool in early_tools(vendor, on) if not about(tool, exposures)]


def early_tools(vendor: Vendor, on: date) -> list[Tool]:
    """The tools that patient data had reached by that day, when no agreement for them was in force."""
    reached = [tool for tool in vendor.tools.all() if tool.first_phi_on and tool.first_phi_on <= on]
    return [tool for tool in reached if tool.first_phi_on and not _covered(vendor, tool, tool.first_phi_on)]


def about(tool: Tool, exposures: Sequence[Exposure]) -> list[Exposure]:
    """The exposures that tell of the tool's first patient data: its own, or the vendor's as a whole, over that day."""
    first = tool.first_phi_on
    if first is None:
        return []
    return [
        each
        for each in exposures
        if each.tool_id in (None, tool.pk)
        and each.began_on <= first
        and (each.last_on is None or each.last_on >= first)
    ]


def early_without_exposure(practice: Practice, on: date) -> QuerySet[Tool]:
    """The same as `unassessed` for every vendor of the practice at once, in one query."""
    first = OuterRef("first_phi_on")
    agreements: Any = Agreement.objects.filter(tools=OuterRef("pk"), kind_of__in=COVERING_KINDS)
    exposures = Exposure.objects.filter(
        Q(tool=None) | Q(tool=OuterRef("pk")),
        Q(last_on=None) | Q(last_on__gte=first),
        vendor=OuterRef("vendor"),
        began_on__lte=first,
    )
    reached: QuerySet[Tool] = Tool.objects.of(practice).filter(first_phi_on__lte=on)
    return reached.filter(~Exists(agreements.in_force(first)), ~Exists(exposures)).select_related("vendor")


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


def _covered(vendor: Vendor, tool: Tool, on: date) -> bool:
    """Whether an agreement that lets patient data move was in force for the tool on that day."""
    covering = [each for each in vendor.agreements.all() if each.kind_of in COVERING_KINDS and each.dates.in_force(on)]
    return any(tool in each.tools.all() for each in covering)
