"""The history of one record: who changed what from what to what, in words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import models

from checklists.actions.answers import record_answer
from checklists.actions.evaluations import start_evaluation
from checklists.models import Citation, Evaluation
from practice_vetting.core import clock, record_history, records, values
from practice_vetting.core.actions import _Work, _work
from practice_vetting.core.models import Membership, Person, Record
from practice_vetting.core.people import end_membership
from practice_vetting.core.record_history import Change, Event, Touched
from tests.conftest import Cast
from tests.factories import arranging, make_agreement, make_tool, make_vendor
from vendors.kinds import AgreementKind
from vendors.models import Agreement, ClauseReading, Tool, Vendor

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 9, 14, tzinfo=UTC)  # 09:00 in New York


def change(record: Record, by: Person | None, hour: int = 0, verb: str = "vendor.changed", **columns: object) -> None:
    """As an action does it: some fields, and the next version."""
    token = _work.set(_Work(verb, by))
    try:
        with clock.set_to(MORNING + timedelta(hours=hour)):
            for name, value in columns.items():
                setattr(record, name, value)
            record.version += 1
            record.save()
    finally:
        _work.reset(token)


def events(record: Record) -> list[Event]:
    found = records.find(record.practice, record.kind(), record.uid)
    assert found is not None
    return record_history.read(found).events


def newest(record: Record) -> list[Change]:
    return events(record)[0].touched[0].changes


@pytest.fixture
def vendor(cast: Cast) -> Vendor:
    with clock.set_to(MORNING - timedelta(days=1)):
        return make_vendor(practice=cast.practice, summary="Drafts notes")


@pytest.fixture
def agreement(vendor: Vendor) -> Agreement:
    with clock.set_to(MORNING - timedelta(hours=1)):
        return make_agreement(
            vendor=vendor, tools=[make_tool(vendor=vendor)], plan="Team", effective_on=date(2026, 1, 5)
        )


def test_a_change_tells_who_when_and_from_what_to_what(cast: Cast, vendor: Vendor):
    change(vendor, cast.officer, name="Notewell Health", summary="")
    [event, _] = events(vendor)
    assert (event.at, event.person, event.label) == (MORNING, "Dana Okafor", "Notewell Health")
    assert event.touched == [
        Touched(
            "", "~", [Change("Name", "Notewell", "Notewell Health"), Change("What it does for you", "Drafts notes", "")]
        )
    ]


def test_a_making_tells_what_was_given_and_no_default(vendor: Vendor):
    [event] = events(vendor)
    assert event.touched == [
        Touched("", "+", [Change("Name", "", "Notewell"), Change("What it does for you", "", "Drafts notes")])
    ]


def test_what_the_product_did_bears_its_name(vendor: Vendor):
    change(vendor, None, name="Other")
    assert events(vendor)[0].person == "Practice Vetting"


def test_every_change_stands_for_itself_even_in_the_same_second(cast: Cast, vendor: Vendor):
    for name in ("A", "B", "C"):
        change(vendor, cast.officer, name=name)
    told = [event.touched[0].changes[0] for event in events(vendor)]
    assert told == [
        Change("Name", before, after) for before, after in [("B", "C"), ("A", "B"), ("Notewell", "A"), ("", "Notewell")]
    ]


def test_a_making_and_its_list_of_tools_are_one_act(agreement: Agreement):
    [event] = events(agreement)
    assert event.touched[0] == Touched(
        "",
        "+",
        [
            Change("Vendor", "", "Notewell"),
            Change("Plan or edition it covers", "", "Team"),
            Change("In force from", "", "5 Jan 2026"),
            Change("Tools", "", "Notewell Scribe"),
        ],
    )


def test_a_list_of_tools_is_told_by_their_names(cast: Cast, agreement: Agreement, vendor: Vendor):
    second = make_tool(vendor=vendor, name="Notewell Forms")
    with arranging(cast.officer):
        agreement.tools.add(second)
    assert newest(agreement) == [Change("Tools", "Notewell Scribe", "Notewell Scribe, Notewell Forms")]


def test_choices_are_told_by_their_labels(cast: Cast, agreement: Agreement):
    change(agreement, cast.officer, kind_of=AgreementKind.QSOA)
    assert newest(agreement) == [Change("Kind", AgreementKind.BAA.label, AgreementKind.QSOA.label)]


def test_yes_and_no_dates_and_lists_are_told_in_words(cast: Cast, vendor: Vendor):
    with clock.set_to(MORNING - timedelta(hours=1)):
        tool = make_tool(vendor=vendor, data_classes=["notes"])
    change(tool, cast.officer, has_ai=False, first_phi_on=date(2026, 11, 2), data_classes=["notes", "audio"])
    assert newest(tool) == [
        Change("AI is in it", "Yes", "No"),
        Change("Patient data it touches", "notes", "notes, audio"),
        Change("First patient data on", "", "2 Nov 2026"),
    ]


def test_an_evaluation_tells_its_answers_and_what_was_cited(cast: Cast, vendor: Vendor):
    tool = make_tool(vendor=vendor)
    with clock.set_to(MORNING):
        evaluation = start_evaluation(vendor=vendor, by=cast.owner, title="2026 evaluation", tools=[tool])
    with clock.set_to(MORNING + timedelta(hours=1)):
        record_answer(
            answer=evaluation.answers.get(question=3), by=cast.officer, version=1, response="vague", said="We may."
        )
    answered, started = events(evaluation)
    assert (answered.person, answered.says, answered.label) == (
        "Dana Okafor",
        "recorded the answer to",
        "Question 3 of 2026 evaluation of Notewell",
    )
    assert [(touched.label, touched.changes) for touched in answered.touched] == [
        (
            "Question 3 of 2026 evaluation of Notewell",
            [Change("Response", "Not asked yet", "Vague or evasive"), Change("What they said", "", "We may.")],
        )
    ]
    assert (started.person, started.says, started.label) == ("Maria Reyes", "started", "2026 evaluation of Notewell")
    assert [touched.label for touched in started.touched] == [""]  # nine empty answers say nothing


def test_two_answers_in_the_same_second_are_two_acts(cast: Cast, vendor: Vendor):
    with clock.set_to(MORNING):
        evaluation = start_evaluation(vendor=vendor, by=cast.owner, title="2026", tools=[make_tool(vendor=vendor)])
        for number in (1, 6):
            record_answer(answer=evaluation.answers.get(question=number), by=cast.officer, version=1, response="said")
    assert [(event.person, len(event.touched)) for event in events(evaluation)] == [
        ("Dana Okafor", 1),
        ("Dana Okafor", 1),
        ("Maria Reyes", 1),
    ]


def test_an_agreement_tells_how_its_clauses_were_read(cast: Cast, agreement: Agreement):
    with arranging(cast.officer), clock.set_to(MORNING):
        reading = ClauseReading(practice=cast.practice, agreement=agreement, code="B07", status="absent")
        reading.read_by, reading.read_on = cast.officer, date(2026, 11, 9)
        reading.save()
    change(reading, cast.owner, hour=2, status="present", page="4", verb="clause.read")
    [touched] = events(agreement)[0].touched
    assert touched == Touched(
        "B07 of the Business associate agreement with Notewell",
        "~",
        [Change("Status", "Absent", "Present"), Change("Page", "", "4")],
    )


def test_what_was_taken_away_is_still_told(cast: Cast, vendor: Vendor):
    tool = make_tool(vendor=vendor, name="Trial")
    uid = tool.uid
    with arranging(cast.officer):
        tool.delete()
    found = records.find(cast.practice, "tool", uid)
    assert found is not None
    gone = record_history.read(found).events[0]
    assert (found.label, gone.touched[0].how) == ("A tool that was taken away", "-")
    assert Change("Name", "Trial", "") in gone.touched[0].changes


def test_many_changes_are_told_in_pages_and_none_is_lost(cast: Cast, vendor: Vendor, browse):
    for hour in range(120):
        change(vendor, cast.officer, hour=hour, name=f"Name {hour}")
    client, url, told = browse(cast.staff), f"/history/vendor/{vendor.uid}/", []
    while url:
        page = client.get(url)
        told += [each.changes[0].after for event in page.context["past"].events for each in event.touched]
        url = page.context["older_url"] and f"/history/vendor/{vendor.uid}/{page.context['older_url']}"
    assert told == [f"Name {hour}" for hour in range(119, -1, -1)] + ["Notewell"]


def test_the_change_at_the_end_of_a_page_knows_what_was_before(cast: Cast, vendor: Vendor, monkeypatch):
    monkeypatch.setattr(record_history, "PAGE", 1)
    change(vendor, cast.officer, name="A")
    change(vendor, cast.officer, hour=1, name="B")
    assert newest(vendor) == [Change("Name", "A", "B")]


def test_it_asks_as_often_for_nine_answers_as_for_one(cast: Cast, vendor: Vendor, django_assert_num_queries):
    evaluation = start_evaluation(vendor=vendor, by=cast.owner, title="2026", tools=[make_tool(vendor=vendor)])
    found = records.find(cast.practice, "evaluation", evaluation.uid)
    assert found is not None

    def answer(*numbers: int) -> None:
        for number in numbers:
            record_answer(answer=evaluation.answers.get(question=number), by=cast.officer, version=1, response="said")

    answer(1)
    with django_assert_num_queries(4):
        record_history.read(found)
    answer(2, 4, 6, 7, 8, 9)
    with django_assert_num_queries(4):
        record_history.read(found)


# --- the page ------------------------------------------------------------------------------------------


def test_the_page_shows_both_values_and_leads_back(cast: Cast, vendor: Vendor, browse):
    change(vendor, cast.officer, name="Notewell Health")
    response = browse(cast.staff).get(f"/history/vendor/{vendor.uid}/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "<h1>History of Notewell Health</h1>" in page
    assert '<del><span class="visually-hidden">was </span>Notewell</del>' in page
    assert '<ins><span class="visually-hidden">now </span>Notewell Health</ins>' in page
    assert f'<a href="/vendors/{vendor.uid}/">Notewell Health</a>' in page
    assert "9 Nov 2026, 09:00" in page


def test_everybody_of_the_practice_may_read_it(cast: Cast, vendor: Vendor, browse):
    url = f"/history/vendor/{vendor.uid}/"
    people = (cast.owner, cast.officer, cast.staff, cast.auditor)
    assert [browse(person).get(url).status_code for person in people] == [200] * 4


def test_a_stranger_is_told_that_there_is_no_such_record(cast: Cast, strangers: Cast, vendor: Vendor, browse):
    assert browse(strangers.owner).get(f"/history/vendor/{vendor.uid}/").status_code == 404
    assert browse(strangers.owner).get(f"/history/practice/{cast.practice.uid}/").status_code == 404


@pytest.mark.parametrize("path", ["vendor/nosuchvendor", "unicorn/abc", "person/abc", "ledgerentry/1"])
def test_what_has_no_history_is_not_found(cast: Cast, browse, path: str):
    assert browse(cast.owner).get(f"/history/{path}/").status_code == 404


def test_a_moment_that_is_none_shows_the_newest(cast: Cast, vendor: Vendor, browse):
    page = browse(cast.owner).get(f"/history/vendor/{vendor.uid}/?before=yesterday")
    assert len(page.context["past"].events) == 1


def test_words_that_a_person_typed_are_text(cast: Cast, vendor: Vendor, browse):
    change(vendor, cast.officer, name="<script>alert(1)</script>")
    assert b"<script>alert" not in browse(cast.owner).get(f"/history/vendor/{vendor.uid}/").content


def test_a_persons_role_has_a_history_too(cast: Cast, browse):
    membership = Membership.objects.get(person=cast.staff)
    end_membership(membership=membership, by=cast.owner)
    assert events(membership)[0].person == "Maria Reyes"
    assert browse(cast.owner).get(f"/history/membership/{membership.uid}/").status_code == 200


def test_every_record_of_every_app_can_be_told(cast: Cast, vendor: Vendor):
    """No field of any model is one that the words do not know."""
    for model in (Vendor, Tool, Agreement, Evaluation, Citation, ClauseReading, Membership):
        for field in model._meta.concrete_fields:
            assert values.words(field, None, {}) == ""


def test_secrets_and_machinery_are_not_shown():
    hidden = {"token_sha256", "form_id", "version", "uid", "snapshot"}
    assert hidden - record_history._NOT_SHOWN == set()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (models.CharField(name="sha256"), "5d41402abc4b2a76b9719d911017c592", "5d41 402a bc4b 2a76"),
        (models.JSONField(name="states"), ["CA", "OR"], "CA, OR"),
        (models.JSONField(name="seals"), [{"number": 1, "state": "not_applicable"}], "1 not applicable"),
        (models.JSONField(name="reasons"), [{"sentence": "It ended.", "url": "/x/"}], "It ended."),
        (models.IntegerField(name="count"), 0, "0"),
        (models.BooleanField(name="part2"), False, "No"),
        (models.DateTimeField(name="at"), MORNING, "9 Nov 2026, 14:00"),
    ],
)
def test_values_are_put_into_words(field: models.Field, value: object, words: str):
    field.name = field.name or "x"
    assert values.words(field, value, {}) == words
