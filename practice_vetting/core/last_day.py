"""How long somebody may have access: an auditor always has a last day, staff may have one. Pure but for Refused."""

from datetime import date, timedelta

from practice_vetting.core.errors import Refused
from practice_vetting.core.roles import Role

USUAL = timedelta(days=30)
LONGEST = timedelta(days=365)


def last_day(role: Role, wanted: date | None, *, today: date) -> date | None:
    """The last day of access of somebody with that role, or None for no end. Raises Refused beside `access_until`.

    An auditor for whom nobody chose a day has 30 days. Owners and officers have none: their access is ended by hand.
    """
    if role in (Role.OWNER, Role.OFFICER):
        if wanted is not None:
            raise Refused("Only staff and auditors have a last day. Leave this empty.", field="access_until")
        return None
    if wanted is None:
        return today + USUAL if role is Role.AUDITOR else None
    if wanted < today:
        raise Refused("This day is over. Choose today or a later day.", field="access_until")
    if wanted > today + LONGEST:
        latest = today + LONGEST
        raise Refused(f"Choose a day within a year: {latest.day} {latest:%b %Y} at the latest.", field="access_until")
    return wanted
