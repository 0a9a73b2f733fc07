"""Every page shape of the demonstration, as people with other eyes, hands and screens meet it."""

import re

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import Person, axe_findings, sideways, unfold
from tests.services import Site

pytestmark = pytest.mark.e2e
_UID = re.compile(r"/[2-9a-hjkmnp-tv-z]{12}/")


def test_no_page_has_a_barrier(demo: Site, browser: Browser, password: str):
    """One page of each shape that links lead to from Today, on a desk by day, and on a telephone by night."""
    owner = Person(browser, demo.url)
    owner.sign_in("owner@harborlight.example", password)
    shapes, waiting, found = set[str](), ["/", "/nowhere/"], list[str]()
    while waiting:
        path = waiting.pop(0)
        shape = _UID.sub("/ID/", path.split("?")[0])
        if shape in shapes or shape.endswith("/download/"):
            continue
        shapes.add(shape)
        found += barriers(owner, path)
        links = owner.page.eval_on_selector_all("main a[href], header a[href]", "all => all.map(a => a.href)")
        waiting += [link.removeprefix(demo.url).split("#")[0] for link in links if link.startswith(demo.url)]
    owner.context.close()
    assert len(shapes) > 25
    assert found == []
    assert owner.complaints == []


def barriers(owner: Person, path: str) -> list[str]:
    """What axe finds on this page, loaded once and looked at in two ways."""
    owner.page.set_viewport_size({"width": 1280, "height": 900})
    owner.page.emulate_media(color_scheme="light")
    owner.open(path)
    found = axe_findings(owner.page)
    owner.page.set_viewport_size({"width": 390, "height": 800})
    owner.page.emulate_media(color_scheme="dark")
    found += axe_findings(owner.page, again=True)
    if sideways(owner.page) > 0:
        found.append(f"{path} is {sideways(owner.page)} pixels wider than a telephone")
    return found


def test_who_is_not_signed_in_meets_no_barrier(demo: Site, browser: Browser):
    stranger = Person(browser, demo.url)
    found = []
    for path in ["/sign-in/", "/verify/", "/nowhere/", "/join/guessed/"]:
        stranger.open(path)
        found += axe_findings(stranger.page)
    assert found == []


def test_without_scripts_an_answer_is_saved_all_the_same(demo: Site, browser: Browser, password: str):
    officer = Person(browser, demo.url, java_script_enabled=False)
    officer.sign_in("officer@harborlight.example", password)
    officer.open("/vendors/?show=in_evaluation")
    officer.page.locator("td.key a").first.click()
    officer.follow("Go to the evaluation")
    question = officer.page.locator("#question-7")
    unfold(question)
    question.get_by_text("Yes, but only said").click()
    question.get_by_label("What they said").fill("The report covers the product.")
    question.get_by_role("button", name="Save this answer").click()
    officer.sees("The answer to question 7 is saved.")
    assert officer.page.locator("#question-7 textarea").input_value() == "The report covers the product."


def test_with_the_keyboard_alone_one_reaches_and_answers_a_question(demo: Site, browser: Browser, password: str):
    officer = Person(browser, demo.url)
    officer.sign_in("officer@harborlight.example", password)
    officer.open("/vendors/?show=in_evaluation")
    officer.page.locator("td.key a").first.press("Enter")
    officer.page.get_by_role("link", name="Go to the evaluation").press("Enter")
    officer.page.wait_for_selector("#question-2")
    unfold(officer.page.locator("#question-2"))
    radio = officer.page.locator("#question-2 input[type=radio]").first
    radio.focus()
    officer.page.keyboard.press("ArrowRight")
    officer.page.wait_for_selector("#saved-2 .ok")
    focused = officer.page.evaluate("document.activeElement.closest('article')?.id")
    assert focused == "question-2"


def test_what_was_typed_outlives_a_session(demo: Site, browser: Browser, password: str):
    officer = Person(browser, demo.url)
    officer.sign_in("officer@harborlight.example", password)
    officer.open("/vendors/?show=in_evaluation")
    officer.page.locator("td.key a").first.click()
    officer.follow("Go to the evaluation")
    officer.page.wait_for_selector("#question-6")
    address = officer.page.url
    officer.context.clear_cookies()
    unfold(officer.page.locator("#question-6"))
    said = officer.page.locator("#question-6").get_by_label("What they said")
    said.fill("Typed after the session had ended.")
    said.blur()
    officer.follow("Sign in again")
    officer.page.get_by_label("E-mail").fill("officer@harborlight.example")
    officer.page.get_by_label("Password").fill(password)
    officer.press("Sign in")
    officer.page.wait_for_url(address)
    officer.page.wait_for_selector("#saved-6 .ok")
    assert officer.page.locator("#question-6 textarea").input_value() == "Typed after the session had ended."


def test_a_form_that_met_an_ended_session_is_put_back(demo: Site, browser: Browser, password: str):
    officer = Person(browser, demo.url)
    officer.sign_in("officer@harborlight.example", password)
    officer.open("/vendors/add/")
    officer.page.get_by_label("Name of the vendor").fill("Marrowstone")
    officer.page.get_by_label("What it does for you").fill("A long story about what it does.")
    officer.context.clear_cookies(name="session")
    officer.press("Add the vendor")
    officer.page.get_by_label("E-mail").fill("officer@harborlight.example")
    officer.page.get_by_label("Password").fill(password)
    officer.press("Sign in")
    officer.sees("we put back what you typed")
    officer.press("Add the vendor")
    officer.sees("Add the first tool of Marrowstone")
    officer.open("/vendors/add/")
    assert officer.page.get_by_label("Name of the vendor").input_value() == ""


def test_a_form_that_is_answered_by_its_next_step_was_sent(demo: Site, browser: Browser, password: str):
    officer = Person(browser, demo.url)
    officer.sign_in("officer@harborlight.example", password)
    officer.open("/part2/sign/")
    for yes in officer.page.get_by_role("radio", name="Yes", exact=True).all():
        yes.check()
    officer.press("See what the answers point to")
    officer.sees("This adds up your answers, and decides nothing.")
    assert officer.page.get_by_text("It was not sent").count() == 0
