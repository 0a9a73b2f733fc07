"""The second factor in a real browser: a passkey, an authenticator app, a recovery code, and being asked again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, expect

from tests.e2e.browser import OWNER, PASSWORD, Person, axe_findings, take_the_installation
from tests.services import Site, running_site

pytestmark = [pytest.mark.e2e, pytest.mark.servers]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site") / "data", SWEEP_SECONDS="2") as running:
        yield running


def localhost(site: Site) -> str:
    """Passkeys belong to a name, never to a number."""
    return site.url.replace("127.0.0.1", "localhost")


def test_from_the_second_sign_in_on(site: Site, browser: Browser, tmp_path: Path):
    owner = Person(browser, localhost(site))
    take_the_installation(owner, site)
    owner.press("Sign out")
    give_password(owner)
    owner.sees("Add a second factor")
    looks_right(owner)
    plug_in_a_passkey(owner)
    make_passkey(owner)
    codes = keep_codes(owner, tmp_path / "codes.txt")
    owner.sees("Begin with one vendor")
    secret = add_app(owner)
    owner.press("Sign out")
    by_passkey_alone(owner)
    owner.press("Sign out")
    by_passkey_after_the_password(owner)
    owner.press("Sign out")
    by_app(owner, secret)
    owner.press("Sign out")
    by_recovery_code(owner, codes[0])
    see_the_rest(owner)
    assert owner.complaints == []


def give_password(owner: Person) -> None:
    page = owner.open("/sign-in/")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    owner.press("Sign in")


def plug_in_a_passkey(owner: Person) -> None:
    """An authenticator in the browser that knows its person: a laptop with a finger on it."""
    cdp = owner.context.new_cdp_session(owner.page)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def make_passkey(owner: Person) -> None:
    owner.follow("Add a passkey")
    looks_right(owner)
    owner.page.get_by_label("Name of this passkey").fill("Office computer")
    owner.press("Make the passkey")
    owner.sees("Your recovery codes")


def keep_codes(owner: Person, to: Path) -> list[str]:
    looks_right(owner)
    shown = owner.page.locator(".codes li").all_inner_texts()
    with owner.page.expect_download() as begun:
        owner.follow("Download as a text file")
    begun.value.save_as(to)
    assert [line for line in to.read_text().splitlines() if line.isdigit()] == shown
    owner.follow("I kept them. Go on")
    return shown


def add_app(owner: Person) -> str:
    page = owner.open("/account/second-factor/app/")
    looks_right(owner)
    expect(page.locator(".qr svg")).to_be_visible()
    secret = page.locator("main .mono").inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill(code_of(secret))
    owner.press("Add the app")
    owner.sees("Authenticator app")
    owner.sees("Office computer")
    looks_right(owner)
    return secret


def code_of(secret: str) -> str:
    """What the app shows, waiting for the next code where this one is about to change."""
    left = 30 - time.time() % 30
    if left < 4:
        time.sleep(left + 0.1)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def by_passkey_alone(owner: Person) -> None:
    owner.open("/sign-in/?next=/vendors/")
    looks_right(owner)
    owner.press("Sign in with a passkey")
    owner.page.wait_for_url("**/vendors/")


def by_passkey_after_the_password(owner: Person) -> None:
    give_password(owner)
    owner.sees("Now your second factor")
    looks_right(owner)
    owner.press("Use your passkey")
    owner.sees("Begin with one vendor")


def by_app(owner: Person, secret: str) -> None:
    give_password(owner)
    owner.page.get_by_label("Code from your authenticator app").fill("000000")
    owner.press("Sign in")
    owner.sees("This code did not work.")
    looks_right(owner)
    code = code_of(secret)
    owner.page.get_by_label("Code from your authenticator app").fill(code)
    owner.press("Sign in")
    if owner.page.get_by_text("This code did not work.").count():  # it was used up when the app was added
        owner.page.wait_for_timeout(1000 * (30.2 - time.time() % 30))
        owner.page.get_by_label("Code from your authenticator app").fill(code_of(secret))
        owner.press("Sign in")
    owner.sees("Begin with one vendor")


def by_recovery_code(owner: Person, code: str) -> None:
    give_password(owner)
    owner.page.get_by_label("Code from your authenticator app").fill(code)
    owner.press("Sign in")
    owner.sees("Begin with one vendor")
    owner.open("/account/second-factor/")
    owner.sees("You have 9 recovery codes left")


def see_the_rest(owner: Person) -> None:
    for link in ["Rename Office computer", "Remove Office computer", "Recovery codes"]:
        owner.open("/account/second-factor/")
        owner.follow(link)
        looks_right(owner)
    owner.open("/account/again/?next=/people/")
    looks_right(owner)
    owner.press("Use your passkey")
    owner.sees("Who belongs to Harbor Light Counseling")


def looks_right(owner: Person) -> None:
    owner.page.wait_for_load_state()
    for scheme in ("light", "dark"):
        owner.page.emulate_media(color_scheme=scheme)
        assert axe_findings(owner.page) == []


def test_without_scripts_the_page_offers_the_rest(site: Site, browser: Browser):
    owner = Person(browser, localhost(site), java_script_enabled=False)
    give_password(owner)
    owner.sees("Passkeys need JavaScript, and it is switched off here.")
    expect(owner.page.get_by_role("button", name="Use your passkey")).to_be_hidden()
    expect(owner.page.get_by_label("Code from your authenticator app")).to_be_visible()
