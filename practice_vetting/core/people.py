"""What people do with doors: set up, sign in and out, invite, join, leave, change the practice's settings."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.module_loading import import_string

from practice_vetting.core import clock, ledger, mail
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Installation, Invitation, Membership, Person, Practice
from practice_vetting.core.roles import MAY_GIVE, Role

INVITATION_LASTS = timedelta(days=7)


@action("practice.set_up", says="set up the practice")
def set_up(*, by: Person, name: str, time_zone: str, states: list[str], part2: bool, password: str) -> Membership:
    """Take the installation: the practice, its first owner (`by`, not saved yet), and no second time.

    Raises Refused when somebody else was faster.
    """
    if (
        not Installation.objects.select_for_update()
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


@action("person.signed_in", says="signed in")
def sign_in(*, membership: Membership, by: Person, address: str | None) -> None:
    ledger.record(by, practice=membership.practice, address=address)


@action("person.signed_out", says="signed out")
def sign_out(*, membership: Membership, by: Person) -> None:
    ledger.record(by, practice=membership.practice)


@dataclass(frozen=True)
class Invited:
    """An invitation with its link. The link is shown once, to who made it; only its hash is kept."""

    invitation: Invitation
    link: str


@action("person.invited", says="invited")
def invite(*, practice: Practice, by: Person, email: str, name: str, role: str, form_id: str | None = None) -> Invited:
    """Invite somebody to the practice with a role that the inviter may give. An earlier invitation of theirs ends.

    Raises Refused for a role above the inviter's own, for a member, and when this very form was sent already.
    """
    _hold(practice)
    if form_id and Invitation.objects.filter(form_id=form_id).exists():
        raise Refused("This invitation was sent already. To get a new link, load this page again and invite once more.")
    inviter = Membership.objects.of(practice).get(person=by)
    if Role(role) not in MAY_GIVE[Role(inviter.role)]:
        raise Refused("You cannot give a role above your own.", field="role")
    if Membership.objects.of(practice).active(practice.today()).filter(person__email__iexact=email).exists():
        raise Refused("This person belongs to the practice already.", field="email")
    _end_invitations(practice, Q(email__iexact=email))
    token = secrets.token_urlsafe(24)
    invitation = Invitation(
        practice=practice, email=email.lower(), name=name, role=role, token_sha256=_hash(token), form_id=form_id,
        expires_at=clock.now() + INVITATION_LASTS,
    )  # fmt: skip
    invitation.save()
    ledger.record(invitation, role=role)
    link = settings.SITE_URL + reverse("core:join", args=[token])
    transaction.on_commit(lambda: mail.send_invitation(invitation=invitation, by=by, link=link))
    return Invited(invitation, link)


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
    _hold(invitation.practice)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.used_at is not None or invitation.expires_at <= clock.now():
        raise Refused("This link is no longer valid. Ask for a new invitation.")
    if by._state.adding:
        if Person.objects.filter(email__iexact=by.email).exists():
            raise Refused("You have an account by now. Load this page again, and type its password.")
        by.set_password(password)
        by.save()
    elif not by.check_password(password):
        raise Refused("This is not the password of your account.", field="password")
    invitation.used_at = clock.now()
    invitation.save(update_fields=["used_at"])
    membership = _give_role(invitation, by)
    ledger.record(membership, role=invitation.role)
    return membership


def _give_role(invitation: Invitation, person: Person) -> Membership:
    practice = invitation.practice
    membership = Membership.objects.of(practice).filter(person=person).first()
    if membership is None:
        membership = Membership(practice=practice, person=person, role=invitation.role)
        membership.save()
        return membership
    if membership.ended_on is None or membership.ended_on > practice.today():  # a link is no way to another role
        raise Refused("You belong to the practice already. Sign in.")
    membership.role, membership.ended_on = invitation.role, None
    membership.save(update_fields=["role", "ended_on"])
    return membership


@action("person.left", says="ended the access of")
def end_membership(*, membership: Membership, by: Person) -> None:
    """End a person's access from today on, and with it the open links that lead back to them. Raises Refused.

    The last owner cannot be removed. A person who invited saw the link, so what they sent out ends too.
    """
    practice = _hold(membership.practice)
    membership = Membership.objects.select_related("person", "practice").get(pk=membership.pk)
    if membership.ended_on is not None and membership.ended_on <= practice.today():
        raise Refused(f"{membership.person.name} has no access any more.")
    members = Membership.objects.of(practice).active(practice.today())
    if membership.role == Role.OWNER and members.filter(role=Role.OWNER).exclude(pk=membership.pk).count() == 0:
        raise Refused("The last owner cannot be removed. Make somebody else an owner first.")
    giver = members.get(person=by)
    if Role(membership.role) not in MAY_GIVE[Role(giver.role)]:
        raise Refused("You cannot end the access of somebody whose role is above your own.")
    membership.ended_on = practice.today()
    membership.save(update_fields=["ended_on"])
    sent = Invitation.history.filter(practice=practice, history_type="+", history_user=membership.person)
    ended = _end_invitations(practice, Q(email__iexact=membership.person.email) | Q(pk__in=sent.values("id")))
    ledger.record(membership, invitations_ended=ended)


def _hold(practice: Practice) -> Practice:
    """The practice, locked: who belongs to it changes one at a time, or two owners could remove each other."""
    return Practice.objects.select_for_update().get(pk=practice.pk)


def _end_invitations(practice: Practice, which: Q) -> list[str]:
    """End the practice's open invitations among these, and give the addresses they went to."""
    now = clock.now()
    found = Invitation.objects.of(practice).filter(which, used_at=None, expires_at__gt=now)
    for invitation in (ended := list(found)):
        invitation.expires_at = now
        invitation.save(update_fields=["expires_at"])
    return [invitation.email for invitation in ended]


@action("practice.changed", says="changed the settings of")
def change_practice(*, practice: Practice, by: Person, version: int, **changes: Any) -> Practice:
    """Change the practice's own facts, and judge every vendor by them.

    Raises Stale when somebody else changed them first.
    """
    current = Practice.objects.select_for_update().get(pk=practice.pk)
    if current.version != version:
        raise Stale(current)
    for name, value in changes.items():
        setattr(current, name, value)
    current.version += 1
    current.save(update_fields=[*changes, "version"])
    ledger.record(current, changed=sorted(changes))
    import_string(settings.JUDGE_ALL)(current)
    return current


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
