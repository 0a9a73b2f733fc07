"""Where a stored file is used, for core.infected (settings.FILE_USES)."""

from django.urls import reverse

from practice_vetting.core.models import StoredFile
from vendors.models import Evidence


def uses(stored: StoredFile) -> list[tuple[str, str]]:
    """Label and page of each piece of evidence that is this file."""
    found = Evidence.objects.of(stored.practice).filter(file=stored).select_related("vendor").order_by("id")
    return [(f"{each} of {each.vendor.name}", reverse("vendors:evidence", args=[each.uid])) for each in found]
