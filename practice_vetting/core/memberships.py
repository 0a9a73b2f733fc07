"""The memberships of a person, in every practice of the installation."""

from practice_vetting.core.models import Membership, Person


def memberships_of(person: Person) -> list[Membership]:
    """All of the person's memberships with their practices, the first one first; ended ones too."""
    found = Membership.objects.filter(person=person).select_related("practice", "person")
    return list(found.order_by("id"))


def still_open(memberships: list[Membership]) -> list[Membership]:
    """Those that have not ended, each by the calendar of its own practice."""
    return [membership for membership in memberships if not membership.has_ended]
