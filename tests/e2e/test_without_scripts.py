"""The same job on a telephone with scripts switched off: no step is a dead end."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import files
from tests.e2e.browser import Person, sideways, unfold
from tests.services import Site
from vendors.clauses import CURRENT, Need, clause_list

pytestmark = pytest.mark.e2e
TODAY = date.today()  # noqa: DTZ011  the site runs on this machine's own day
PHONE = {"java_script_enabled": False, "viewport": {"width": 390, "height": 800}}


def test_a_vendor_is_cleared_and_its_document_made(demo: Site, browser: Browser, password: str, tmp_path: Path):
    officer, owner = Person(browser, demo.url, **PHONE), Person(browser, demo.url, **PHONE)
    officer.sign_in("officer@harborlight.example", password)
    owner.sign_in("owner@harborlight.example", password)
    paper = tmp_path / "agreement.pdf"
    paper.write_bytes(files.pdf(pages=2, text="Agreement with Lanternbrook"))
    add_vendor(officer)
    record_agreement(officer, paper)
    evaluate(officer)
    sign(officer, "Attest", "Dana Okafor", "Attest and sign", password)
    owner.page.goto(officer.page.url)
    sign(owner, "Countersign", "Maria Reyes", "Countersign", password)
    fetch_document(owner, tmp_path / "attestation.pdf")


def add_vendor(officer: Person) -> None:
    page = officer.open("/vendors/add/")
    page.get_by_label("Name of the vendor").fill("Lanternbrook")
    officer.press("Add the vendor")
    page.get_by_label("Name of the tool").fill("Lanternbrook Notes")
    page.locator("[name=has_ai][value=yes]").check()
    page.get_by_label("Progress notes").check()
    page.locator("[name=part2][value=no]").check()
    officer.press("Add the tool")
    officer.sees("Nobody has asked the nine questions yet")
    assert sideways(page) == 0


def record_agreement(officer: Person, paper: Path) -> None:
    officer.follow("Record an agreement")
    page = officer.page
    page.locator("[name=kind_of][value=baa]").check()
    page.get_by_label("Signed by your practice on").fill((TODAY - timedelta(days=2)).isoformat())
    page.get_by_label("Signed by the vendor on").fill((TODAY - timedelta(days=2)).isoformat())
    page.get_by_label("Lanternbrook Notes").check()
    page.set_input_files("[name=file]", paper)
    page.get_by_label("no patient information").check()
    officer.press("Record the agreement")
    agreement = page.url.split("#")[0].removeprefix(officer.url)
    for clause in clause_list(CURRENT).clauses:
        if clause.needed_for is Need.ALWAYS:
            officer.open(f"{agreement}#{clause.code}")
            page.locator(f"#{clause.code} [name=status][value=present]").check()
            page.get_by_role("button", name=f"Save clause {clause.code}").click()


def evaluate(officer: Person) -> None:
    officer.open("/vendors/?q=lanternbrook")
    officer.follow("Lanternbrook")
    officer.follow("Evaluate")
    officer.press("Start the evaluation")
    page = officer.page
    address = page.url.split("#")[0]
    for number in range(1, 10):
        page.goto(f"{address}#question-{number}")
        question = page.locator(f"#question-{number}")
        unfold(question)
        question.locator("[name=response][value=in_writing]").check(force=True)
        if number == 3:
            question.locator("[name=route][value=deidentified]").check(force=True)
        if number == 5:
            question.locator("[name=route][value=consent]").check(force=True)
        question.get_by_role("button", name="Save this answer").click()
        question = page.locator(f"#question-{number}")
        unfold(question)
        question.get_by_label("Use a document on file").select_option(index=1)
        question.get_by_role("button", name="Use it", exact=True).click()
    expect(page.locator("#verdict")).to_contain_text("Cleared: five of five")
    officer.follow("Check answers and submit")
    officer.press("Submit for signature")


def sign(person: Person, link: str, name: str, button: str, password: str) -> None:
    page = person.page
    page.get_by_role("link", name=link, exact=True).first.click()
    say_again(person, password)
    page.locator("[name=typed_name]").fill(name)
    page.locator("[name=consent]").check()
    person.press(button)


def say_again(person: Person, password: str) -> None:
    """Asked where the last sign-in is more than five minutes ago."""
    if "/account/again/" in person.page.url:
        person.page.locator("[name=password]").fill(password)
        person.page.get_by_role("button", name="Yes, it is me").click()


def fetch_document(owner: Person, to: Path) -> None:
    page = owner.page
    link = page.get_by_role("link", name="Download the PDF").first
    for _ in range(40):
        if link.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    with page.expect_download() as begun:
        link.click()
    begun.value.save_as(to)
    assert to.read_bytes().startswith(b"%PDF-")
