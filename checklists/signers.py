"""Who may sign an evaluation, and how a typed name is compared with a person's own."""

import unicodedata

from practice_vetting.core.models import Membership, Person, Practice
from practice_vetting.core.roles import Role

_SIGNING = [Role.OWNER, Role.OFFICER]


def may_sign_alone(practice: Practice, person: Person) -> bool:
    """True when the person is an owner, and the practice has no other active owner or officer.

    Two signatures by two people are our policy. A practice of one cannot keep it, so its document says so.
    """
    members = Membership.objects.of(practice).active(practice.today()).filter(role__in=_SIGNING)
    return [(each.person_id, each.role) for each in members] == [(person.pk, Role.OWNER)]


def same_name(typed: str, name: str) -> bool:
    """Whether the typed name is the person's, whatever its case, spacing and way of writing accents."""
    return _plain(typed) == _plain(name)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
