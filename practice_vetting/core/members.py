"""Changing what a member of the practice may do, and until when."""

from datetime import date, timedelta

from django.db.models import Q

from practice_vetting.core import ledger
from practice_vetting.core.accounts import notices
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.last_day import last_day
from practice_vetting.core.models import Membership, Person
from practice_vetting.core.people import end_invitations, hold, roles_to_give, sent_by
from practice_vetting.core.roles import MAY_GIVE, Role
from practice_vetting.core.templatetags.wording import day


@action("person.role_changed", says="changed the role of")
def change_member(
    *, membership: Membership, by: Person, version: int, role: str, access_until: date | None
) -> Membership:
    """Give a member another role or another last day of access. It holds from their next request on.

    Raises Refused for a role above one's own (given or taken), for the last owner's stepping down, for access that
    has ended and for a last day that cannot be; Stale when somebody else changed the membership first.
    """
    practice = hold(membership.practice)
    current = Membership.objects.select_related("person", "practice").get(pk=membership.pk)
    if current.version != version:
        raise Stale(current)
    if current.has_ended:
        raise Refused(f"{current.person.name} has no access any more. Invite them again.")
    if not {Role(current.role), Role(role)} <= roles_to_give(practice, by):
        raise Refused("You cannot give or take a role above your own.", field="role")
    owners = Membership.objects.of(practice).active(practice.today()).filter(role=Role.OWNER)
    if role != Role.OWNER and list(owners.values_list("pk", flat=True)) == [current.pk]:
        raise Refused("The last owner cannot step down. Make somebody else an owner first.", field="role")
    until = last_day(Role(role), access_until, today=practice.today())
    before = in_words(current)
    changed = _change(current, role=role, ended_on=until + timedelta(days=1) if until else None)
    withdrawn = end_invitations(practice, sent_by(current) & ~Q(role__in=MAY_GIVE[Role(role)]))
    words = {"before": before, "after": in_words(current)}
    ledger.record(current, changed=changed, invitations_ended=withdrawn, **words)
    notices.role_changed(current.person, practice=practice.name, by=by.name, **words)
    return current


def _change(membership: Membership, **facts: str | date | None) -> list[str]:
    """Save what differs, and name it. Raises Refused when nothing does."""
    changed = [name for name, value in facts.items() if getattr(membership, name) != value]
    if not changed:
        raise Refused("This is how it is already. Nothing was changed.", field="role")
    for name in changed:
        setattr(membership, name, facts[name])
    membership.version += 1
    membership.save(update_fields=[*changed, "version"])
    return changed


def in_words(membership: Membership) -> str:
    """The role, and the last day where there is one: "auditor (reads only) until 3 Jan 2027"."""
    words = Role(membership.role).label
    return f"{words} until {day(membership.last_day)}" if membership.last_day else words
