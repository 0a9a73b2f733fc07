"""What people do with their own accounts: another password, another e-mail, sessions ended, the account closed."""

from typing import Any

from django.core.cache import cache
from django.db.models import Q

from practice_vetting.core import clock, ledger, post
from practice_vetting.core.accounts import links, notices, sessions
from practice_vetting.core.accounts.belonging import homes, only_owner_of
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.memberships import memberships_of, still_open
from practice_vetting.core.models import (
    AccountLink,
    AccountMailKind,
    Invitation,
    LinkPurpose,
    Membership,
    Person,
    Practice,
)
from practice_vetting.core.people import end_invitations, hold, roles_to_give, sent_by
from practice_vetting.core.roles import Role

NO_PRACTICE = "Your account belongs to no practice now. Ask the owner of your practice for an invitation."
OLD_LINK = "This link is no longer valid. Nothing was changed."
LINK_GAP = 60  # seconds between two mails with a link to one account


@action("person.password_changed", says="changed the password of their account")
def change_password(*, by: Person, old: str, new: str, keep: str | None, where: Where) -> None:
    """Give the account a new password, and end its sessions but the one of key `keep`.

    Raises Refused for a wrong old password and for the same one again.
    """
    person = _locked(by)
    if not person.check_password(old):
        raise Refused("This is not your password.", field="old_password")
    if person.check_password(new):
        raise Refused("This is your password already. Choose another one.", field="password")
    _set_password(person, new)
    _tell(person, sessions_ended=sessions.end(person, keep=keep))
    notices.password_changed(person, where)
    by.password = person.password  # who goes on in this session does so with the new one


def ask_reset_link(email: str, where: Where) -> None:
    """Have a link for a new password mailed to this address, if somebody may use one there.

    Whether anybody may is for the worker to find out: the page that asks does the same work for every address.
    """
    post.wish(AccountMailKind.PASSWORD_LINK, email=email, address=where.address, browser=where.browser)


def reset_letter(*, once: str, email: str, address: str, browser: str) -> post.Letter | None:
    """The mail with a link for a new password, if somebody at this address may use one."""
    person, where = Person.objects.filter(email__iexact=email).first(), Where(address, browser)
    if not person or not homes(person) or not (person.is_active or _is_invited(person)):
        return None
    if not _not_just_now(person.email, once):
        return None
    token = _make_reset_link(person=person, by=None, where=where)
    parts = notices.written(person, notices.reset_link(token), where)
    return post.Letter(person.name, person.email, *parts, link=links.find(token, LinkPurpose.PASSWORD))


@action("person.reset_link_sent", says="mailed a link for a new password to")
def _make_reset_link(*, person: Person, by: None, where: Where) -> str:
    token = links.make(person, LinkPurpose.PASSWORD, person.email)
    for practice in homes(person):
        ledger.record(person, practice=practice, address=where.address, browser=where.browser)
    return token


@action("person.password_reset", says="set a new password by a link")
def reset_password(*, link: AccountLink, by: Person, new: str, where: Where) -> None:
    """Set a new password by a mailed link, and end every session. Raises Refused for an old link."""
    person = _locked(by)
    if not links.use(link):
        raise Refused(OLD_LINK)
    _set_password(person, new)
    _tell(person, sessions_ended=sessions.end(person))
    notices.password_changed(person, where)


@action("person.email_change_asked", says="asked for another e-mail")
def ask_new_email(*, by: Person, email: str, where: Where) -> None:
    """Note that the person wants to sign in with another address. Nothing changes until a link sent there is followed.

    Raises Refused for the address they have. Whether somebody else has it is not told: then no mail goes out.
    """
    if email.lower() == by.email.lower():
        raise Refused("This is your e-mail already.", field="email")
    _tell(by, address=where.address)
    facts = {"person": by.uid, "email": email, "address": where.address, "browser": where.browser}
    post.wish(AccountMailKind.EMAIL_LINK, **facts)


def email_letter(*, once: str, person: str, email: str, address: str, browser: str) -> post.Letter | None:
    """The mail with a link to the new address, unless it is somebody's already."""
    if _is_taken(email) or not _not_just_now(email, once):
        return None
    asker = Person.objects.get(uid=person)
    token = links.make(asker, LinkPurpose.EMAIL, email.lower())
    parts = notices.written(asker, notices.email_link(token, asker), Where(address, browser))
    return post.Letter(asker.name, email, *parts, link=links.find(token, LinkPurpose.EMAIL))


@action("person.email_changed", says="changed the e-mail of their account")
def change_email(*, link: AccountLink, by: Person, where: Where) -> None:
    """Sign in with the address that the link was mailed to. The old one is told. Raises Refused for an old link."""
    person = _locked(by)
    old = person.email
    if not links.use(link) or _is_taken(link.email):
        raise Refused(OLD_LINK)
    person.email = link.email
    person.save(update_fields=["email"])
    links.end_all(person)
    _tell(person, old=old, new=person.email)
    notices.email_changed(person, where, old=old)


@action("person.sessions_ended", says="ended sessions of")
def end_own_sessions(*, by: Person, keep: str | None = None, only: str = "") -> int:
    """End the person's other sessions, or the one of uid `only`, and tell how many."""
    ended = sessions.end(by, keep=keep, only=only)
    _tell(by, sessions_ended=ended)
    return ended


@action("member.sessions_ended", says="ended all sessions of")
def end_sessions_of(*, membership: Membership, by: Person) -> int:
    """End every session of a member, wherever they are signed in, and tell how many.

    Raises Refused for a member whose role is above one's own.
    """
    if Role(membership.role) not in roles_to_give(membership.practice, by):
        raise Refused("You cannot end the sessions of somebody whose role is above your own.")
    ended = sessions.end(membership.person)
    ledger.record(membership, sessions_ended=ended)
    return ended


@action("person.account_closed", says="closed their own account")
def close_account(*, by: Person, password: str) -> None:
    """Leave every practice and close the account. It is kept, and an invitation opens it again.

    Raises Refused for a wrong password and for the only owner of a practice.
    """
    for practice in [each.practice for each in still_open(memberships_of(by))]:
        hold(practice)
    person = _locked(by)
    if not person.check_password(password):
        raise Refused("This is not your password.", field="password")
    if alone := only_owner_of(person):
        names = " and ".join(practice.name for practice in alone)
        raise Refused(f"You are the only owner of {names}. Make somebody else an owner first, then close your account.")
    if not homes(person):
        raise Refused(NO_PRACTICE)
    told = [(each.practice, _leave(each)) for each in still_open(memberships_of(person))]
    told = told or [(practice, []) for practice in homes(person)]
    sessions.deactivate_if_nowhere(person)
    for practice, withdrawn in told:
        ledger.record(person, practice=practice, invitations_ended=withdrawn)


def _leave(membership: Membership) -> list[str]:
    """End the person's own membership today, and the invitations that they sent; give whom these went to."""
    membership.ended_on = membership.practice.today()
    membership.version += 1
    membership.save(update_fields=["ended_on", "version"])
    return end_invitations(membership.practice, Q(email__iexact=membership.person.email) | sent_by(membership))


def _set_password(person: Person, new: str) -> None:
    person.set_password(new)
    person.save(update_fields=["password"])
    links.end_all(person)


def _tell(person: Person, **detail: Any) -> None:
    """Tell each practice of the person. Raises Refused when there is none to tell."""
    practices: list[Practice] = homes(person)
    if not practices:
        raise Refused(NO_PRACTICE)
    for practice in practices:
        ledger.record(person, practice=practice, **detail)


def _locked(person: Person) -> Person:
    return Person.objects.select_for_update(no_key=True).get(pk=person.pk)


def _is_taken(email: str) -> bool:
    return Person.objects.filter(email__iexact=email).exists()


def _is_invited(person: Person) -> bool:
    return Invitation.objects.filter(email__iexact=person.email, used_at=None, expires_at__gt=clock.now()).exists()


def _not_just_now(email: str, once: str) -> bool:
    """False within a minute of the last link: nobody's mailbox is filled by asking again and again.

    `once` names the wish: one whose worker died is looked at again, and is not in its own way.
    """
    return cache.get_or_set(f"link-mailed-{ledger.sha256(email.lower())}", once, timeout=LINK_GAP) == once
