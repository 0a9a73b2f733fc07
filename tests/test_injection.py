"""What a person types never becomes a header, markup, SQL, an address elsewhere, or a file that the paper shows."""

import ast
import re
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client, TestCase

from checklists.actions.dossiers import request_dossier
from practice_vetting.core.documents import jobs
from practice_vetting.core.files.keeping import read
from practice_vetting.core.models import Document
from practice_vetting.core.people import invite
from tests.checklists import paper
from tests.conftest import Cast
from tests.core.pdf_tools import text_of
from tests.factories import PASSWORD, change
from tests.test_house import product

ROOT = Path(settings.BASE_DIR)

# --- what the code may not hold -------------------------------------------------------------------

#: where text is marked as markup, each after it was escaped, or made of our own words alone
MAY_MARK = {
    "practice_vetting/core/templatetags/paper.py",
    "checklists/demo/papers.py",
    "checklists/documents.py",  # the drawing of the map, which our own template wrote from escaped words
}
#: where SQL is written by hand, without a word that anybody typed
MAY_WRITE_SQL = {
    "checklists/judged_file.py",
    "practice_vetting/core/health.py",
    "practice_vetting/core/history_rows.py",
    "practice_vetting/core/preparing.py",
    "practice_vetting/core/triggers.py",
    "practice_vetting/core/archive/snapshot.py",
    "practice_vetting/core/archive/tables.py",
    "practice_vetting/core/documents/time_stamp.py",  # the raw answer of an authority, and no SQL
}


def names_used(tree: ast.Module) -> set[str]:
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize(
    ("marks", "allowed"),
    [
        ({"mark_safe", "SafeString", "SafeText", "html_safe", "SafeData"}, MAY_MARK),
        ({"raw", "extra", "RawSQL", "cursor"}, MAY_WRITE_SQL),
        ({"Template", "from_string", "Engine"}, set()),  # nobody's text is compiled as a template
        ({"eval", "exec", "system", "popen"}, set()),
    ],
)
def test_the_code_uses_what_is_dangerous_only_where_it_is_listed(marks: set[str], allowed: set[str]):
    files = {str(path): tree for path, tree in product().items() if "migrations" not in path.parts}
    used = {path for path, tree in files.items() if names_used(tree) & marks}
    assert used <= allowed


def test_templates_escape_everything():
    """Text mails are no HTML, so they alone do without."""
    files = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    off = re.compile(r"\|\s*safe\b|safeseq|autoescape off")
    assert [path.name for path in files if off.search(path.read_text()) and path.suffix != ".txt"] == []


def test_every_value_of_an_attribute_stands_in_quotation_marks():
    quoted, bare = re.compile(r'"[^"]*"'), re.compile(r"<[^>]*\s[\w-]+={{")
    pages = (ROOT / "templates").rglob("*.html")
    assert [path.name for path in pages if bare.search(quoted.sub('""', path.read_text()))] == []


# --- mail -----------------------------------------------------------------------------------------

BREAKS = ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x00", "\x85"]
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize("broken", BREAKS)
def test_a_name_adds_no_header_to_a_mail(cast: Cast, broken: str):
    evil = f"Robin{broken}Bcc: all@elsewhere.example{broken}{broken}<b>Body"
    change(cast.owner, name=evil)
    change(cast.practice, name=evil)
    with TestCase.captureOnCommitCallbacks(execute=True):
        invite(practice=cast.practice, by=cast.owner, email="robin@x.example", name=evil, role="staff")
    sent = mail.outbox[-1]
    message = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    assert [each.addr_spec for each in message["To"].addresses] == ["robin@x.example"]
    assert {name.lower() for name in message} & {"bcc", "cc", "reply-to"} == set()
    assert len(message.get_all("To")) == len(message.get_all("Subject")) == 1


@pytest.mark.parametrize(
    "email", ["a@x.example\r\nBcc: b@x.example", "a@x.example, b@x.example", "<a@x.example>", "a@@x"]
)
def test_an_address_is_one_address(cast: Cast, browse: Any, email: str):
    given = {"form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e60", "name": "Robin", "role": "staff", "email": email}
    assert browse(cast.owner).post("/people/invite/", given).status_code == 422
    assert mail.outbox == []


# --- the way back ---------------------------------------------------------------------------------

ELSEWHERE = [
    "https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "\\\\elsewhere.example",
    "///elsewhere.example", "javascript:alert(1)", "data:text/html,x", "http:elsewhere.example", "https:///x.example",
    " //elsewhere.example", "\t//elsewhere.example", "/\t/elsewhere.example", "//testserver@elsewhere.example",
    "http://testserver.elsewhere.example/", "ftp://testserver/",
]  # fmt: skip


@pytest.mark.parametrize("where", ELSEWHERE)
def test_signing_in_leads_nowhere_else(cast: Cast, where: str):
    given = {"login": cast.staff.email, "password": PASSWORD, "next": where}
    response = Client().post("/sign-in/", given)
    assert (response.status_code, response.headers["Location"]) == (302, "/")


@pytest.mark.parametrize("where", ELSEWHERE)
def test_who_is_signed_in_already_is_led_nowhere_else(cast: Cast, browse: Any, where: str):
    response = browse(cast.staff).get("/sign-in/", {"next": where})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_page_that_htmx_names_is_no_way_elsewhere(cast: Cast, where: str):
    """What the browser says the page was goes into `next`, which the sign-in page judges."""
    response = Client().get("/vendors/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=where.strip())
    assert response.headers["HX-Redirect"].startswith("/sign-in/?next=")


# --- the paper ------------------------------------------------------------------------------------

#: what would make the paper read a file or ask another server, were it markup
READS = [
    "<img src='file:///etc/hostname'>", "<link rel=attachment href='file:///etc/passwd'>", "<iframe src=/etc/passwd>",
    "<style>@import url(http://127.0.0.1:9/x.css)</style>", "<object data='http://169.254.169.254/latest/'></object>",
    "<svg><image href='file:///etc/passwd'/></svg>", "</p><base href='http://127.0.0.1:9/'>", "url(file:///etc/passwd)",
    "{{ settings.SECRET_KEY }}", "{% include '/etc/passwd' %}",
]  # fmt: skip


def test_a_document_shows_such_text_and_reads_nothing(installed: None):
    cast = paper.cast_of(name="Harbor Light", owner="Maria Reyes", officer="Dana Okafor")
    vendor = paper.begun(cast, vendor="Notewell", tools=("Scribe",))
    paper.agreed(cast, vendor, quote=READS[0])
    said = {number: READS[number % len(READS)] for number in range(1, 10)}
    paper.signed(cast, paper.answered(cast, vendor, said=said))
    jobs.run(request_dossier(vendor=vendor, by=cast.owner, form_id="reads").uid)
    dossier = Document.objects.filter(job__kind="dossier").get()
    with read(dossier.file) as file:
        shown = "".join(text_of(file.read()).split())
    for text in said.values():
        assert "".join(text.split()) in shown
    assert settings.SECRET_KEY not in shown
    assert "root:x:" not in shown
