"""A lost second factor: who may have it forgotten, when it takes effect, who hears of it, and who can stop it."""

import re
from io import StringIO

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from practice_vetting.core.accounts import factor_reset
from practice_vetting.core.models import FactorReset, LedgerEntry, Membership, Person
from practice_vetting.core.roles import Role
from practice_vetting.core.tasks import sweep
from tests.conftest import Cast
from tests.core.factors import give_app, give_password, is_signed_in
from tests.factories import arranging, make_member

pytestmark = pytest.mark.django_db
REASON = "Lost her phone, told me in person."


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def mails(django_capture_on_commit_callbacks):
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        yield mail.outbox


def member_of(person: Person) -> Membership:
    return Membership.objects.filter(person=person).order_by("id")[0]


def ask(person: Person, by: Person | None) -> FactorReset:
    return factor_reset.ask_for_reset(membership=member_of(person), by=by, reason=REASON)


def also_in(cast: Cast, person: Person, role: Role = Role.STAFF) -> None:
    with arranging():
        Membership(practice=cast.practice, person=person, role=role).save()


def has_factor(person: Person) -> bool:
    return Authenticator.objects.filter(user=person).exists()


def verbs(practice) -> list[str]:
    entries = LedgerEntry.objects.filter(practice_uid=practice.uid, verb__contains="reset").order_by("seq")
    return list(entries.values_list("verb", flat=True))


def command(person: Person, reason: str = REASON) -> str:
    said = StringIO()
    call_command("reset_second_factor", person.email, reason=reason, stdout=said)
    return said.getvalue()


# --- by an owner, on the member's page -------------------------------------------------------------------


def test_an_owner_resets_a_member_at_once(cast: Cast, browse):
    give_app(cast.staff)
    response = browse(cast.owner).post(
        reverse("core:reset_factor", args=[member_of(cast.staff).uid]), {"reason": REASON}
    )
    assert (response.status_code, has_factor(cast.staff)) == (302, False)
    assert verbs(cast.practice) == ["person.factor_reset_asked", "person.factor_reset"]
    entry = LedgerEntry.objects.get(verb="person.factor_reset")
    assert (entry.person_name, entry.record_label, entry.detail["reason"]) == ("Maria Reyes", "Sam Lindqvist", REASON)


def test_the_password_alone_then_signs_in(cast: Cast, client: Client):
    give_app(cast.staff)
    ask(cast.staff, cast.owner)
    give_password(client, cast.staff)
    assert is_signed_in(client)


def test_open_sessions_of_theirs_end(cast: Cast, browse):
    give_app(cast.staff)
    theirs = browse(cast.staff)
    theirs.get("/vendors/")
    ask(cast.staff, cast.owner)
    assert theirs.get("/vendors/").headers["Location"].startswith("/sign-in/")


def test_both_get_a_mail(cast: Cast, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        give_app(cast.staff)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        ask(cast.staff, cast.owner)
    assert {(each.to[0].split(" <")[0], each.subject) for each in mail.outbox} == {
        ("Sam Lindqvist", "Your second factor was reset"),
        ("Maria Reyes", "Sam Lindqvist’s second factor was reset"),
        ("Dana Okafor", "Sam Lindqvist’s second factor was reset"),
    }


def test_without_a_reason_nothing_happens(cast: Cast, browse):
    give_app(cast.staff)
    response = browse(cast.owner).post(reverse("core:reset_factor", args=[member_of(cast.staff).uid]), {"reason": " "})
    assert (response.status_code, has_factor(cast.staff)) == (422, True)


@pytest.mark.parametrize("who", ["officer", "staff", "auditor"])
def test_nobody_else_may(cast: Cast, browse, who: str):
    give_app(cast.staff)
    assert (
        browse(getattr(cast, who)).post(reverse("core:reset_factor", args=[member_of(cast.staff).uid])).status_code
        == 403
    )


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("owner", "This is your own account. Change your second factor there."),
        ("officer", "Dana Okafor has no second factor."),
    ],
)
def test_what_cannot_be_reset_is_refused_in_words(cast: Cast, browse, who: str, sentence: str):
    give_app(cast.owner)
    url = reverse("core:reset_factor", args=[member_of(getattr(cast, who)).uid])
    response = browse(cast.owner).post(url, {"reason": REASON})
    assert (response.status_code, response.context["form"].non_field_errors()) == (422, [sentence])


# --- a day's delay ---------------------------------------------------------------------------------------


def test_a_member_of_two_practices_has_a_day(cast: Cast, strangers: Cast, clock):
    give_app(cast.staff)
    also_in(strangers, cast.staff)
    ask(cast.staff, cast.owner)
    clock.shift(86_399)
    sweep()
    assert has_factor(cast.staff)
    clock.shift(1)
    sweep()
    sweep()
    assert not has_factor(cast.staff)
    assert verbs(cast.practice) == ["person.factor_reset_asked", "person.factor_reset"]


def test_the_other_practice_hears_of_it_but_not_who_and_why(cast: Cast, strangers: Cast):
    give_app(cast.staff)
    also_in(strangers, cast.staff)
    ask(cast.staff, cast.owner)
    entry = LedgerEntry.objects.get(practice_uid=strangers.practice.uid, verb__contains="reset")
    assert (entry.verb, entry.person_name, entry.detail) == (
        "person.factor_reset_elsewhere",
        "Practice Vetting",
        {"what": "person.factor_reset_asked"},
    )


def stop_link(outbox) -> str:
    own = next(each for each in outbox if each.subject.startswith("Your second factor will be reset on"))
    return re.findall(r"http://[^/]+(/second-factor/stop/\S+)", own.body)[0]


@pytest.fixture
def link(cast: Cast, strangers: Cast, django_capture_on_commit_callbacks) -> str:
    """The link that stops the reset of a member of two practices."""
    with django_capture_on_commit_callbacks(execute=True):
        give_app(cast.staff)
    also_in(strangers, cast.staff)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        ask(cast.staff, cast.owner)
    return stop_link(mail.outbox)


def test_only_the_person_gets_the_link_that_stops_it(link: str):
    assert len(mail.outbox) == 5
    assert [link in each.body for each in mail.outbox].count(True) == 1
    assert [REASON in each.body for each in mail.outbox].count(True) == 3  # theirs, and in the practice that asked


def test_looking_at_the_link_stops_nothing(link: str, client: Client):
    assert (client.get(link).status_code, FactorReset.objects.pending().count()) == (200, 1)


def test_its_button_does(cast: Cast, link: str, client: Client, clock):
    assert client.post(link).status_code == 200
    clock.shift(2 * 86_400)
    sweep()
    assert has_factor(cast.staff)
    assert (client.get(link).status_code, client.post(link).status_code) == (410, 410)
    assert verbs(cast.practice) == ["person.factor_reset_asked", "person.factor_reset_stopped"]


def test_a_link_after_the_day_is_no_longer_valid(link: str, client: Client, clock):
    clock.shift(86_400)
    sweep()
    assert client.post(link).status_code == 410


def test_a_guessed_link_is_not_valid(cast: Cast, client: Client):
    assert client.post("/second-factor/stop/guessed/").status_code == 410


def test_a_second_request_waits_for_the_first(cast: Cast, strangers: Cast, browse):
    give_app(cast.staff)
    also_in(strangers, cast.staff)
    url = reverse("core:reset_factor", args=[member_of(cast.staff).uid])
    answers = [browse(cast.owner).post(url, {"reason": REASON}).status_code for _ in range(2)]
    assert (answers, FactorReset.objects.count()) == ([302, 422], 1)


# --- break-glass on the server ---------------------------------------------------------------------------


def test_the_only_owner_has_a_day(cast: Cast, clock):
    give_app(cast.owner)
    assert "will be reset at 2026-11-22 12:00 UTC" in command(cast.owner)
    assert has_factor(cast.owner)
    clock.shift(86_400)
    sweep()
    assert not has_factor(cast.owner)


def test_one_of_two_owners_is_reset_at_once(cast: Cast):
    make_member(practice=cast.practice, name="Ada Moss", role=Role.OWNER, email="ada@x.example")
    give_app(cast.owner)
    assert "is reset" in command(cast.owner)
    assert not has_factor(cast.owner)


def test_every_practice_of_the_person_is_told_all(cast: Cast, strangers: Cast):
    give_app(cast.owner)
    also_in(strangers, cast.owner)
    command(cast.owner)
    entries = LedgerEntry.objects.filter(verb="person.factor_reset_asked")
    assert {each.practice_uid for each in entries} == {cast.practice.uid, strangers.practice.uid}
    assert {(each.person_name, each.detail["reason"], each.detail["on_the_server"]) for each in entries} == {
        ("Practice Vetting", REASON, True)
    }


def test_owner_and_officer_see_it_on_today_until_it_is_over(cast: Cast, browse, clock):
    give_app(cast.owner)
    command(cast.owner)
    words = "The second factor of Maria Reyes is to be reset on"
    seen = {
        who: words in browse(getattr(cast, who)).get("/").content.decode() for who in ("officer", "staff", "auditor")
    }
    assert seen == {"officer": True, "staff": False, "auditor": False}
    clock.shift(86_400)
    sweep()
    assert words not in browse(cast.officer).get("/").content.decode()


def test_the_person_and_all_who_answer_for_the_practice_are_mailed(cast: Cast, django_capture_on_commit_callbacks):
    give_app(cast.owner)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        command(cast.owner)
    assert {each.to[0].split(" <")[0] for each in mail.outbox} == {"Maria Reyes", "Dana Okafor"}


@pytest.mark.parametrize("reason", ["", "lost it", "x" * 501])
def test_it_asks_for_a_reason(cast: Cast, reason: str):
    give_app(cast.owner)
    with pytest.raises(CommandError, match="Give the reason"):
        command(cast.owner, reason)


def test_an_unknown_address_is_said(cast: Cast):
    with pytest.raises(CommandError, match="Nobody with the e-mail nobody@x.example belongs"):
        call_command("reset_second_factor", "nobody@x.example", reason=REASON)
