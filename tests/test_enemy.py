"""What somebody tries who means harm, wherever it is tried: odd addresses, markup in every text, tomorrow's date."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.test import Client

from checklists.actions.dossiers import request_dossier
from checklists.models import Citation
from practice_vetting.core import clock
from practice_vetting.core.documents import jobs
from practice_vetting.core.models import Document
from practice_vetting.core.people import invite
from tests import doors
from tests.checklists import paper
from tests.conftest import Cast
from tests.factories import arranging, change
from tests.test_doors import DOORS, address, things

__all__ = ["things"]  # a fixture
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ODD = ["\0", "a\0b", "\u202e", "%s", "é" * 20, "x" * 5000]
QUERIES = [
    "?q=%00&page=%00&after=%00&before=%00&sort=%00&words=%00&person=%00&kind=%00&vendor=%00&show=%00",
    f"?page={'9' * 5000}",
    "?before=0001-01-01T00:00:00%2B14:00",
    "?before=9999-12-31T23:59:59-14:00",
    "?since=0001-01-01&until=9999-12-31",
    f"?q={'a+' * 500}",
]


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_odd_id_is_no_fault(method: str, cast: Cast, browse: Callable[..., Client]):
    client, found = browse(cast.owner), set()
    for name, odd in product([name for name, (_, parts) in DOORS.items() if parts], ODD):
        path = doors.guessed(name, DOORS[name][1]).replace(doors.NOBODYS, quote(odd, safe=""))
        cache.clear()  # nobody is slowed for having tried so many
        found.add((name, getattr(client, method)(path).status_code))
    assert {(name, status) for name, status in found if status not in {404, 405, 410}} == set()


@pytest.mark.parametrize("query", QUERIES)
def test_an_odd_query_is_no_fault(query: str, things: dict[str, str], cast: Cast, browse):
    client = browse(cast.owner)
    client.raise_request_exception = False
    answers = {name: client.get(address(name, things) + query) for name in DOORS}
    for answer in answers.values():
        doors.read_out(answer)
    assert [name for name, answer in answers.items() if answer.status_code >= 500] == []


MARKUP = "<script>alert(1)</script>\"'&{{7*7}}{% now %}%s\x01\x1b\ufffe\u202e</textarea><img src=file:///etc/passwd>"
RAW = [b"<script>alert", b"<img src=file", b"</textarea><img"]


def story_in_markup() -> paper.Story:
    """Everything a person can name, named so."""
    cast = paper.cast_of(name=f"P{MARKUP}", owner=f"O{MARKUP}", officer=f"F{MARKUP}")
    vendor = paper.begun(cast, vendor=f"V{MARKUP}", tools=(f"T{MARKUP}", f"U{MARKUP}"))
    agreement = paper.agreed(cast, vendor, quote=f"Q{MARKUP}")
    with arranging(cast.officer):
        for evidence in vendor.evidence.all():
            evidence.title, evidence.file_name = f"E{MARKUP}", f"{MARKUP}.pdf"
            evidence.save()
        agreement.vendor_party = agreement.plan = MARKUP
        agreement.save()
    said = {number: f"S{MARKUP}" for number in range(1, 10)}
    return paper.Story(cast, vendor, agreement, paper.signed(cast, paper.answered(cast, vendor, said=said)))


def shown_by(page: Any) -> bytes:
    """What a browser would show of this answer: of a file that it only keeps, nothing."""
    content = b"".join(page.streaming_content) if page.streaming else page.content
    return b"" if page.headers.get("Content-Disposition", "").startswith("attachment") else content


def test_what_people_type_is_shown_as_text_on_every_page_and_paper(installed: None, browse: Callable[..., Client]):
    story = story_in_markup()
    cast, vendor = story.cast, story.vendor
    invited = invite(practice=cast.practice, by=cast.owner, email="new@x.example", name=MARKUP, role="staff")
    job = request_dossier(vendor=vendor, by=cast.owner, form_id="markup")
    jobs.run(job.uid)
    about = {
        "vendor": vendor.uid,
        "vendor-kind": "vendor",
        "tool": vendor.tools.all()[0].uid,
        "agreement": story.agreement.uid,
        "evidence": vendor.evidence.all()[0].uid,
        "evaluation": story.evaluation.uid,
        "citation": Citation.objects.all()[0].uid,
        "membership": cast.staff.memberships.get().uid,
        "token": invited.link.rstrip("/").rsplit("/", 1)[1],
        "job": job.uid,
        "document": Document.objects.get(job=job).uid,
    }
    client = browse(cast.owner)
    for name in DOORS:
        pages = [getattr(client, way)(address(name, about)) for way in ("get", "post") if name != "account_logout"]
        shown = b"".join(shown_by(page) for page in pages)
        assert [raw for raw in RAW if raw in shown] == [], name
        assert all(page.status_code < 500 for page in pages), name


LATE = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)  # half past eleven at night of the 21st in Honolulu


@pytest.mark.parametrize(("day", "status"), [("2026-11-21", 302), ("2026-11-22", 422)])
def test_a_day_is_the_practices_own_and_tomorrow_is_refused(
    things: dict[str, str], cast: Cast, browse: Callable[..., Client], day: str, status: int
):
    change(cast.practice, time_zone="Pacific/Honolulu")
    new = {"form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e61"}
    use = {"version": 1, "in_use_since": day, "use_reason": "It is true", "known": "on"}
    signed = {"kind_of": "baa", "practice_signed_on": day, "vendor_signed_on": day}
    said = {"version": 1, "response": "said", "said": "They said so.", "said_on": day}
    with clock.set_to(LATE):
        sent = {
            "checklists:start_use": use,
            "checklists:answer": said,
            "vendors:add_agreement": {**new, **signed},
            "vendors:retire_tool": {"version": 2 if status == 302 else 1, "retired_on": day},
        }
        answers = {name: browse(cast.owner).post(address(name, things), form) for name, form in sent.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(sent, status)
