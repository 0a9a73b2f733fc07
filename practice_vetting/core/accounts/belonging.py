"""Where an account belongs: whose ledgers are told what happens to it, and who would be left without an owner."""

from typing import Any

from practice_vetting.core.memberships import memberships_of, still_open
from practice_vetting.core.models import Membership, Person, Practice
from practice_vetting.core.roles import Role


def homes(person: Person) -> list[Practice]:
    """The practices that are told: those the person belongs to now, else those they belonged to."""
    every = memberships_of(person)
    return [membership.practice for membership in still_open(every) or every]


def only_owner_of(person: Person) -> list[Practice]:
    """The practices that would be left without an owner."""
    owned = [each.practice for each in still_open(memberships_of(person)) if each.role == Role.OWNER]
    return [practice for practice in owned if not _other_owners(practice, person).exists()]


def _other_owners(practice: Practice, person: Person) -> Any:
    owners = Membership.objects.of(practice).active(practice.today()).filter(role=Role.OWNER)
    return owners.exclude(person=person)
