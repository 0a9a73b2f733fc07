"""The second factor of a person: an authenticator app (TOTP), passkeys, recovery codes; and who must have one.

allauth checks them at sign-in (settings.MFA_ADAPTER is the adapter here). Every change is an action of ours, told to
each practice of the person and mailed to them.
"""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac

from practice_vetting.core import encryption, ledger
from practice_vetting.core.accounts import fresh, notices
from practice_vetting.core.accounts.belonging import homes
from practice_vetting.core.accounts.notices import Notice, Where
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.memberships import memberships_of, still_open
from practice_vetting.core.models import Membership, Person
from practice_vetting.core.roles import Role

Type = Authenticator.Type
GO_ON = "after_second_factor"  # session: where a person wanted to go when they were asked to add one first
NAMED = {Type.TOTP: "an authenticator app", Type.WEBAUTHN: "a passkey"}

_MUST = frozenset({Role.OWNER, Role.OFFICER})
_LABEL = "second factor"


class Adapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code did not work. Each works once, for 30 seconds: wait for the next one.",
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text, label=_LABEL)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text, label=_LABEL)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        person = authenticator.user
        return factors_of(person).exclude(pk=authenticator.pk).exists() or not must_have_one(person)

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002  allauth's name
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return "My passkey" if number == 1 else f"My passkey {number}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Practice Vetting"}

    def _get_site_name(self) -> str:
        return "Practice Vetting"


def id_of(factor: Authenticator) -> str:
    """How an address names the factor: its number would count the factors of everybody here."""
    return salted_hmac("practice_vetting.factor", str(factor.pk)).hexdigest()[:16]


def factors_of(person: Any) -> QuerySet[Authenticator]:
    """What the person can sign in with beside the password. Recovery codes alone are none."""
    return Authenticator.objects.filter(user=person, type__in=NAMED).order_by("created_at")


def must_have_one(person: Person) -> bool:
    """Whether a practice of the person asks for a second factor. A demonstration offers it and asks nobody."""
    return not settings.DEMO and any(_asks(each) for each in still_open(memberships_of(person)))


def is_missing(request: HttpRequest, membership: Membership) -> bool:
    """Whether the person must add a factor before anything else: from the second sign-in on, by their own password.

    The membership tells whether they have one, as the door read it.
    """
    person = membership.person
    if settings.DEMO or person.sign_ins < 2 or not _asks(membership) or fresh.by_single_sign_on(request):
        return False
    return not membership.has_factor


def _asks(membership: Membership) -> bool:
    return membership.role in _MUST or membership.practice.factor_for_all


@action("person.factor_added", says="added a second factor to the account of")
def add_factor(*, by: Person, factor: Authenticator, where: Where) -> bool:
    """Keep a factor (not saved yet) of the person. True when their first recovery codes were made with it.

    Raises Refused for a second authenticator app.
    """
    Person.objects.select_for_update(no_key=True).get(pk=by.pk)
    if factor.type == Type.TOTP and factors_of(by).filter(type=Type.TOTP).exists():
        raise Refused("You have an authenticator app already. Remove it first.")
    factor.save()
    first_codes = not Authenticator.objects.filter(user=by, type=Type.RECOVERY_CODES).exists()
    if first_codes:
        RecoveryCodes.activate(by)
    _tell(by, factor=NAMED[Type(factor.type)])
    _mail(by, f"{NAMED[Type(factor.type)].capitalize()} was added to your account", where)
    return first_codes


@action("person.factor_removed", says="removed a second factor from the account of")
def remove_factor(*, by: Person, factor: Authenticator, where: Where) -> None:
    """Remove a factor of the person; with the last one their recovery codes go too.

    Raises Refused for the last factor of somebody who must have one.
    """
    Person.objects.select_for_update(no_key=True).get(pk=by.pk)
    if not Adapter().can_delete_authenticator(factor):
        raise Refused("This is your only second factor, and your practice asks for one. Add another, then remove this.")
    factor.delete()
    if not factors_of(by).exists():
        Authenticator.objects.filter(user=by).delete()
    _tell(by, factor=NAMED[Type(factor.type)])
    _mail(by, f"{NAMED[Type(factor.type)].capitalize()} was removed from your account", where)


@action("person.passkey_renamed", says="gave another name to a passkey of")
def rename_passkey(*, by: Person, passkey: Authenticator, name: str) -> None:
    passkey.data["name"] = name
    passkey.save(update_fields=["data"])
    _tell(by)


@action("person.recovery_codes_made", says="made new recovery codes for")
def make_recovery_codes(*, by: Person, where: Where) -> None:
    """Make ten new recovery codes; the old ones are worth nothing from now on. Raises Refused without a factor."""
    Person.objects.select_for_update(no_key=True).get(pk=by.pk)
    if not factors_of(by).exists():
        raise Refused("Recovery codes stand in for a second factor. Add a passkey or an authenticator app first.")
    Authenticator.objects.filter(user=by, type=Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(by)
    _tell(by)
    _mail(by, "New recovery codes were made for your account", where)


@action("person.confirmed", says="confirmed once more that it was")
def tell_confirmed(*, by: Person, method: str) -> None:
    """Tell that the person, signed in already, proved by `method` that it is them."""
    _tell(by, method=method)


@action("person.factor_refused", says="refused a wrong second factor or password of")
def tell_refused(*, by: None, person: Person, address: str) -> None:
    _tell(person, address=address)


def recovery_codes(person: Person) -> list[str]:
    """The codes that were not used yet."""
    kept = Authenticator.objects.filter(user=person, type=Type.RECOVERY_CODES).first()
    return kept.wrap().get_unused_codes() if kept else []


def overview_of(person: Person) -> dict[str, Any]:
    """What templates/core/_second_factor.html shows."""
    return {
        "factors": [(factor, NAMED[Type(factor.type)], id_of(factor)) for factor in factors_of(person)],
        "has_app": factors_of(person).filter(type=Type.TOTP).exists(),
        "codes_left": len(recovery_codes(person)),
    }


def authenticator_app(person: Person, secret: str) -> Authenticator:
    """An authenticator app with this secret, not saved yet."""
    return Authenticator(user=person, type=Type.TOTP, data={"secret": Adapter().encrypt(secret)})


def passkey(person: Person, *, name: str, credential: dict[str, Any]) -> Authenticator:
    """A passkey that a browser made, not saved yet."""
    return Authenticator(user=person, type=Type.WEBAUTHN, data={"name": name, "credential": credential})


def _tell(person: Person, **detail: Any) -> None:
    for practice in homes(person):
        ledger.record(person, practice=practice, **detail)


def _mail(person: Person, subject: str, where: Where) -> None:
    notice = Notice(
        subject=subject,
        first="Was it you? Then there is nothing to do. If not, look at once, and change your password:",
        path=reverse("mfa_index"),
        button="Look at your second factor",
        more=("Whoever changed it was signed in as you. If that was not you, tell the owner of your practice today.",),
    )
    notices.tell(person, notice, where)
