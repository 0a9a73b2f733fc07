"""Which tools no agreement covers, and how the amendments of an agreement were read."""

from datetime import date

from django.db.models import Q

from practice_vetting.core.models import Practice
from vendors.clauses import SPEAKS
from vendors.kinds import AMENDING_KINDS, COVERING_KINDS
from vendors.models import Agreement, ClauseReading, Tool
from vendors.models.vendor import ToolQuerySet


def uncovered_tools(practice: Practice, on: date) -> ToolQuerySet:
    """The tools in hand that patient data may reach, and that no business associate agreement in force covers.

    An amendment in force may name a tool that its agreement does not: then both together cover it.
    """
    in_force = Agreement.objects.of(practice).in_force(on)
    covering = in_force.filter(kind_of__in=COVERING_KINDS)
    named = Q(agreements__in=covering) | Q(
        agreements__in=in_force.filter(kind_of__in=AMENDING_KINDS, amends__in=covering)
    )
    covered = Tool.objects.of(practice).filter(named)
    reached = ~Q(data_classes=[]) | Q(part2=True) | Q(first_phi_on__isnull=False)
    here = Tool.objects.of(practice).filter(reached, Q(retired_on=None) | Q(retired_on__gt=on))
    found: ToolQuerySet = here.filter(Q(vendor__ended_on=None) | Q(vendor__ended_on__gt=on))
    return found.exclude(pk__in=covered.values("pk")).select_related("vendor").order_by("vendor__name", "name")


def amendments_of(agreement: Agreement, on: date) -> list[Agreement]:
    """What amends the agreement in force on that day for all its tools, the oldest first, each with its readings."""
    here = {tool.pk for tool in agreement.tools.all()}
    found = agreement.amendments.in_force(on).filter(kind_of__in=AMENDING_KINDS).select_related("vendor")
    for_all = [each for each in found.prefetch_related("tools", "readings__read_by") if _is_for_all(each, here)]
    return sorted(for_all, key=lambda each: (each.dates.starts_on or on, each.pk))


def _is_for_all(amendment: Agreement, tools: set[int]) -> bool:
    named = {tool.pk for tool in amendment.tools.all()}
    return not named or tools <= named


def amended_readings(agreement: Agreement, on: date) -> dict[str, ClauseReading]:
    """How the amendments in force read, by the code of each clause that they speak of; the newest word counts."""
    found = {}
    for amendment in amendments_of(agreement, on):
        for reading in amendment.readings.all():
            if reading.status in SPEAKS:
                reading.agreement = amendment
                found[reading.code] = reading
    return found
