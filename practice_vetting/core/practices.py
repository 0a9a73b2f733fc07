"""Making another practice on the installation, and going from one to another."""

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.models import Membership, Person, Practice
from practice_vetting.core.people import Invited, new_invitation
from practice_vetting.core.roles import Role


@action("practice.added", says="made the practice")
def add_practice(
    *, by: None, name: str, time_zone: str, states: list[str], owner_name: str, owner_email: str
) -> Invited:
    """Make another practice and the invitation of its first owner, whose link is shown once and not mailed."""
    practice = Practice.objects.create(name=name, time_zone=time_zone, states=states)
    invited = new_invitation(practice=practice, email=owner_email, name=owner_name, role=Role.OWNER)
    ledger.record(practice, first_owner=str(invited.invitation))
    return invited


@action("practice.entered", says="went over to")
def enter_practice(*, membership: Membership, by: Person) -> None:
    """Tell that a person of several practices works in this one from now on."""
    ledger.record(membership.practice)
