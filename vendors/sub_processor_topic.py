"""The line about sub-processors on a vendor's page."""

from datetime import date

from django.urls import reverse

from vendors.chain import unasked, uncovered
from vendors.kinds import ListState
from vendors.models import Vendor
from vendors.topics import Topic


def sub_processors(vendor: Vendor, on: date) -> Topic:
    """How many companies stand behind the vendor, and loudly those that get patient data without cover."""
    url = reverse("vendors:sub_processors", args=[vendor.uid])
    standing = list(vendor.sub_processors.standing())
    waits = vendor.sub_processor_lists.filter(state=ListState.DRAFT).exists()
    if bare := len(uncovered(standing)):
        says = (
            "1 gets patient data without known cover" if bare == 1 else f"{bare} get patient data without known cover"
        )
        return Topic("Sub-processors", url, says, "failed")
    if waits:
        return Topic("Sub-processors", url, "A list waits for you to confirm it", "open")
    if not standing:
        return Topic("Sub-processors", url, "None on record yet")
    count = "1 company" if len(standing) == 1 else f"{len(standing)} companies"
    if asked := len(unasked(standing)):
        return Topic("Sub-processors", url, f"{count}; of {asked} not known if patient data reach it", "open")
    return Topic("Sub-processors", url, f"{count}, all that get patient data are covered", "met")
