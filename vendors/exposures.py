"""Exposures that nobody has closed, as far as they show in the dates (settings.OPEN_EXPOSURES).

This is the one place that says whether an exposure keeps a vendor's records. Assessments of exposures are not kept in
this product yet: until they are, patient data that came before an agreement counts as an exposure that is open.
"""

from datetime import date

from practice_vetting.core.templatetags.wording import day
from vendors.deadlines import Force, force
from vendors.models import Tool, Vendor


def open_exposures(vendor: Vendor, on: date) -> list[str]:
    """A sentence for each tool of the vendor that patient data had reached, by that day, before an agreement stood."""
    return [
        f"Patient data reached {tool.name} on {day(tool.first_phi_on)}, before an agreement stood. "
        "That exposure has no closed assessment on file."
        for tool in vendor.tools.all()
        if tool.first_phi_on and tool.first_phi_on <= on and not _covered(vendor, tool, tool.first_phi_on)
    ]


def _covered(vendor: Vendor, tool: Tool, on: date) -> bool:
    """Whether an agreement for the tool was in force on that day."""
    standing = [each for each in vendor.agreements.all() if force(each.dates, on=on) is Force.IN_FORCE]
    return any(tool in each.tools.all() for each in standing)
