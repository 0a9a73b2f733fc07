"""In use but not cleared: the loudest thing on every page."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from vendors.models import Standing


def in_use_but_not_cleared(request: HttpRequest) -> dict[str, Any]:
    """`loud`: one entry a vendor of the practice that has a tool in use without being cleared."""
    practice = getattr(request, "practice", None)
    if practice is None:
        return {"loud": []}
    rows = (
        Standing.objects.of(practice)
        .filter(in_use_not_cleared=True)
        .select_related("vendor")
        .order_by("uncleared_since")
    )
    return {
        "loud": [
            {
                "vendor_name": row.vendor.name,
                "since": row.uncleared_since,
                "url": reverse("checklists:vendor", args=[row.vendor.uid]),
            }
            for row in rows[:6]
        ]
    }
