"""The whole job in a real browser, on a site started as a person would: from the one-time code to a sealed dossier.

Runs on SQLite with the folder queue, and on PostgreSQL with Redis when the suite is given servers.
"""

import re
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import files
from tests.e2e.browser import PASSWORD, Person, take_the_installation
from tests.services import MailServer, Site, running_site

pytestmark = [pytest.mark.e2e, pytest.mark.servers, pytest.mark.production]
TODAY = date.today()  # noqa: DTZ011  the site runs on this machine's own day
OFFICER = "dana@harborlight.example"


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, mail: MailServer) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site") / "data"
    with running_site(folder, EMAIL_URL=mail.url, SWEEP_SECONDS="2") as running:
        yield running


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "Business associate agreement.pdf"
    path.write_bytes(files.pdf(pages=3, text="Business associate agreement"))
    return path


def test_from_an_empty_machine_to_a_signed_dossier(site: Site, browser: Browser, agreement: Path, tmp_path: Path):
    owner, officer = Person(browser, site.url), Person(browser, site.url)
    take_the_installation(owner, site)
    invite_the_officer(owner, officer)
    add_the_vendor(officer)
    record_the_agreement(officer, agreement)
    answer_nine_questions(officer, agreement)
    submit_and_attest(officer)
    countersign(owner)
    attestation = download(owner, tmp_path / "attestation.pdf")
    check(attestation, site)
    dossier = have_a_dossier_made(owner, tmp_path / "dossier.pdf")
    check(dossier, site)
    anybody_verifies(browser, site, dossier, tmp_path)
    mark_as_in_use(officer)
    read_history(owner)
    assert owner.complaints + officer.complaints == []


def invite_the_officer(owner: Person, officer: Person) -> None:
    page = owner.open("/people/")
    page.get_by_label("Full name").fill("Dana Okafor")
    page.get_by_label("E-mail").fill(OFFICER)
    page.get_by_label("Compliance officer").check()
    owner.press("Send the invitation")
    link = page.locator(".notice .mono").inner_text()
    officer.page.goto(link)
    officer.page.get_by_label("Password").fill(PASSWORD)
    officer.press("Join the practice")
    officer.sees("Nothing needs you")


def add_the_vendor(officer: Person) -> None:
    page = officer.open("/vendors/add/")
    page.get_by_label("Name of the vendor").fill("Notewell")
    page.get_by_label("What it does for you").fill("Ambient note drafting")
    officer.press("Add the vendor")
    page.get_by_label("Name of the tool").fill("Notewell Scribe")
    page.locator("[name=has_ai][value=yes]").check()
    page.get_by_label("Progress notes").check()
    page.get_by_label("Session audio, video or transcripts").check()
    page.locator("[name=part2][value=yes]").check()
    officer.press("Add the tool")
    officer.sees("Nobody has asked the nine questions yet")
    officer.open("/vendors/?q=notewell")
    officer.sees("Proposed")


def record_the_agreement(officer: Person, agreement: Path) -> None:
    officer.follow("Notewell")
    officer.follow("Record an agreement")
    page = officer.page
    page.locator("[name=kind_of][value=baa]").check()
    page.get_by_label("Signed by your practice on").fill((TODAY - timedelta(days=2)).isoformat())
    page.get_by_label("Signed by the vendor on").fill((TODAY - timedelta(days=3)).isoformat())
    page.get_by_label("Notewell Scribe").check()
    page.set_input_files("[name=file]", agreement)
    page.get_by_label("no patient information").check()
    officer.press("Record the agreement")
    for group in page.locator("details.clause-group:not([open]) > summary").all()[::-1]:
        group.click()
    for clause in page.locator("li.clause").all():
        clause.locator("[name=status][value=present]").check()
        expect(clause.locator("[data-saved]")).to_contain_text("Saved")
    page.locator("#B07").get_by_label("Page").fill("2")
    page.locator("#B07").get_by_label("Quote").fill("Vendor tells the practice of every breach within five days.")
    expect(page.locator("#saved-B07 [data-saved]")).to_contain_text("Saved")
    with page.expect_response(lambda answer: "/clauses/B19/" in answer.url):
        page.locator("#days-B19").fill("5")
        page.locator("#days-B19").blur()


def at_rest(page: Page) -> None:
    """Return when the page waits for no answer and puts none in its place."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def answer_nine_questions(officer: Person, agreement: Path) -> None:
    page = officer.open("/vendors/")
    officer.follow("Notewell")
    officer.follow("Evaluate")
    officer.press("Start the evaluation")
    expect(page.locator("#verdict")).to_contain_text("Not cleared")
    for number in range(1, 10):
        question = page.locator(f"#question-{number}")
        question.get_by_text("Yes, in writing").click()
        question.get_by_label("What they said").fill(f"Clause {number} of the agreement says so.")
        route = {3: "deidentified", 5: "qso"}.get(number)
        if route:
            question.locator(f"label:has([name=route][value={route}])").click()
        expect(question.locator("[data-saved]")).to_contain_text("Saved")
        question.get_by_text("Add a document").click()
        question.get_by_label("Use a document on file").select_option(index=1)
        question.get_by_role("button", name="Use it", exact=True).click()
        expect(question.locator(f"#state-{number}")).to_have_text("Documented")
        at_rest(page)  # what is folded up moves the next question, as a person would wait to see
    expect(page.locator("#verdict")).to_contain_text("Cleared: five of five")


def submit_and_attest(officer: Person) -> None:
    officer.follow("Check answers and submit")
    officer.press("Submit for signature")
    officer.follow("Attest")
    sign(officer, "Dana Okafor", "Attest and sign")


def say_again(person: Person) -> None:
    """Asked where the last sign-in is more than five minutes ago."""
    if "/account/again/" in person.page.url:
        person.page.locator("[name=password]").fill(PASSWORD)
        person.page.get_by_role("button", name="Yes, it is me").click()


def sign(person: Person, name: str, button: str) -> None:
    page = person.page
    page.wait_for_load_state()
    say_again(person)
    page.locator("[name=typed_name]").fill(name)
    page.locator("[name=consent]").check()
    person.press(button)


def countersign(owner: Person) -> None:
    owner.open("/")
    owner.follow("Countersign")
    owner.page.get_by_role("link", name="Countersign", exact=True).first.click()
    sign(owner, "Maria Reyes", "Countersign")
    owner.sees("Maria Reyes")


def download(person: Person, to: Path) -> Path:
    """Wait for the document on the page, without loading it again, and keep it."""
    link = person.page.get_by_role("link", name="Download the PDF").first
    expect(link).to_be_visible(timeout=90_000)
    with person.page.expect_download() as begun:
        link.click()
    begun.value.save_as(to)
    return to


def have_a_dossier_made(owner: Person, to: Path) -> Path:
    owner.open("/vendors/")
    owner.follow("Notewell")
    owner.follow("Dossier (PDF)")
    owner.press("Prepare the dossier")
    waiting = owner.page.locator(".document").first
    expect(waiting).to_contain_text("dossier", ignore_case=True)
    expect(owner.page.get_by_role("link", name="Download the PDF")).to_have_count(2, timeout=90_000)
    return download(owner, to)


def check(document: Path, site: Site) -> None:
    """Poppler calls the signature valid and covering all; qpdf finds nothing wrong; so does our command."""
    said = subprocess.run(["pdfsig", document], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert subprocess.run(["qpdf", "--check", document], capture_output=True, check=False).returncode == 0
    assert site.manage("verify", str(document)).returncode == 0


def anybody_verifies(browser: Browser, site: Site, document: Path, folder: Path) -> None:
    stranger = Person(browser, site.url)
    changed, appended = folder / "changed.pdf", folder / "appended.pdf"
    content = bytearray(document.read_bytes())
    content[len(content) // 3] ^= 1
    changed.write_bytes(content)
    appended.write_bytes(document.read_bytes() + b"\n% more\n")
    for path, valid in [(document, True), (changed, False), (appended, False)]:
        stranger.open("/verify/")
        stranger.page.set_input_files("[name=file]", path)
        stranger.press("Check this document")
        result = stranger.page.locator("#result")
        expect(result).to_have_class(re.compile("met" if valid else "failed"))
        assert (site.manage("verify", str(path)).returncode == 0) is valid


def mark_as_in_use(officer: Person) -> None:
    officer.open("/vendors/")
    officer.follow("Notewell")
    officer.follow("Mark as in use")
    officer.sees("All six points are proven")
    officer.page.get_by_label("In use since").fill(TODAY.isoformat())
    officer.press("Mark as in use")
    expect(officer.page.locator("#loud .loud")).to_have_count(0)


def read_history(owner: Person) -> None:
    owner.open("/history/")
    owner.sees("Dana Okafor")
    owner.sees("Maria Reyes")


def test_the_review_is_asked_for_by_mail_once(site: Site, mail: MailServer):
    due = TODAY - timedelta(days=2)
    due = due.replace(year=due.year + 1)
    day = (due - timedelta(days=14)).isoformat()
    dry = site.manage("send_reminders", "--today", day, "--dry-run")
    assert "Notewell" in dry.stdout
    for _ in range(2):
        assert site.manage("send_reminders", "--today", day).returncode == 0
    about = [each for each in mail.messages if "Notewell" in str(each["Subject"])]
    assert [each["To"] for each in about] == [f"Dana Okafor <{OFFICER}>"]
    assert about[0].get_body(("plain",)) is not None
    assert about[0].get_body(("html",)) is not None
