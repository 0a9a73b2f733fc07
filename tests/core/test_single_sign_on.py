"""Signing in at the practice's own provider, against a real one in a process of its own: who comes in, and who not."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core import mail
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client

from practice_vetting.core.accounts.single_sign_on import UNKNOWN, Asking
from practice_vetting.core.models import LedgerEntry, Person
from tests.conftest import Cast
from tests.factories import change
from tests.services import free_port, identity_provider

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
START = "/sign-in/with/sso/"
Answer = Callable[..., Any]


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with identity_provider() as address:
        yield address


@pytest.fixture(autouse=True)
def _configured(settings: Any, provider: str) -> None:
    settings.OIDC_ISSUER, settings.OIDC_NAME = provider, "Harbor ID"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "vetting", "only-for-tests"


@pytest.fixture
def somebody(provider: str) -> Callable[..., str]:
    """Makes a person known at the provider, and gives their id there."""

    def made(email: str, *, sub: str = "", verified: Any = True) -> str:
        sub = sub or f"id-{email.partition('@')[0]}"
        claims = {"email": email, "email_verified": verified}
        requests.put(f"{provider}/users/{sub}", json=claims, timeout=5).raise_for_status()
        return sub

    return made


def there(client: Client, **sent: str) -> str:
    """The address at the provider that the sign-in page leads to."""
    address: str = client.post(START, sent).context["there"]
    return address


def back(client: Client, sub: str, **sent: str) -> str:
    """The path to which the provider sends a person back who signed in there."""
    answer = requests.post(there(client, **sent), data={"sub": sub}, allow_redirects=False, timeout=5)
    found = urlsplit(answer.headers["Location"])
    return f"{found.path}?{found.query}"


def come(client: Client, sub: str, **sent: str) -> Any:
    return client.get(back(client, sub, **sent))


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# --- the button ---------------------------------------------------------------------------------------


def test_the_sign_in_page_offers_it_by_its_name(cast: Cast, client: Client):
    assert "Sign in with Harbor ID" in client.get("/sign-in/").content.decode()


@pytest.mark.parametrize("missing", ["OIDC_ISSUER", "OIDC_CLIENT_ID"])
def test_without_its_settings_there_is_no_button_and_no_door(cast: Cast, client: Client, settings: Any, missing: str):
    setattr(settings, missing, "")
    assert "Harbor ID" not in client.get("/sign-in/").content.decode()
    statuses = [client.post(START).status_code, client.get(f"{START}callback/").status_code]
    assert statuses == [404, 404]


def test_a_link_to_it_leads_to_the_sign_in_page_and_asks_nobody(cast: Cast, client: Client):
    assert client.get(START).headers["Location"] == "/sign-in/"


def test_what_is_asked_of_the_provider(cast: Cast, client: Client):
    """The state, the nonce and the PKCE challenge are new each time; who asks cannot add anything."""
    first, second = (parse_qs(urlsplit(there(client, scope="admin", auth_params="a=b")).query) for _ in range(2))
    named = {name: value[0] for name, value in first.items()}
    assert set(named) == {
        "client_id", "redirect_uri", "scope", "response_type", "state", "nonce", "code_challenge",
        "code_challenge_method", "max_age",
    }  # fmt: skip
    assert named["max_age"] == "0"  # a session at the provider is no proof of who sits there now
    assert sorted(named["scope"].split()) == ["email", "openid", "profile"]
    assert (named["code_challenge_method"], named["client_id"]) == ("S256", "vetting")
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


# --- who comes in -------------------------------------------------------------------------------------


def test_a_person_whose_account_is_here_comes_in(
    cast: Cast, client: Client, somebody: Answer, django_capture_on_commit_callbacks: Any
):
    sub = somebody(cast.officer.email.upper())
    with django_capture_on_commit_callbacks(execute=True):
        response = come(client, sub)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(cast.officer.pk)
    told = LedgerEntry.objects.filter(practice_uid=cast.practice.uid).order_by("seq")
    assert [entry.verb for entry in told] == ["person.linked", "person.signed_in"]
    assert told.last().detail["method"] == "single sign-on"
    assert cast.officer.email in [to for each in mail.outbox for to in each.to][0]


def test_nothing_but_the_link_is_kept_of_what_the_provider_said(cast: Cast, client: Client, somebody: Answer):
    come(client, somebody(cast.officer.email, sub="s" * 255))
    kept = SocialAccount.objects.get()
    assert (kept.user, kept.provider, set(kept.extra_data)) == (cast.officer, "sso", {"issuer"})
    assert (len(kept.uid), SocialToken.objects.count()) == (64, 0)


def test_the_password_stays_good(cast: Cast, client: Client, somebody: Answer):
    come(client, somebody(cast.officer.email))
    before, now = cast.officer.password, Person.objects.get(pk=cast.officer.pk).password
    assert now == before


def test_the_second_time_the_providers_own_id_counts(cast: Cast, client: Client, somebody: Answer):
    sub = somebody(cast.officer.email)
    come(client, sub)
    somebody("dana@new-name.example", sub=sub, verified=False)
    again = Client()
    come(again, sub)
    assert (signed_in(again), SocialAccount.objects.count()) == (True, 1)


def test_one_goes_on_to_the_page_that_one_wanted(cast: Cast, client: Client, somebody: Answer):
    assert come(client, somebody(cast.staff.email), next="/vendors/").headers["Location"] == "/vendors/"


def test_one_is_never_sent_to_another_site(cast: Cast, client: Client, somebody: Answer):
    assert come(client, somebody(cast.staff.email), next="https://evil.example/").headers["Location"] == "/"


# --- who does not -------------------------------------------------------------------------------------


def pages(client: Client, *subs: str) -> list[tuple[int, str]]:
    answers = [come(client, sub) for sub in subs]
    return [(answer.status_code, answer.context["sentence"]) for answer in answers]


def test_strangers_and_closed_accounts_get_the_same_page(cast: Cast, client: Client, somebody: Answer):
    change(cast.staff, is_active=False)
    people, rows = Person.objects.count(), LedgerEntry.objects.count()
    subs = somebody("nobody@elsewhere.example"), somebody(cast.staff.email)
    assert pages(client, *subs) == [(403, UNKNOWN)] * 2
    assert (signed_in(client), SocialAccount.objects.count()) == (False, 0)
    assert (Person.objects.count(), LedgerEntry.objects.count()) == (people, rows)


def test_somebody_linked_before_their_account_was_closed_stays_out(cast: Cast, client: Client, somebody: Answer):
    sub = somebody(cast.staff.email)
    come(Client(), sub)
    change(cast.staff, is_active=False)
    assert (pages(client, sub), signed_in(client)) == ([(403, UNKNOWN)], False)


@pytest.mark.parametrize("verified", [False, "false", None, 0, "yes"])
def test_an_e_mail_that_nobody_confirmed_opens_nothing(cast: Cast, client: Client, somebody: Answer, verified: Any):
    ((status, sentence),) = pages(client, somebody(cast.owner.email, verified=verified))
    assert (status, sentence.split(".")[0]) == (403, "Harbor ID does not say that your e-mail is confirmed")
    assert (signed_in(client), SocialAccount.objects.count()) == (False, 0)


def test_an_address_given_to_a_second_person_does_not_open_the_first_ones_account(
    cast: Cast, client: Client, somebody: Answer
):
    come(Client(), somebody(cast.officer.email, sub="the-first"))
    assert pages(client, somebody(cast.officer.email, sub="the-second")) == [(403, UNKNOWN)]


def test_who_stops_at_the_provider_is_told_so(cast: Cast, client: Client):
    asked = requests.post(there(client), data={"action": "deny"}, allow_redirects=False, timeout=5)
    state = parse_qs(urlsplit(client.post(START).context["there"]).query)["state"][0]
    answer = client.get(f"{START}callback/?{urlencode({'error': 'access_denied', 'state': state})}")
    assert (asked.status_code, answer.status_code) == (302, 403)
    assert "You stopped at Harbor ID." in answer.context["sentence"]


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=guessed", "?error=x", "?state=%00"])
def test_an_answer_that_nobody_asked_for_is_refused(cast: Cast, client: Client, query: str):
    answer = client.get(f"{START}callback/{query}")
    assert (answer.status_code, "Please begin again." in answer.context["sentence"]) == (400, True)


def test_an_answer_meant_for_another_browser_is_refused(cast: Cast, client: Client, somebody: Answer):
    path = back(Client(), somebody(cast.owner.email))
    assert (client.get(path).status_code, signed_in(client)) == (400, False)


def test_an_answer_counts_once(cast: Cast, client: Client, somebody: Answer):
    path = back(client, somebody(cast.owner.email))
    client.get(path)
    client.post("/sign-out/")
    assert (client.get(path).status_code, signed_in(client)) == (400, False)


def test_a_code_begun_with_another_nonce_is_refused(cast: Cast, client: Client, somebody: Answer):
    """A code that an enemy was given for another sign-in, slipped under the state of this one."""
    sub = somebody(cast.owner.email)
    mine = parse_qs(urlsplit(back(client, sub)).query)
    session = client.session
    state, *rest = session["socialaccount_states"][mine["state"][0]]
    session["socialaccount_states"] = {mine["state"][0]: ({**state, "nonce": "another"}, *rest)}
    session.save()
    answer = client.get(f"{START}callback/?{urlencode({name: value[0] for name, value in mine.items()})}")
    assert (answer.status_code, signed_in(client), SocialAccount.objects.count()) == (400, False, 0)


# --- a provider that is away, or answers nonsense ----------------------------------------------------------


def test_a_provider_that_is_away_is_said_with_what_to_do(cast: Cast, client: Client, settings: Any):
    settings.OIDC_ISSUER = f"http://127.0.0.1:{free_port()}"
    page = client.post(START)
    words = page.content.decode()
    assert (page.status_code, "Harbor ID gives no answer that we understand" in words) == (503, True)
    assert "Try again with Harbor ID" in words
    assert "Sign in with a password" in words


def test_a_provider_that_goes_away_on_the_way_is_said_too(cast: Cast, client: Client, somebody: Answer, settings: Any):
    path = back(client, somebody(cast.owner.email))
    settings.OIDC_ISSUER = f"http://127.0.0.1:{free_port()}"
    assert (client.get(path).status_code, signed_in(client)) == (503, False)


def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    cast: Cast, client: Client, settings: Any, provider: str
):
    settings.OIDC_ISSUER = f"{provider}/.well-known/openid-configuration?x="
    assert client.post(START).status_code == 503


NONSENSE = [
    ("openid_config", []), ("openid_config", {}), ("openid_config", {"issuer": 7}), ("openid_config", "x"),
    ("get_access_token_data", {"access_token": "x"}),
    ("get_access_token_data", {"access_token": "x", "expires_in": "y"}),
    ("get_access_token_data", {"access_token": "x", "id_token": "a.b.c"}), ("get_access_token_data", {}),
    ("get_access_token_data", []), ("_fetch_user_info", {"sub": "somebody else"}), ("_fetch_user_info", []),
    ("_fetch_user_info", {"email": 7}), ("_fetch_user_info", "x"), ("_fetch_user_info", {"sub": None, "email": []}),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "answer"), NONSENSE)
def test_nonsense_is_never_a_fault_of_ours(
    cast: Cast, client: Client, somebody: Answer, monkeypatch: pytest.MonkeyPatch, asked: str, answer: Any
):
    path = back(client, somebody(cast.owner.email))
    stock = Asking.__mro__[1]
    replaced = property(lambda self: answer) if asked == "openid_config" else lambda self, *args, **options: answer
    monkeypatch.setattr(stock, asked, replaced)
    came = client.get(path).status_code
    if asked == "_fetch_user_info" and not answer:  # a provider may leave it out: the signed part says it all
        assert came == 302
    else:
        assert (came, signed_in(client)) == (503, False)


# --- settings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"OIDC_CLIENT_SECRET": ""}, "set up in part"), ({"OIDC_ISSUER": "http://id.example"}, "has no TLS")],
)
def test_settings_that_would_open_the_house_stop_the_start(settings: Any, changes: dict[str, str], words: str):
    for name, value in changes.items():
        setattr(settings, name, value)
    with pytest.raises(SystemCheckError, match=words):
        call_command("check")
