"""A desk: officers who do one thing after another, when a test says so, on an installation that stays up."""

from typing import Any

import requests

from tests import files
from tests.faults.installation import Installation
from tests.faults.journal import Journal, Page
from tests.faults.officers import Officer, in_days
from tests.faults.pages import form_of


def signed_in(site: Installation, seed: int, *, most: int = 9) -> list[Officer]:
    """The people of the arrangement, signed in. They are no threads that run: call what they do."""
    desk = [Officer(site, known, seed, think=0.0) for known in site.people[:most]]
    for each in desk:
        each.sign_in()
    return desk


def journals_of(desk: list[Officer]) -> list[Journal]:
    return [each.journal for each in desk]


def slowest_of(desk: list[Officer]) -> float:
    return max(page.seconds for each in desk for page in each.journal.pages)


def last_page(officer: Officer) -> Page:
    return officer.journal.pages[-1]


def upload(officer: Officer, content: bytes, name: str = "report.pdf", **fields: str) -> requests.Response | None:
    """Give the site a file, once, and look at what it says: nothing of it is an act that must be kept."""
    path = f"/vendors/{officer.known.vendor}/evidence/add/"
    given = form_of(officer.open(path), holding="form_id")
    given |= {"title": f"Given {name}", "kind_of": "report", "no_patient_data": "on"}
    given |= {"dated_on": in_days(0), "expires_on": in_days(8), **fields}
    return officer.ask("POST", path, data=given, files={"file": (name, content, "application/pdf")})


def fresh_pdf(officer: Officer, *, pages: int = 1) -> bytes:
    """A PDF that nobody has seen before."""
    return files.pdf(pages=pages, text=officer._mark("file"))


def download(officer: Officer, path: str) -> Any:
    """A page that may answer with bytes, or refuse them: no page of the journal."""
    return officer.session.get(officer.site.url + path, allow_redirects=False, timeout=60)
