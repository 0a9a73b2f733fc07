"""Which vendors changed their standing, for the summary of the week (settings.WEEK_CHANGES)."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from practice_vetting.core.models import LedgerEntry, Practice
from practice_vetting.core.summary import Line
from vendors.kinds import StandingState
from vendors.models import Standing


def changes(practice: Practice, since: datetime) -> Iterator[Line]:
    """Each change since then that leads from one state to another, the oldest first."""
    told = LedgerEntry.objects.filter(practice_uid=practice.uid, verb="standing.changed", at__gte=since)
    moved = [each for each in told.order_by("seq") if each.detail["before"] not in ("", each.detail["after"])]
    rows = Standing.objects.of(practice).filter(uid__in={each.record_uid for each in moved})
    vendors = dict(rows.values_list("uid", "vendor__uid"))
    for each in moved:
        before, after = (StandingState(each.detail[name]).label.lower() for name in ("before", "after"))
        if uid := vendors.get(each.record_uid):
            words = f"{each.record_label}: {after} (was {before})."
            yield Line(words, reverse("checklists:vendor", args=[uid]))
