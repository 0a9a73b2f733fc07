"""In use but not cleared: the loudest thing on every page."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from practice_vetting.core.models import Practice
from vendors.models import Standing


def in_use_but_not_cleared(request: HttpRequest) -> dict[str, Any]:
    """`loud`: one entry a vendor of the practice that has a tool in use without being cleared."""
    practice = getattr(request, "practice", None)
    if practice is None:
        return {"loud": []}
    return {"loud": SimpleLazyObject(partial(_loud, practice))}


def _loud(practice: Practice) -> list[dict[str, Any]]:
    """Asked only by what shows it: most fragments do not. One more than is shown, to say that there are more."""
    rows = Standing.objects.of(practice).filter(in_use_not_cleared=True).order_by("uncleared_since")
    return [
        {"vendor_name": name, "since": since, "url": reverse("checklists:vendor", args=[uid])}
        for name, uid, since in rows.values_list("vendor__name", "vendor__uid", "uncleared_since")[:6]
    ]
