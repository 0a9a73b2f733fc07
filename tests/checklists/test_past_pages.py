"""The pages of a vendor's past: as of a day, what changed between two days, and from one round to the next."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from checklists import documents, dossier, past
from checklists.actions.answers import record_answer
from checklists.actions.evaluations import start_evaluation
from practice_vetting.core.models import Installation, Job, LedgerEntry, Person
from tests.checklists import paper
from tests.factories import make_agreement, make_evidence, make_tool
from vendors.actions.vendors import change_vendor
from vendors.models import Vendor

pytestmark = pytest.mark.django_db
Browse = Callable[[Person], Client]

ASKED = {
    "2026-11-01": "was added to your list later than this day. Choose 2 Nov 2026 or later.",
    "2026-11-22": "still to come",
    "0001-01-01": "was added to your list later",
    "9999-12-31": "still to come",
    "2026-02-30": "This is not a date",
}


@pytest.fixture(scope="module")
def story(django_db_setup: None, django_db_blocker: Any) -> Iterator[paper.Story]:
    with django_db_blocker.unblock(), paper.undone(), time_machine.travel(paper.BEGUN) as clock:
        Installation.objects.create(set_up_at=paper.BEGUN)
        told = paper.told()
        clock.move_to(paper.PRINTED, tick=False)
        yield told


@pytest.fixture(autouse=True)
def _on_the_day() -> Iterator[None]:
    with time_machine.travel(paper.PRINTED, tick=False):
        yield


def page(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def at(story: paper.Story, rest: str) -> str:
    return f"/vendors/{story.vendor.uid}/{rest}"


def test_the_page_says_loudly_that_it_is_the_past_and_leads_back(story: paper.Story, browse: Browse):
    text = page(browse(story.cast.auditor), at(story, "as-of/2026-11-09/"))
    assert "<b>As it stood on 9 Nov 2026.</b>" in text
    assert f'<a href="/vendors/{story.vendor.uid}/">Back to now</a>' in text
    assert "Judged by the rules of edition 2026-1, by release" in text


def test_a_past_clearance_is_told_as_the_past(story: paper.Story, browse: Browse):
    text = page(browse(story.cast.auditor), at(story, "as-of/2026-11-09/"))
    job = paper.job_for("dossier", story.vendor, story.cast.officer)
    job.options = {"as_of": "2026-11-09"}
    paper_ = " ".join(documents.dossier(job).html.split())
    for told in (text, paper_):
        assert "On that day patient data was allowed to reach these tools: " + ", ".join(paper.TOOLS) + "." in told
        assert "By what was known then, it could change by itself on" in told
    present = ("Patient data may reach the tools", "may change by itself")
    assert [words for words in present if words in text + paper_] == []


@pytest.mark.parametrize(
    ("day", "headline"),
    [("2026-11-03", "Proposed"), ("2026-11-08", "Cleared: five of five"), ("2026-11-09", "Cleared: five of five")],
)
def test_it_tells_the_standing_of_that_day(story: paper.Story, browse: Browse, day: str, headline: str):
    client = browse(story.cast.owner)
    response = client.get(at(story, f"as-of/{day}/"))
    assert response.context["standing"]["headline"] == headline


def test_it_shows_only_what_was_on_record_by_then(story: paper.Story, browse: Browse):
    client = browse(story.cast.staff)
    make_tool(vendor=story.vendor, name="Voice notes")
    before, now = (page(client, at(story, f"as-of/{day}/")) for day in ("2026-11-20", "2026-11-21"))
    assert ("Voice notes" in before, "Voice notes" in now) == (False, True)


def test_the_field_leads_to_the_day(story: paper.Story, browse: Browse):
    response = browse(story.cast.owner).get(at(story, "as-of/?on=2026-11-09"))
    assert (response.status_code, response.headers["Location"]) == (302, at(story, "as-of/2026-11-09/"))


@pytest.mark.parametrize(("day", "sentence"), ASKED.items())
def test_a_day_of_which_nothing_can_be_told_says_why_beside_the_field(
    story: paper.Story, browse: Browse, day: str, sentence: str
):
    assert sentence in page(browse(story.cast.owner), at(story, f"as-of/{day}/"), 422)


def test_days_worth_looking_at_are_offered(story: paper.Story):
    vendor = Vendor.objects.select_related("practice").get(pk=story.vendor.pk)
    offered = [(each.day, each.why) for each in past.choices_for(vendor, date(2027, 11, 21))]
    assert offered == [
        (date(2026, 11, 21), "A year ago"),
        (date(2026, 11, 9), "Cleared, Attested, Countersigned"),
        (date(2026, 11, 8), "In evaluation"),
        (date(2026, 11, 2), "Proposed"),
    ]


def test_a_year_before_a_leap_day_is_the_last_of_february():
    assert past.a_year_before(date(2028, 2, 29)) == date(2027, 2, 28)


def test_looking_at_the_past_is_told_once_in_ten_minutes(story: paper.Story, browse: Browse):
    client = browse(story.cast.auditor)
    for day in ("2026-11-09", "2026-11-09", "2026-11-10"):
        page(client, at(story, f"as-of/{day}/"))
    told = LedgerEntry.objects.filter(verb="vendor.past_viewed").order_by("seq")
    assert [(each.person_name, each.detail) for each in told] == [
        ("Alex Tan", {"as_of": "2026-11-09"}),
        ("Alex Tan", {"as_of": "2026-11-10"}),
    ]


def queries_of(call: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as seen:
        call()
    return len(seen)


@pytest.mark.parametrize("as_of", [None, date(2026, 11, 21)])
def test_the_content_takes_as_many_queries_for_many_records_as_for_few(story: paper.Story, as_of: date | None):
    vendor = Vendor.objects.select_related("practice").get(pk=story.vendor.pk)

    def build() -> Any:
        return dossier.build(vendor, at=datetime.now(UTC), as_of=as_of)

    few = queries_of(build)
    for number in (11, 12, 13):
        make_tool(vendor=vendor, name=f"Tool {number}")
        paper_ = make_evidence(vendor=vendor, checked_by=story.cast.staff, number=number)
        make_agreement(vendor=vendor, evidence=paper_)
    start_evaluation(vendor=vendor, by=story.cast.officer, title="Next", tools=list(vendor.tools.all()))
    assert (queries_of(build), len(build()["agreements"])) == (few, 4)


def ask(client: Client, story: paper.Story, as_of: str, **more: str) -> Any:
    given = {"form_id": str(uuid.uuid4()), "as_of": as_of, **more}
    return client.post(at(story, "dossier/"), given, follow=True)


def test_the_dossier_is_asked_for_as_of_the_day(story: paper.Story, browse: Browse):
    ask(browse(story.cast.officer), story, "2026-11-09")
    entry = LedgerEntry.objects.get(verb="dossier.requested")
    assert (Job.objects.get(kind="dossier").options, entry.detail["as_of"]) == ({"as_of": "2026-11-09"}, "2026-11-09")


def test_the_document_tells_of_that_day_and_says_so(story: paper.Story):
    job = paper.job_for("dossier", story.vendor, story.cast.officer)
    job.options = {"as_of": "2026-11-08"}
    made = documents.dossier(job)
    told = json.loads(made.snapshot)
    assert (made.as_of, told["as_of"], told["judged_on"]) == (date(2026, 11, 8), "2026-11-08", "2026-11-08")
    assert "On that day no patient data was allowed to reach this vendor yet." in made.html
    assert (told["standing"]["state"], told["signatures"]) == ("in_evaluation", [])
    assert "judged by the rules of edition 2026-1, by release" in made.html


@pytest.mark.parametrize(("day", "sentence"), [*list(ASKED.items())[:4], ("soon", "too old")])
def test_no_dossier_is_made_of_a_day_that_cannot_be(story: paper.Story, browse: Browse, day: str, sentence: str):
    response = ask(browse(story.cast.officer), story, day)
    assert (sentence in response.content.decode(), Job.objects.filter(kind="dossier").count()) == (True, 0)


def test_two_days_stand_side_by_side(story: paper.Story, browse: Browse):
    client = browse(story.cast.auditor)
    text = page(client, at(story, "differences/?from=2026-11-08&to=2026-11-21"))
    assert "In evaluation" in text
    assert '<td data-label="21 Nov 2026"><span>Cleared</span></td>' in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-11-20&to=2026-11-09", "before the first one"),
        ("from=2026-11-01&to=2026-11-09", "was added to your list later"),
        ("from=2026-11-05&to=2026-12-09", "still to come"),
        ("from=x", "This is not a date"),
    ],
)
def test_two_days_that_cannot_be_compared_say_why(story: paper.Story, browse: Browse, query: str, sentence: str):
    assert sentence in page(browse(story.cast.owner), at(story, f"differences/?{query}"), 422)


def test_two_identical_days_ask_for_an_earlier_one(story: paper.Story, browse: Browse):
    client = browse(story.cast.auditor)
    texts = [page(client, at(story, f"differences/?from={day}&to={day}")) for day in ("2026-11-20", "2026-11-02")]
    assert ["Choose an earlier first day." in text for text in texts] == [True, False]
    assert ["choose a later second day." in text for text in texts] == [False, True]
    assert [text.count("<section") for text in texts] == [0, 0]


def test_a_round_is_compared_with_the_one_signed_before_it(story: paper.Story, browse: Browse):
    client = browse(story.cast.officer)
    tools = list(story.vendor.tools.all())
    new = start_evaluation(vendor=story.vendor, by=story.cast.officer, title="2027 evaluation", tools=tools)
    said = paper.SAID[4].replace("seven years", "eight years")
    record_answer(answer=new.answers.get(question=4), by=story.cast.officer, version=1, said=said)
    assert "Compare with the round before" in page(client, f"/evaluations/{new.uid}/")
    text = page(client, f"/evaluations/{new.uid}/differences/")
    assert '<ins><span class="visually-hidden">put in: </span>eight ' in text
    assert '<del><span class="visually-hidden">taken out: </span>seven ' in text


def test_the_first_round_has_none_before_it(story: paper.Story, browse: Browse):
    text = page(browse(story.cast.owner), f"/evaluations/{story.evaluation.uid}/differences/")
    assert "There is no round before this one" in text


def test_a_round_of_another_vendor_is_not_compared(story: paper.Story, browse: Browse):
    path = f"/evaluations/{story.evaluation.uid}/differences/?with={story.vendor.uid}"
    assert browse(story.cast.owner).get(path).status_code == 404


def test_the_present_pages_lead_to_the_past(story: paper.Story, browse: Browse):
    client, link = browse(story.cast.auditor), f'href="/vendors/{story.vendor.uid}/as-of/"'
    paths = ["", f"../../evaluations/{story.evaluation.uid}/", f"../../agreements/{story.agreement.uid}/"]
    assert [link in page(client, path.replace("../..", "") or at(story, "")) for path in paths] == [True] * 3


def test_a_vendor_that_was_renamed_is_called_as_it_was_then(story: paper.Story, browse: Browse):
    with time_machine.travel(paper.PRINTED + timedelta(days=1), tick=False):
        change_vendor(vendor=story.vendor, by=story.cast.owner, version=1, name="X" * 200)
        text = page(browse(story.cast.owner), at(story, "as-of/2026-11-21/"))
    assert '<h1 id="then-title">Claridesk <span' in text
