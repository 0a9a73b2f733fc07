"""A second factor: added, used once, told and mailed, kept unreadable, and not removed where it must be."""

import re

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core import mail
from django.test import Client

from practice_vetting.core import encryption
from practice_vetting.core.accounts import second_factor
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.accounts.second_factor import id_of
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry, Person
from tests.conftest import Cast
from tests.core.factors import SECRET, code_of, give_app, give_code, give_passkey, give_password, is_signed_in
from tests.factories import change

pytestmark = pytest.mark.django_db
NOON = "2026-11-21T12:00:00Z"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def verbs() -> list[str]:
    return list(LedgerEntry.objects.order_by("seq").values_list("verb", flat=True))


# --- an authenticator app --------------------------------------------------------------------------------


def test_an_app_is_added_by_its_code_and_asked_for_at_the_next_sign_in(cast: Cast, browse, clock):
    client = browse(cast.owner)
    page = client.get("/account/second-factor/app/").content.decode()
    secret = re.findall(r'<span class="mono">([A-Z2-7 ]+)</span>', page)[0].replace(" ", "")
    assert f"secret={secret}&amp;issuer=Practice%20Vetting" in page
    response = client.post("/account/second-factor/app/", {"code": code_of(secret)})
    assert response.headers["Location"] == "/account/second-factor/codes/"
    clock.shift(30)
    later = Client()
    assert give_password(later, cast.owner).headers["Location"] == "/sign-in/second-factor/"
    assert not is_signed_in(later)
    give_code(later, code_of(secret))
    assert is_signed_in(later)


def test_a_wrong_code_adds_nothing(cast: Cast, browse):
    client = browse(cast.owner)
    client.get("/account/second-factor/app/")
    response = client.post("/account/second-factor/app/", {"code": "000000"})
    assert (response.status_code, Authenticator.objects.count()) == (422, 0)
    assert response.context["form"].errors == {"code": [second_factor.Adapter.error_messages["incorrect_code"]]}


def test_a_second_app_is_refused(cast: Cast):
    give_app(cast.owner)
    with pytest.raises(Refused, match="You have an authenticator app already"):
        give_app(cast.owner)


def test_the_same_code_serves_two_browsers_once(cast: Cast):
    give_app(cast.staff)
    first, second = Client(), Client()
    for client in (first, second):
        give_password(client, cast.staff)
    code = code_of()
    assert give_code(first, code).status_code == 302
    assert give_code(second, code).status_code == 422
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


@pytest.mark.parametrize("seconds", [-30, 30])
def test_a_code_of_another_half_minute_is_refused(cast: Cast, client: Client, clock, seconds: int):
    give_app(cast.staff)
    give_password(client, cast.staff)
    code = code_of()
    clock.shift(seconds)
    assert (give_code(client, code).status_code, is_signed_in(client)) == (422, False)


def test_guessing_codes_ends_after_five_in_whatever_browser(cast: Cast):
    give_app(cast.staff)
    for _ in range(5):
        client = Client()
        give_password(client, cast.staff)
        give_code(client, "000000")
    client = Client()
    give_password(client, cast.staff)
    assert (give_code(client, code_of()).status_code, is_signed_in(client)) == (422, False)


def test_a_wrong_code_is_told(cast: Cast, client: Client):
    give_app(cast.staff)
    give_password(client, cast.staff)
    give_code(client, "000000")
    entry = LedgerEntry.objects.get(verb="person.factor_refused")
    assert (entry.record_label, entry.detail) == ("Sam Lindqvist", {"address": "127.0.0.1"})


def test_the_sign_in_tells_what_was_shown(cast: Cast, client: Client):
    give_app(cast.staff)
    give_password(client, cast.staff)
    give_code(client, code_of())
    detail = LedgerEntry.objects.get(verb="person.signed_in").detail
    assert detail["method"] == "password and authenticator code"


def test_the_way_on_survives_the_second_step(cast: Cast, client: Client):
    give_app(cast.staff)
    give_password(client, cast.staff, next="/vendors/")
    assert give_code(client, code_of()).headers["Location"] == "/vendors/"


# --- recovery codes --------------------------------------------------------------------------------------


def test_a_recovery_code_signs_in_once(cast: Cast):
    give_app(cast.staff)
    code = second_factor.recovery_codes(cast.staff)[3]
    first, second = Client(), Client()
    for client in (first, second):
        give_password(client, cast.staff)
        give_code(client, code)
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)
    assert len(second_factor.recovery_codes(cast.staff)) == 9


def test_recovery_codes_are_shown_and_downloaded_for_five_minutes_only(cast: Cast, browse, clock):
    client = browse(cast.staff)
    client.get("/account/second-factor/app/")
    client.post("/account/second-factor/app/", {"code": code_of(client.session["mfa.totp.secret"])})
    codes = second_factor.recovery_codes(cast.staff)
    shown = client.get("/account/second-factor/codes/").content.decode()
    file = client.get("/account/second-factor/codes/download/")
    assert [code in shown for code in codes] == [True] * 10
    assert [line for line in file.content.decode().splitlines() if line.isdigit()] == codes
    assert file.headers["Content-Disposition"] == 'attachment; filename="practice-vetting-recovery-codes.txt"'
    clock.shift(301)
    client.post("/account/again/", {"password": "harbour mist over slate"})
    page = client.get("/account/second-factor/codes/").content.decode()
    assert ([code in page for code in codes], "10 of 10" in page) == ([False] * 10, True)
    assert client.get("/account/second-factor/codes/download/").status_code == 404


def test_another_session_does_not_see_them(cast: Cast, browse):
    give_app(cast.staff)
    page = browse(cast.staff).get("/account/second-factor/codes/").content.decode()
    assert [code in page for code in second_factor.recovery_codes(cast.staff)] == [False] * 10


def test_new_codes_end_the_old_ones(cast: Cast, browse):
    give_app(cast.staff)
    old = second_factor.recovery_codes(cast.staff)
    browse(cast.staff).post("/account/second-factor/codes/new/")
    new = second_factor.recovery_codes(cast.staff)
    assert (len(new), set(old) & set(new)) == (10, set())


def test_without_a_factor_there_are_no_recovery_codes(cast: Cast):
    with pytest.raises(Refused, match="Add a passkey or an authenticator app first"):
        second_factor.make_recovery_codes(by=cast.staff, where=Where())


# --- what is kept ----------------------------------------------------------------------------------------


def test_no_secret_can_be_read_in_the_database(cast: Cast):
    give_app(cast.owner)
    kept = {each.type: str(each.data) for each in Authenticator.objects.all()}
    assert SECRET not in kept["totp"]
    assert [code in kept["recovery_codes"] for code in second_factor.recovery_codes(cast.owner)] == [False] * 10


def test_a_new_key_reads_what_the_old_one_sealed_while_it_is_a_fallback(settings):
    sealed = encryption.encrypt("secret", label="x")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key of the installation"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert encryption.decrypt(sealed, label="x") == "secret"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        encryption.decrypt(sealed, label="x")


def test_what_one_label_seals_no_other_opens():
    with pytest.raises(InvalidToken):
        encryption.decrypt(encryption.encrypt("secret", label="x"), label="y")


# --- told and mailed -------------------------------------------------------------------------------------


def test_each_change_is_told_and_mailed(cast: Cast, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        app = give_app(cast.staff)
        passkey = give_passkey(cast.staff)
        second_factor.make_recovery_codes(by=cast.staff, where=Where())
        second_factor.remove_factor(by=cast.staff, factor=app, where=Where("192.0.2.14", "Firefox"))
        second_factor.rename_passkey(by=cast.staff, passkey=passkey, name="My phone")
    assert verbs() == [
        "person.factor_added",
        "person.factor_added",
        "person.recovery_codes_made",
        "person.factor_removed",
        "person.passkey_renamed",
    ]
    assert [each.subject for each in mail.outbox] == [
        "An authenticator app was added to your account",
        "A passkey was added to your account",
        "New recovery codes were made for your account",
        "An authenticator app was removed from your account",
    ]
    assert {each.to[0] for each in mail.outbox} == {f"Sam Lindqvist <{cast.staff.email}>"}
    assert "192.0.2.14" in mail.outbox[3].body


def test_a_factor_that_could_not_be_told_is_not_kept(cast: Cast, monkeypatch):
    monkeypatch.setattr("practice_vetting.core.ledger.record", lambda *_a, **_k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        give_app(cast.staff)
    assert Authenticator.objects.count() == 0


# --- naming and removing ---------------------------------------------------------------------------------


def test_a_passkey_is_renamed(cast: Cast, browse):
    passkey = give_passkey(cast.staff)
    browse(cast.staff).post(f"/account/second-factor/{id_of(passkey)}/name/", {"name": "My phone"})
    assert "My phone" in browse(cast.staff).get("/account/second-factor/").content.decode()


@pytest.mark.parametrize("what", ["name", "remove"])
def test_nobody_reaches_the_factor_of_another(cast: Cast, browse, what: str):
    passkey = give_passkey(cast.owner)
    assert browse(cast.staff).get(f"/account/second-factor/{id_of(passkey)}/{what}/").status_code == 404


def remove(client: Client, factor: Authenticator):
    return client.post(f"/account/second-factor/{id_of(factor)}/remove/")


def test_the_last_factor_of_who_must_have_one_stays(cast: Cast, browse):
    passkey = give_passkey(cast.officer)
    response = remove(browse(cast.officer), passkey)
    assert (response.status_code, Authenticator.objects.filter(pk=passkey.pk).exists()) == (422, True)
    assert "your practice asks for one" in response.content.decode()


def test_with_another_one_it_can_go(cast: Cast, browse):
    passkey = give_passkey(cast.officer)
    give_app(cast.officer)
    assert remove(browse(cast.officer), passkey).status_code == 302
    assert [each.type for each in second_factor.factors_of(cast.officer)] == ["totp"]


def test_staff_remove_their_last_one_and_its_recovery_codes(cast: Cast, browse):
    assert remove(browse(cast.staff), give_passkey(cast.staff)).status_code == 302
    assert Authenticator.objects.filter(user=cast.staff).count() == 0


def test_where_the_practice_asks_everybody_staff_keep_theirs(cast: Cast, browse):
    change(cast.practice, factor_for_all=True)
    assert remove(browse(cast.staff), give_passkey(cast.staff)).status_code == 422


# --- passkeys that are none ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "null", '{"id": "x"}', "not json", '{"response": {"userHandle": "MQ"}}']
)
def test_what_is_no_passkey_signs_in_nobody(cast: Cast, client: Client, credential: str):
    client.get("/sign-in/passkey/", headers={"accept": "application/json"})
    response = client.post("/sign-in/passkey/", {"credential": credential}, follow=True)
    assert (response.status_code, is_signed_in(client)) == (200, False)
    assert "We do not know this passkey." in response.content.decode()


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", '{"id": "x"}', "not json"])
def test_what_is_no_passkey_is_not_added(cast: Cast, browse, credential: str):
    client = browse(cast.staff)
    client.get("/account/second-factor/passkey/")
    sent = {"name": "Mine", "credential": credential, "passwordless": "on"}
    assert client.post("/account/second-factor/passkey/", sent).status_code == 422
    assert Authenticator.objects.count() == 0


def test_the_second_step_without_a_first_leads_back(cast: Cast, client: Client):
    assert client.get("/sign-in/second-factor/").headers["Location"] == "/sign-in/"


def test_the_account_page_lists_what_one_has(cast: Cast, browse):
    give_passkey(cast.owner)
    page = browse(Person.objects.get(pk=cast.owner.pk)).get("/account/").content.decode()
    assert ("Office computer" in page, "10 recovery codes left" in page) == (True, True)
