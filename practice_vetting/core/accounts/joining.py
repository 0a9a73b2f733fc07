"""Coming in through an invitation: the sign-in that follows it, and the limit on guessing an account's password."""

from allauth.core.ratelimit import consume
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect

from practice_vetting.core.accounts import adapter
from practice_vetting.core.models import Person, Practice

LANDING = "checklists:today"


def guessed_too_often(request: HttpRequest, person: Person) -> bool:
    """Count one try at the password of an existing account, wherever it comes from. True when there were too many.

    A link that somebody holds is no way to guess a password that sign-in would not let them guess.
    """
    return bool(person.pk) and not consume(request, action="join_account", key=person.uid)


def come_in(request: HttpRequest, person: Person, practice: Practice) -> HttpResponse:
    """Sign in who has just given or chosen their password, in that practice. A second factor is asked for as ever."""
    if request.user.is_authenticated and request.user.pk == person.pk:
        enter(request, practice)
        return redirect(LANDING)
    if request.user.is_authenticated:  # somebody else sat here before
        logout(request)
    enter(request, practice)
    return adapter.enter(request, person)


def enter(request: HttpRequest, practice: Practice) -> None:
    """From now on this session is in that practice. A form of another practice, open in another tab, is refused."""
    request.session["practice"] = practice.uid
    rotate_token(request)
