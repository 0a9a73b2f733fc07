"""A door that did not open, told in the ledger (45 CFR 164.312(b), audit controls)."""

from django.core.cache import cache

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.models import Membership, Person

AN_HOUR = 3600  # seconds: nobody fills the ledger by pressing again and again


def refuse(membership: Membership, permission: str, asked: str) -> None:
    """Tell that the role of this member does not reach so far; the same thing once an hour. `asked` is the address."""
    if cache.add(f"refused-{membership.pk}-{permission}", True, timeout=AN_HOUR):
        tell_refused(membership=membership, by=membership.person, permission=permission, asked=asked)


@action("member.refused", says="was refused what the role does not allow:")
def tell_refused(*, membership: Membership, by: Person, permission: str, asked: str) -> None:
    ledger.record(membership, permission=permission, asked=asked[:200])
