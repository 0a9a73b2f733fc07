"""What a person is mailed about their own account: what to do first, then what happened, when and from where."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from practice_vetting.core import clock, mail, post
from practice_vetting.core.accounts.belonging import homes
from practice_vetting.core.models import Person
from practice_vetting.core.templatetags.wording import moment


@dataclass(frozen=True)
class Where:
    """From where a request came."""

    address: str = ""
    browser: str = ""


@dataclass(frozen=True)
class Notice:
    """One mail. `first` says what to do and stands right above the link; `more` are sentences."""

    subject: str
    first: str
    path: str
    button: str
    more: tuple[str, ...] = ()


def tell(person: Person, notice: Notice, where: Where, *, to: str = "") -> None:
    """Mail the notice once the change under way is kept: to the person, or to another address of theirs."""
    post.later(person.name, to or person.email, *written(person, notice, where))


def written(person: Person, notice: Notice, where: Where) -> tuple[str, str, str]:
    """Subject, text and HTML of the notice."""
    facts = [("When", _when(person, clock.now())), ("Address", where.address), ("Browser", where.browser)]
    context = {
        "notice": notice,
        "person": person,
        "link": settings.SITE_URL + notice.path,
        "facts": [(name, value) for name, value in facts if value],
    }
    return mail.render("account_notice", context)


def _when(person: Person, at: datetime) -> str:
    """ "9 Nov 2026, 14:31 (America/New_York)", by the clock of the person's first practice."""
    zone = next((practice.time_zone for practice in homes(person)), "UTC")
    with timezone.override(ZoneInfo(zone)):
        return f"{moment(at)} ({zone})"


def new_sign_in(person: Person, where: Where) -> None:
    notice = Notice(
        subject=f"New sign-in from {where.browser}",
        first="Was it you? Then there is nothing to do. If not, set a new password at once. That ends every session:",
        path=reverse("account_reset_password"),
        button="Set a new password",
        more=("Somebody signed in to your account from a browser and an address that we have not seen before.",),
    )
    tell(person, notice, where)


def password_changed(person: Person, where: Where) -> None:
    notice = Notice(
        subject="Your password was changed",
        first="Was it you? Then there is nothing to do. If not, set a new password at once:",
        path=reverse("account_reset_password"),
        button="Set a new password",
        more=("Your account has a new password. Wherever else you were signed in, you are signed out.",),
    )
    tell(person, notice, where)


def email_changed(person: Person, where: Where, *, old: str) -> None:
    notice = Notice(
        subject="You sign in with another e-mail from now on",
        first="Was it you? Then there is nothing to do. If not, tell the owner of your practice at once:",
        path="/",
        button="Open Practice Vetting",
        more=(f"Your account now has the e-mail {person.email}. This address, {old}, signs in nobody any more.",),
    )
    tell(person, notice, where, to=old)


def slowed(person: Person, where: Where) -> None:
    notice = Notice(
        subject="Too many wrong passwords: sign-in is slowed",
        first="Was it you? Wait five minutes, then try again, or set a new password:",
        path=reverse("account_reset_password"),
        button="Set a new password",
        more=(
            "Somebody typed too many wrong passwords for your account. For a few minutes no password is tried.",
            "If it was not you, nobody got in. Is your password used elsewhere, too? Then set a new one here.",
        ),
    )
    tell(person, notice, where)


def reset_link(token: str) -> Notice:
    return Notice(
        subject="Set a new password within one hour",
        first="Open this link within one hour and choose a new password:",
        path=reverse("set_password", args=[token]),
        button="Choose a new password",
        more=(
            "Somebody asked for this at the sign-in page. The link works once. Please do not pass it on.",
            "If it was not you, do nothing: your password stays as it is.",
        ),
    )


def email_link(token: str, person: Person) -> Notice:
    return Notice(
        subject="Confirm your new e-mail within one hour",
        first="Open this link within one hour to sign in with this address from then on:",
        path=reverse("confirm_email", args=[token]),
        button="Confirm this address",
        more=(
            f"Until then you sign in with {person.email}. The link works once. Please do not pass it on.",
            "If you did not ask for it, do nothing: nothing changes.",
        ),
    )


def single_sign_on_linked(person: Person, where: Where) -> None:
    notice = Notice(
        subject=f"Your account can now be opened by {settings.OIDC_NAME}",
        first="Was it you? Then there is nothing to do. If not, tell the owner of your practice at once:",
        path="/",
        button="Open Practice Vetting",
        more=(f"Somebody signed in by {settings.OIDC_NAME} with your e-mail. From now on that opens your account.",),
    )
    tell(person, notice, where)


def role_changed(person: Person, *, practice: str, by: str, before: str, after: str) -> None:
    notice = Notice(
        subject="What you may do has changed",
        first="Open Practice Vetting to see your pages as they are now:",
        path="/",
        button="Open Practice Vetting",
        more=(
            f"{by} changed your role in {practice}. It was: {before}. It is now: {after}.",
            "Did nobody tell you about this? Ask the owner of your practice today.",
        ),
    )
    tell(person, notice, Where())
