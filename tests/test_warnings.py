"""Beside every upload and every text of several lines stands that patient data does not belong there."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django import forms
from django.test import Client

from tests.conftest import Cast
from tests.doors import read_out
from tests.test_doors import DOORS, address, things
from tests.test_form_words import OURS, _all, required_fields

__all__ = ["things"]  # a fixture
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

#: a document of our own is looked at there and never kept
KEEPS_NOTHING = {"core:verify", "core:verify_code"}
#: pages that have such a field at least; more may come, none may go unseen
HAVE_ONE = {
    "checklists:evaluation",
    "vendors:add_agreement",
    "vendors:add_evidence",
    "vendors:add_review",
    "vendors:bring_in_list",
    "vendors:set_list_aside",
    "vendors:agreement",
    "vendors:end_agreement",
    "vendors:end_vendor",
    "vendors:no_patient_data",
    "vendors:quarantine_evidence",
    "vendors:report_exposure",
    "vendors:change_exposure",
    "vendors:write_factor",
    "vendors:decide_exposure",
}


class Fields(HTMLParser):
    """The fields of a page that ask for a warning, and the text of everything with an id."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, list[str]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "textarea" or (tag == "input" and given.get("type") == "file"):
            self.asked.append((given.get("name", ""), given.get("aria-describedby", "").split()))
        if tag not in {"input", "br", "img", "meta", "link", "hr", "source", "wbr"}:
            self._open.append((tag, given.get("id", "")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, name in self._open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data

    def unwarned(self) -> list[str]:
        texts = {name: " ".join(self.texts.get(each, "") for each in ids).lower() for name, ids in self.asked}
        return [name for name, text in texts.items() if "never" not in text or "patient data" not in text]


@pytest.mark.usefixtures("installed")
def test_every_page_warns_beside_its_fields(cast: Cast, browse: Callable[..., Client], things: dict[str, str]) -> None:
    client, seen, unwarned = browse(cast.owner), set(), []
    for name in DOORS:
        if name in KEEPS_NOTHING or not name.startswith(("checklists:", "vendors:", "core:")):
            continue
        response = client.get(address(name, things), follow=False)
        read_out(response)
        if response.status_code != 200 or "html" not in response.headers.get("Content-Type", ""):
            continue
        page = Fields()
        page.feed(response.content.decode())
        seen |= {name} if page.asked else set()
        unwarned += [f"{name}: {field}" for field in page.unwarned()]
    assert unwarned == []
    assert seen >= HAVE_ONE


def test_every_form_warns_beside_its_texts() -> None:
    required_fields()  # loads every module of forms
    by_hand = {"vendors.forms.clauses.ReadingForm"}  # its page writes them itself, see above
    silent = [
        f"{form.__module__}.{form.__name__}.{name}"
        for form in _all(forms.BaseForm)
        if form.__module__.startswith(OURS) and f"{form.__module__}.{form.__name__}" not in by_hand
        for name, field in form.base_fields.items()
        if isinstance(field.widget, forms.Textarea) and "ever put patient data here" not in str(field.help_text)
    ]
    assert silent == []
