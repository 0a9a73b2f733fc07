"""Where a stored file is used, for core.infected (settings.FILE_USES), and whether it may still leave, for
core.documents (settings.FILE_WITHHELD).
"""

from collections.abc import Iterable

from django.urls import reverse

from practice_vetting.core.models import Practice, StoredFile
from vendors.models import Evidence
from vendors.set_aside import set_aside


def uses(stored: StoredFile) -> list[tuple[str, str]]:
    """Label and page of each piece of evidence that is this file."""
    found = Evidence.objects.of(stored.practice).filter(file=stored).select_related("vendor").order_by("id")
    return [(f"{each} of {each.vendor.name}", reverse("vendors:evidence", args=[each.uid])) for each in found]


def withheld(practice: Practice, hashes: Iterable[str]) -> str:
    """Which of these files may not leave any more and why, in words: "E-07 SOC 2 report was quarantined, ..."."""
    found = Evidence.objects.of(practice).filter(file__sha256__in=list(hashes)).select_related("file", "practice")
    told = [f"{each} was {why}" for each in found.order_by("number", "id") if (why := set_aside(each))]
    return "; ".join(told)
