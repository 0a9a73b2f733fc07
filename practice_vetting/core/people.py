"""What people do with doors: set up, sign in and out, invite, join, leave, change the practice's settings."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.urls import reverse
from django.utils.module_loading import import_string

from practice_vetting.core import clock, ledger, post
from practice_vetting.core.accounts.sessions import deactivate_if_nowhere
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.last_day import last_day
from practice_vetting.core.models import Installation, Invitation, Membership, Person, Practice
from practice_vetting.core.roles import MAY_GIVE, Role

INVITATION_LASTS = timedelta(days=7)


@action("practice.set_up", says="set up the practice")
def set_up(*, by: Person, name: str, time_zone: str, states: list[str], part2: bool, password: str) -> Membership:
    """Take the installation: the practice, its first owner (`by`, not saved yet), and no second time.

    Raises Refused when somebody else was faster.
    """
    if (
        not Installation.objects.select_for_update(no_key=True)
        .filter(set_up_at=None)
        .update(set_up_at=clock.now(), code_sha256="")
    ):
        raise Refused("Somebody has set this installation up already. Ask them for an invitation.")
    by.set_password(password)
    by.save()
    practice = Practice.objects.create(name=name, time_zone=time_zone, states=states, part2=part2)
    membership = Membership(practice=practice, person=by, role=Role.OWNER)
    membership.save()
    ledger.record(practice)
    return membership


@action("person.signed_out", says="signed out")
def sign_out(*, membership: Membership, by: Person) -> None:
    ledger.record(by, practice=membership.practice)


@dataclass(frozen=True)
class Invited:
    """An invitation with its link. The link is shown once, to who made it; only its hash is kept."""

    invitation: Invitation
    link: str


@action("person.invited", says="invited")
def invite(
    *,
    practice: Practice,
    by: Person,
    email: str,
    name: str,
    role: str,
    access_until: date | None = None,
    form_id: str | None = None,
) -> Invited:
    """Invite somebody to the practice with a role that the inviter may give. An earlier invitation of theirs ends.

    Raises Refused for a role above the inviter's own, while somebody with such a role has invited the same person,
    for a member, for a last day that cannot be, and when this very form was sent already.
    """
    hold(practice)
    if form_id and Invitation.objects.filter(form_id=form_id).exists():
        raise Refused("This invitation was sent already. To get a new link, load this page again and invite once more.")
    gives = roles_to_give(practice, by)
    if Role(role) not in gives:
        raise Refused("You cannot give a role above your own.", field="role")
    if Membership.objects.of(practice).active(practice.today()).filter(person__email__iexact=email).exists():
        raise Refused("This person belongs to the practice already.", field="email")
    if pending(practice, Q(email__iexact=email)).exclude(role__in=gives).exists():
        raise Refused(
            "This person is invited already, with a role above your own. Ask an owner to change that.", field="email"
        )
    end_invitations(practice, Q(email__iexact=email))
    until = last_day(Role(role), access_until, today=practice.today())
    invited = new_invitation(practice=practice, email=email, name=name, role=role, until=until, form_id=form_id)
    ledger.record(invited.invitation, role=role, last_day=until)
    post.invite(invited.invitation, by, invited.link)
    return invited


def new_invitation(
    *,
    practice: Practice,
    email: str,
    name: str,
    role: str,
    until: date | None = None,
    form_id: str | None = None,
) -> Invited:
    """An invitation with a fresh link, within the action that tells of it."""
    token = secrets.token_urlsafe(24)
    invitation = Invitation(
        practice=practice, email=email.lower(), name=name, role=role, token_sha256=_hash(token), form_id=form_id,
        access_until=until, expires_at=_link_ends(practice, until),
    )  # fmt: skip
    invitation.save()
    return Invited(invitation, settings.SITE_URL + reverse("core:join", args=[token]))


def _link_ends(practice: Practice, until: date | None) -> datetime:
    """A link lasts a week, and never longer than the access that it gives."""
    week = clock.now() + INVITATION_LASTS
    if until is None:
        return week
    return min(week, datetime.combine(until + timedelta(days=1), time.min, ZoneInfo(practice.time_zone)))


def open_invitation(token: str) -> Invitation | None:
    """The invitation of this link while it is good: not used, not expired."""
    return (
        Invitation.objects.filter(token_sha256=_hash(token), used_at=None, expires_at__gt=clock.now())
        .select_related("practice")
        .first()
    )


def turn_away(token: str) -> None:
    """Tell the practice that a link of theirs was followed after its end, at most every ten minutes a link."""
    invitation = Invitation.objects.filter(token_sha256=_hash(token)).select_related("practice").first()
    if invitation and cache.add(f"turned-away-{invitation.uid}", True, timeout=600):
        _tell_old_link(invitation=invitation, by=None)


@action("invitation.turned_away", says="turned away an old link of")
def _tell_old_link(*, invitation: Invitation, by: None) -> None:
    ledger.record(invitation, why="used" if invitation.used_at else "expired")


@action("person.joined", says="joined the practice")
def join(*, invitation: Invitation, by: Person, password: str) -> Membership:
    """Take up an invitation. `by` is the invited person: their account, or a new one not saved yet.

    Raises Refused when the link was used or ended in the meantime, when the person belongs to the practice already,
    or when the password of an existing account is wrong.
    """
    hold(invitation.practice)
    invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    if invitation.used_at is not None or invitation.expires_at <= clock.now():
        raise Refused("This link is no longer valid. Ask for a new invitation.")
    if by._state.adding:
        if Person.objects.filter(email__iexact=by.email).exists():
            raise Refused("You have an account by now. Load this page again, and type its password.")
        by.set_password(password)
        by.save()
    elif not by.check_password(password):
        raise Refused("This is not the password of your account.", field="password")
    activated = not by.is_active
    if activated:  # closed when they left their last practice
        by.is_active = True
        by.save(update_fields=["is_active"])
    invitation.used_at = clock.now()
    invitation.save(update_fields=["used_at"])
    membership = _give_role(invitation, by)
    ledger.record(membership, role=invitation.role, activated=activated)
    return membership


def _give_role(invitation: Invitation, person: Person) -> Membership:
    practice = invitation.practice
    until = invitation.access_until
    ended_on = until + timedelta(days=1) if until else None
    membership = Membership.objects.of(practice).filter(person=person).first()
    if membership is None:
        membership = Membership(practice=practice, person=person, role=invitation.role, ended_on=ended_on)
        membership.save()
        return membership
    if not membership.has_ended:  # a link is no way to another role
        raise Refused("You belong to the practice already. Sign in.")
    membership.role, membership.ended_on = invitation.role, ended_on
    membership.version += 1
    membership.save(update_fields=["role", "ended_on", "version"])
    return membership


@action("person.left", says="ended the access of")
def end_membership(*, membership: Membership, by: Person) -> None:
    """End a person's access from today on, and with it the open links that lead back to them. Raises Refused.

    The last owner cannot be removed. A person who invited saw the link, so what they sent out ends too. Who belongs
    to no other practice has no account to sign in with any more, and is signed out at once.
    """
    practice = hold(membership.practice)
    membership = Membership.objects.select_related("person", "practice").get(pk=membership.pk)
    if membership.has_ended:
        raise Refused(f"{membership.person.name} has no access any more.")
    members = Membership.objects.of(practice).active(practice.today())
    if membership.role == Role.OWNER and members.filter(role=Role.OWNER).exclude(pk=membership.pk).count() == 0:
        raise Refused("The last owner cannot be removed. Make somebody else an owner first.")
    if Role(membership.role) not in roles_to_give(practice, by):
        raise Refused("You cannot end the access of somebody whose role is above your own.")
    membership.ended_on = practice.today()
    membership.version += 1
    membership.save(update_fields=["ended_on", "version"])
    ended = end_invitations(practice, Q(email__iexact=membership.person.email) | sent_by(membership))
    ledger.record(membership, invitations_ended=ended, account_closed=deactivate_if_nowhere(membership.person))


def roles_to_give(practice: Practice, person: Person) -> frozenset[Role]:
    """The roles that the person may give there, and take; none when their own access has just ended."""
    own = Membership.objects.of(practice).active(practice.today()).filter(person=person).first()
    return MAY_GIVE[Role(own.role)] if own else frozenset()


def hold(practice: Practice) -> Practice:
    """The practice, locked: who belongs to it changes one at a time, or two owners could remove each other."""
    return Practice.objects.select_for_update(no_key=True).get(pk=practice.pk)


def pending(practice: Practice, which: Q) -> Any:
    """The practice's invitations among these that somebody could still take up."""
    return Invitation.objects.of(practice).filter(which, used_at=None, expires_at__gt=clock.now())


def sent_by(membership: Membership) -> Q:
    """The invitations that this member made. Who made one saw its link."""
    made = Invitation.history.filter(practice=membership.practice, history_type="+", history_user=membership.person)
    return Q(pk__in=made.values("id"))


def end_invitations(practice: Practice, which: Q) -> list[str]:
    """End the practice's open invitations among these, and give the addresses they went to."""
    now = clock.now()
    for invitation in (ended := list(pending(practice, which))):
        invitation.expires_at = now
        invitation.save(update_fields=["expires_at"])
    return [invitation.email for invitation in ended]


@action("practice.changed", says="changed the settings of")
def change_practice(*, practice: Practice, by: Person, version: int, **changes: Any) -> Practice:
    """Change the practice's own facts, and judge every vendor by them.

    Raises Stale when somebody else changed them first.
    """
    current = Practice.objects.select_for_update(no_key=True).get(pk=practice.pk)
    if current.version != version:
        raise Stale(current)
    added = sorted(set(changes.get("states", [])) - set(current.states))
    for name, value in changes.items():
        setattr(current, name, value)
    current.version += 1
    current.save(update_fields=[*changes, "version"])
    ledger.record(current, changed=sorted(changes))
    if added:
        import_string(settings.STATES_ADDED)(current, by=by, states=added)
    import_string(settings.JUDGE_ALL)(current)
    return current


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
