"""A real browser, and the few things a person does with the site."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.services import Site, wait_until

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_AXE = Axe().axe_script
PASSWORD = "harbour mist over slate"
OWNER = "maria@harborlight.example"


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Tests that lay out documents hide this machine's fonts from their process; a browser needs them.
        env: dict[str, str | float | bool] = {k: v for k, v in os.environ.items() if k != "FONTCONFIG_FILE"}
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, env=env)
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody at a browser. Every page they open is checked for scripts that failed and for accessibility."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        self.open("/sign-in/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def sees(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)


def take_the_installation(owner: Person, site: Site) -> None:
    """Set the practice up by the code that the console printed. Maria Reyes is its owner."""
    wait_until(lambda: "Set-up code" in site.output(), "the console prints the code")
    code = re.search(r"Set-up code: (\S+)", site.output())
    assert code
    page = owner.open("/")
    page.get_by_label("Set-up code").fill(code[1])
    page.get_by_label("Name of the practice").fill("Harbor Light Counseling")
    page.get_by_label("Time zone").select_option("America/Los_Angeles")
    page.get_by_label("California").check()
    page.locator("[name=part2][value=yes]").check()
    page.get_by_label("Your full name").fill("Maria Reyes")
    page.get_by_label("Your e-mail").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    owner.press("Set up the practice")
    owner.sees("Begin with one vendor")


def unfold(part: Locator) -> None:
    """Open what is folded, as a finger would: the outer ones first, then what they held."""
    part.wait_for()
    folded = part.locator("details:not([open]) > summary:visible")
    while folded.count():
        folded.first.click()


#: the rules of WCAG 2.2 at levels A and AA, and what every good page does besides; of what passes nothing is told
_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
#: those that see another page where only colours and width changed
_SEEN = {
    "runOnly": ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"],
    "resultTypes": ["violations"],
}
_FINDINGS = """
    async rules => (await axe.run(document, rules)).violations
        .flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)}`))
"""


def axe_findings(page: Page, *, again: bool = False) -> list[str]:
    """What axe finds wrong on the page as it stands, a line each; `again` in other colours and another width only."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    return [f"{page.url}: {finding}" for finding in page.evaluate(_FINDINGS, _SEEN if again else _RULES)]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
