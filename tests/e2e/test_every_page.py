"""Every page shape of the demonstration, as people with other eyes, hands and screens meet it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import Person, axe_findings, chromium, sideways
from tests.services import Site, running_site

pytestmark = pytest.mark.e2e
_UID = re.compile(r"/[2-9a-hjkmnp-tv-z]{12}/")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("demo") / "data", "--demo", SWEEP_SECONDS="2") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def password(site: Site) -> str:
    return (site.data_dir / "demo-password").read_text().strip()


@pytest.fixture(scope="module")
def pages(site: Site, browser: Browser, password: str) -> list[str]:
    """One address of each shape that the owner can reach by links from Today."""
    owner = Person(browser, site.url)
    owner.sign_in("owner@harborlight.example", password)
    shapes: dict[str, str] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop(0)
        shape = _UID.sub("/ID/", path.split("?")[0])
        if shape in shapes or shape.endswith("/download/"):
            continue
        shapes[shape] = path
        owner.open(path)
        links = owner.page.eval_on_selector_all("main a[href], header a[href]", "all => all.map(a => a.href)")
        waiting += [link.removeprefix(site.url).split("#")[0] for link in links if link.startswith(site.url)]
    owner.context.close()
    assert len(shapes) > 25
    return [*shapes.values(), "/nowhere/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_has_a_barrier(site: Site, browser: Browser, password: str, pages: list[str], scheme: str, width: int):
    owner = Person(browser, site.url, color_scheme=scheme)
    owner.page.set_viewport_size({"width": width, "height": 900})
    owner.sign_in("owner@harborlight.example", password)
    found = []
    for path in pages:
        owner.open(path)
        found += axe_findings(owner.page)
        if sideways(owner.page) > 0:
            found.append(f"{path} is {sideways(owner.page)} pixels wider than {width}")
    owner.context.close()
    assert found == []
    assert owner.complaints == []


def test_who_is_not_signed_in_meets_no_barrier(site: Site, browser: Browser):
    stranger = Person(browser, site.url)
    found = []
    for path in ["/sign-in/", "/verify/", "/nowhere/", "/join/guessed/"]:
        stranger.open(path)
        found += axe_findings(stranger.page)
    assert found == []


def test_without_scripts_an_answer_is_saved_all_the_same(site: Site, browser: Browser, password: str):
    officer = Person(browser, site.url, java_script_enabled=False)
    officer.sign_in("officer@harborlight.example", password)
    officer.open("/vendors/?show=in_evaluation")
    officer.page.locator("td.key a").first.click()
    officer.follow("Go to the evaluation")
    question = officer.page.locator("#question-7")
    question.get_by_label("What they said").fill("The report covers the product.")
    question.get_by_role("button", name="Save this answer").click()
    officer.sees("The answer to question 7 is saved.")
    assert officer.page.locator("#question-7 textarea").input_value() == "The report covers the product."


def test_with_the_keyboard_alone_one_reaches_and_answers_a_question(site: Site, browser: Browser, password: str):
    officer = Person(browser, site.url)
    officer.sign_in("officer@harborlight.example", password)
    officer.open("/vendors/?show=in_evaluation")
    officer.page.locator("td.key a").first.press("Enter")
    officer.page.get_by_role("link", name="Go to the evaluation").press("Enter")
    officer.page.wait_for_selector("#question-2")
    radio = officer.page.locator("#question-2 input[type=radio]").first
    radio.focus()
    officer.page.keyboard.press("ArrowRight")
    officer.page.wait_for_selector("#saved-2 .ok")
    focused = officer.page.evaluate("document.activeElement.closest('article')?.id")
    assert focused == "question-2"


def test_what_was_typed_outlives_a_session(site: Site, browser: Browser, password: str):
    officer = Person(browser, site.url)
    officer.sign_in("officer@harborlight.example", password)
    officer.open("/vendors/?show=in_evaluation")
    officer.page.locator("td.key a").first.click()
    officer.follow("Go to the evaluation")
    officer.page.wait_for_selector("#question-6")
    address = officer.page.url
    officer.context.clear_cookies()
    said = officer.page.locator("#question-6").get_by_label("What they said")
    said.fill("Typed after the session had ended.")
    said.blur()
    officer.follow("Sign in again")
    officer.page.get_by_label("Email").fill("officer@harborlight.example")
    officer.page.get_by_label("Password").fill(password)
    officer.press("Sign in")
    officer.page.wait_for_url(address)
    officer.page.wait_for_selector("#saved-6 .ok")
    assert officer.page.locator("#question-6 textarea").input_value() == "Typed after the session had ended."
