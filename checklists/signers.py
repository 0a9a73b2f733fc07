"""Who may sign an evaluation."""

from practice_vetting.core.models import Membership, Person, Practice
from practice_vetting.core.roles import Role

_SIGNING = [Role.OWNER, Role.OFFICER]


def may_sign_alone(practice: Practice, person: Person) -> bool:
    """True when the person is an owner, and the practice has no other active owner or officer.

    Two signatures by two people are our policy. A practice of one cannot keep it, so its document says so.
    """
    members = Membership.objects.of(practice).active(practice.today()).filter(role__in=_SIGNING)
    return [(each.person_id, each.role) for each in members] == [(person.pk, Role.OWNER)]
