"""In a real browser: who was idle is warned, signed out, and finds what was typed; nobody else does."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Person, axe_findings, unfold
from tests.services import Site

pytestmark = pytest.mark.e2e
OFFICER, OWNER = "officer@harborlight.example", "owner@harborlight.example"
_SAVING = "**/questions/7/"
TYPED = "They train on nothing of ours, says the addendum."
_BACK = """
from django.contrib.sessions.models import Session
from django.contrib.sessions.backends.db import SessionStore
for row in Session.objects.all():
    data = row.get_decoded()
    if "seen" in data:
        kept = SessionStore(row.session_key); kept["seen"] = data["seen"] - {seconds}; kept.save()
"""


def nothing_happened_for(site: Site, seconds: int) -> None:
    """Moves the last activity of every session back."""
    done = site.manage("shell", "-c", _BACK.format(seconds=seconds))
    assert done.returncode == 0, done.stderr


def ask_now(page: Page) -> None:
    """What the page does by itself when its time has come."""
    page.evaluate("htmx.ajax('GET', '/session/', {source: '#session', target: '#session', swap: 'outerHTML',"
                  " headers: {'X-Background': '1'}})")  # fmt: skip


def sign_in_again(person: Person, email: str, password: str) -> None:
    person.page.get_by_label("E-mail").fill(email)
    person.page.get_by_label("Password").fill(password)
    person.press("Sign in")
    expect(person.page.get_by_role("button", name="Sign out")).to_be_visible()


def test_idling_is_warned_of_and_one_can_stay(demo: Site, browser: Browser, password: str):
    officer = Person(browser, demo.url)
    officer.sign_in(OFFICER, password)
    page = officer.open("/vendors/")
    nothing_happened_for(demo, 14 * 60)
    ask_now(page)
    expect(page.get_by_role("alert")).to_contain_text("You will be signed out at")
    assert axe_findings(page) == []
    officer.press("Stay signed in")
    expect(page.get_by_role("alert")).to_have_count(0)
    officer.open("/vendors/")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert officer.complaints == []


def test_what_was_typed_in_a_form_is_back_after_signing_in(demo: Site, browser: Browser, password: str):
    officer = Person(browser, demo.url)
    officer.sign_in(OFFICER, password)
    page = officer.open("/vendors/add/")
    page.get_by_label("Name of the vendor").fill("Claridesk Two")
    page.get_by_label("What it does for you").fill(TYPED)
    nothing_happened_for(demo, 16 * 60)
    ask_now(page)
    expect(page.locator("main")).to_contain_text("You were signed out after 15 minutes without activity")
    sign_in_again(officer, OFFICER, password)
    expect(page.get_by_label("Name of the vendor")).to_have_value("Claridesk Two")
    expect(page.get_by_label("What it does for you")).to_have_value(TYPED)
    assert officer.complaints == []


def test_another_person_does_not_find_it(demo: Site, browser: Browser, password: str):
    officer = Person(browser, demo.url)
    officer.sign_in(OFFICER, password)
    page = officer.open("/vendors/add/")
    page.get_by_label("What it does for you").fill(TYPED)
    nothing_happened_for(demo, 16 * 60)
    ask_now(page)
    sign_in_again(officer, OWNER, password)
    expect(page.get_by_label("What it does for you")).to_have_value("")
    assert TYPED not in page.evaluate("JSON.stringify(sessionStorage)")


def test_an_answer_that_was_not_saved_yet_is_back_too(demo: Site, browser: Browser, password: str):
    officer = Person(browser, demo.url)
    officer.sign_in(OFFICER, password)
    page = officer.open("/vendors/?show=in_evaluation")
    page.locator("td.key a").first.click()
    officer.follow("Go to the evaluation")
    question = page.locator("#question-7")
    unfold(question)
    page.route(_SAVING, lambda route: route.abort())  # the line is down, so nothing of it arrives
    question.get_by_text("Yes, but only said").click()
    text = question.get_by_label("What they said")
    text.fill(TYPED)
    text.blur()
    nothing_happened_for(demo, 16 * 60)
    ask_now(page)
    expect(page.locator("main")).to_contain_text("Sign in, and your text is back")
    page.unroute(_SAVING)
    sign_in_again(officer, OFFICER, password)
    expect(page.locator("#question-7").get_by_label("What they said")).to_have_value(TYPED)


def test_without_scripts_the_text_is_read_on_a_page_of_its_own(demo: Site, browser: Browser, password: str):
    officer = Person(browser, demo.url, java_script_enabled=False)
    officer.sign_in(OFFICER, password)
    page = officer.open("/vendors/add/")
    page.get_by_label("Name of the vendor").fill("Claridesk Three")
    page.get_by_label("What it does for you").fill(TYPED)
    nothing_happened_for(demo, 16 * 60)
    officer.press("Add the vendor")
    sign_in_again(officer, OFFICER, password)
    officer.follow("Read your text")
    officer.sees(TYPED)
    officer.press("I have it. Forget this text")
    expect(page).to_have_url(f"{demo.url}/vendors/add/")
    expect(page.get_by_role("link", name="Read your text")).to_have_count(0)
