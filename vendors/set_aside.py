"""How a document that nobody opens any more is named: on pages, in the dossier, beside an answer."""

from zoneinfo import ZoneInfo

from practice_vetting.core.templatetags.wording import day
from vendors.models import Evidence


def set_aside(evidence: Evidence) -> str:
    """Why it is not shown: "purged on 9 Nov 2026 by Maria Reyes, because it held patient data"; "" while it counts."""
    if purged_at := evidence.file.purged_at:
        on = purged_at.astimezone(ZoneInfo(evidence.practice.time_zone)).date()
        by = evidence.file.purged_by.name if evidence.file.purged_by else ""
        return f"purged on {day(on)} by {by}, because it held patient data"
    if evidence.quarantined_at:
        return "quarantined, because patient data may be in it"
    return "withheld, because a virus is in it" if evidence.file.is_infected else ""
