"""A lost second factor: an owner asks to forget it, or whoever runs the server does, when nobody else can.

It is forgotten at once where that harms nobody but the practice that asked. Where another practice rests on the same
account, or it is that of an only owner, a day passes first, and the person gets a link that stops it.
"""

import secrets
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from practice_vetting.core import clock, ledger, post
from practice_vetting.core.accounts import sessions
from practice_vetting.core.accounts.belonging import only_owner_of
from practice_vetting.core.accounts.notices import Notice, Where, written
from practice_vetting.core.accounts.second_factor import factors_of
from practice_vetting.core.actions import action, verb_at_work
from practice_vetting.core.errors import Refused
from practice_vetting.core.memberships import memberships_of, still_open
from practice_vetting.core.models import FactorReset, Membership, Person, Practice
from practice_vetting.core.roles import Role
from practice_vetting.core.templatetags.wording import moment

DELAY = timedelta(days=1)
_TOLD = [Role.OWNER, Role.OFFICER]


@action("person.factor_reset_asked", says="asked to reset the second factor of")
def ask_for_reset(*, membership: Membership, by: Person | None, reason: str) -> FactorReset:
    """Ask to forget a member's second factor; `by` is an owner, or None for whoever runs the server.

    The reset that comes back took effect already when nothing stands against it. Raises Refused for oneself, for who
    has none or no access any more, and while a reset waits.
    """
    practice, person = membership.practice, Person.objects.select_for_update(no_key=True).get(pk=membership.person_id)
    if by == person:
        raise Refused("This is your own account. Change your second factor there.")
    if membership.pk not in {each.pk for each in still_open(memberships_of(person))}:
        raise Refused(f"{person.name} has no access any more.")
    if not factors_of(person).exists():
        raise Refused(f"{person.name} has no second factor.")
    if FactorReset.objects.pending().filter(person=person).exists():
        raise Refused(f"A reset for {person.name} waits already.")
    token, delay = secrets.token_urlsafe(24), DELAY if _must_wait(person) else timedelta(0)
    reset = FactorReset(
        practice=practice, person=person, asked_by=by, reason=reason, takes_effect_at=clock.now() + delay,
        stop_sha256=ledger.sha256(token),
    )  # fmt: skip
    reset.save()
    _tell(reset, takes_effect_at=reset.takes_effect_at, on_the_server=by is None)
    if delay:
        _mail_waiting(reset, reverse("core:stop_factor_reset", args=[token]))
    else:
        apply_reset(reset=reset, by=by)
    return reset


@action("person.factor_reset", says="reset the second factor of")
def apply_reset(*, reset: FactorReset, by: Person | None) -> None:
    """Forget the person's second factor and recovery codes, and end their sessions. The password stays."""
    reset.applied_at = clock.now()
    reset.save(update_fields=["applied_at"])
    Authenticator.objects.filter(user=reset.person).delete()
    sessions.end(reset.person)
    _tell(reset)
    _mail_done(reset, "{whose} second factor was reset", "Sign in with your password, and add a new one:")


@action("person.factor_reset_stopped", says="stopped the reset of the second factor of")
def stop_reset(*, reset: FactorReset, by: Person) -> None:
    """End a reset that waits. `by` is its person: they came with the link that only they were sent. Raises Refused."""
    waiting = FactorReset.objects.pending().select_for_update(no_key=True, of=("self",)).filter(pk=reset.pk)
    if not waiting.exists():
        raise Refused("This reset is over already.")
    reset.stopped_at = clock.now()
    reset.save(update_fields=["stopped_at"])
    _tell(reset)
    _mail_done(reset, "The reset of {whose} second factor was stopped", "Change your password, if you have not yet:")


def apply_due_resets() -> int:
    """Let those take effect whose day has come, and give their number."""
    due = FactorReset.objects.pending().filter(takes_effect_at__lte=clock.now())
    for pk in (found := list(due.values_list("pk", flat=True))):
        with transaction.atomic():
            if (
                reset := due.select_for_update(no_key=True, of=("self",))
                .select_related("person", "practice")
                .filter(pk=pk)
                .first()
            ):
                apply_reset(reset=reset, by=None)
    return len(found)


def waiting_reset(token: str) -> FactorReset | None:
    """The reset that this link stops, while it still can."""
    found = FactorReset.objects.pending().filter(stop_sha256=ledger.sha256(token))
    return found.select_related("person", "practice").first()


def resets_waiting_in(practice: Practice) -> list[FactorReset]:
    """The resets that wait for members of the practice, whoever asked."""
    people = Membership.objects.of(practice).active(practice.today()).values("person")
    return list(FactorReset.objects.pending().filter(person__in=people).select_related("person", "asked_by"))


def _must_wait(person: Person) -> bool:
    return len(still_open(memberships_of(person))) > 1 or bool(only_owner_of(person))


# --- who hears of it: what one practice wrote, and who asked there, stays in that practice ---------------


def _may_know_why(reset: FactorReset, practice: Practice) -> bool:
    return reset.asked_by is None or practice == reset.practice


def _tell(reset: FactorReset, **detail: Any) -> None:
    for membership in still_open(memberships_of(reset.person)):
        if _may_know_why(reset, membership.practice):
            ledger.record(reset.person, practice=membership.practice, reason=reset.reason, **detail)
        else:
            _tell_elsewhere(person=reset.person, practice=membership.practice, by=None, what=verb_at_work())


@action("person.factor_reset_elsewhere", says="heard of a reset of the second factor of")
def _tell_elsewhere(*, person: Person, practice: Practice, by: None, what: str) -> None:
    ledger.record(person, practice=practice, what=what)


def _mail_waiting(reset: FactorReset, stop: str) -> None:
    """Only the person is sent the link that stops it."""
    with timezone.override(reset.practice.time_zone):
        at = moment(reset.takes_effect_at)
    own = Notice(
        subject=f"Your second factor will be reset on {at}",
        first="Did you not ask for this? Stop it, then change your password and tell the owner of your practice:",
        path=stop,
        button="Stop the reset",
        more=("Until then your second factor is asked for as ever.", *_why(reset, reset.practice)),
    )
    _mail(reset, own, "{whose} second factor will be reset on " + at)


def _mail_done(reset: FactorReset, subject: str, first: str) -> None:
    _mail(reset, Notice(subject=_about("your", subject), first=first, path="/", button="Sign in"), subject)


def _mail(reset: FactorReset, own: Notice, subject: str) -> None:
    """Mail the person, and whoever answers for a practice of theirs."""
    person = reset.person
    _post(person, written(person, own, Where()))
    for other in _told_of(person):
        notice = Notice(
            subject=_about(f"{person.name}’s", subject),
            first="Was it agreed with them? Then there is nothing to do. If not, speak with them at once:",
            path=reverse("core:people"),
            button="Look at your people",
            more=_why(reset, other.practice),
        )
        _post(other.person, written(person, notice, Where()))


def _about(whose: str, subject: str) -> str:
    words = subject.format(whose=whose)
    return words[0].upper() + words[1:]


def _post(to: Person, parts: tuple[str, str, str]) -> None:
    post.later(to.name, to.email, *parts)


def _why(reset: FactorReset, practice: Practice) -> tuple[str, ...]:
    if not _may_know_why(reset, practice):
        return ()
    asked_by = reset.asked_by.name if reset.asked_by else "Whoever runs the server"
    return (f"{asked_by} asked for it. The reason: {reset.reason}",)


def _told_of(person: Person) -> list[Membership]:
    """A membership of each owner and officer of the person's practices but their own."""
    found: dict[int, Membership] = {}
    for each in still_open(memberships_of(person)):
        members = Membership.objects.of(each.practice).active(each.practice.today()).filter(role__in=_TOLD)
        for member in members.exclude(person=person).select_related("person", "practice"):
            found.setdefault(member.person_id, member)
    return list(found.values())
