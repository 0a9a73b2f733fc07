"""The page of a review: it asks what may have changed, shows last year beside it, and keeps what was found."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_agreement, make_evidence, make_tool, make_vendor
from vendors.actions.reviews import add_review
from vendors.actions.triggers import raise_trigger
from vendors.kinds import TriggerKind
from vendors.models import Review, ReviewTrigger
from vendors.review_points import POINTS

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TODAY = date(2026, 11, 21)
GIVEN = {"form_id": "6f0c7d7e-2f5b-4a4e-9f0b-0d7a5d2f6a14", "on": "2026-11-21", "finding": "stands"}


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def agreement(cast):
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor)
    signed = {"practice_signed_on": date(2026, 9, 1), "vendor_signed_on": date(2026, 9, 9)}
    return make_agreement(vendor=vendor, **signed, next_review_on=date(2027, 9, 9))


def happened(agreement, kind_of=TriggerKind.MODEL, what="They name another model."):
    return raise_trigger(vendor=agreement.vendor, by=None, kind_of=kind_of, on=TODAY, what=what)


def page(client, agreement, query=""):
    return client.get(f"/agreements/{agreement.uid}/review/{query}")


def send(client, agreement, **given):
    return client.post(f"/agreements/{agreement.uid}/review/", {**GIVEN, **given})


def asked(response):
    return [each.point.key for each in response.context["asking"].asked]


def test_a_trigger_asks_its_own_points_and_everything_can_be_asked(cast, agreement, browse):
    happened(agreement)
    client = browse(cast.officer)
    response = page(client, agreement)
    assert (asked(response), "They name another model." in response.content.decode()) == (["model"], True)
    assert asked(page(client, agreement, "?all")) == [point.key for point in POINTS]


def test_what_was_found_is_kept_and_stands_beside_the_question_next_time(cast, agreement, browse):
    trigger = happened(agreement)
    client = browse(cast.officer)
    found = {"still_model": "no", "note_model": "Version 5 now, same provider.", "triggers": trigger.uid}
    assert send(client, agreement, **found).status_code == 302
    assert Review.objects.get().points == [{"key": "model", "still": False, "note": "Version 5 now, same provider."}]
    assert ReviewTrigger.objects.get().answered_by == Review.objects.get()
    happened(agreement, what="Yet another.")
    words = page(client, agreement).content.decode()
    assert "Dana Okafor said no: “Version 5 now, same provider.”" in words


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "still_model"), ({"still_model": "no"}, "note_model"),
     ({"still_model": "no", "note_model": " "}, "note_model"),
     ({"still_model": "yes", "triggers": "zzzzzzzzzzzz"}, "triggers"),
     ({"still_model": "yes", "finding": "changes"}, "notes")],
)  # fmt: skip
def test_what_is_missing_is_said_beside_its_field_and_nothing_is_saved(cast, agreement, browse, given, field):
    happened(agreement)
    response = send(browse(cast.officer), agreement, **given)
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert Review.objects.count() == 0


def test_something_must_change_leads_to_a_new_evaluation(cast, agreement, browse):
    trigger = happened(agreement)
    client = browse(cast.owner)
    given = {"still_model": "yes", "finding": "changes", "notes": "They train on it.", "triggers": trigger.uid}
    response = client.post(f"/agreements/{agreement.uid}/review/", {**GIVEN, **given}, follow=True)
    assert f"/vendors/{agreement.vendor.uid}/evaluate/" in response.content.decode()


def test_it_shows_what_is_on_file_now(cast, agreement, browse):
    vendor = agreement.vendor
    make_tool(vendor=vendor, name="Notewell Plans", has_ai=False)
    make_evidence(vendor=vendor, checked_by=cast.officer, title="SOC 2", kind_of="report", expires_on=date(2026, 11, 1))
    words = page(browse(cast.officer), agreement).content.decode()
    shown = ["It does not cover Notewell Plans.", "E-01 SOC 2 expired 20 days ago.", "AI is in Notewell Scribe."]
    assert [each for each in shown if each not in words] == []


def test_the_page_costs_the_same_for_any_number_of_reviews_and_triggers(cast, agreement, browse):
    client = browse(cast.officer)

    def queries():
        with CaptureQueriesContext(connection) as caught:
            assert page(client, agreement).status_code == 200
        return len(caught)

    happened(agreement)
    add_review(agreement=agreement, by=cast.officer, on=TODAY, finding="stands")
    queries()  # the first page of a session costs more
    first = queries()
    for kind_of in (TriggerKind.TERMS, TriggerKind.LAW):
        happened(agreement, kind_of)
        add_review(agreement=agreement, by=cast.officer, on=TODAY, finding="stands")
    assert queries() == first


# --- all of a vendor --------------------------------------------------------------------------------------


def test_the_vendors_page_lists_what_is_open_answered_and_set_aside(cast, agreement, browse, strangers):
    done = happened(agreement, what="First model.")
    points = [{"key": "model", "still": True, "note": "Read the notes."}]
    add_review(
        agreement=agreement, by=cast.officer, on=TODAY, finding="stands", notes="Fine.", points=points, triggers=[done]
    )
    happened(agreement, TriggerKind.TERMS, what="New terms.")
    url = f"/vendors/{agreement.vendor.uid}/reviews/"
    words = browse(cast.auditor).get(url).content.decode()
    shown = ["First model.", "Answered", "New terms.", "Fine.", "Read the notes."]
    assert [each for each in shown if each not in words] == []
    assert "Set aside" not in words  # an auditor reads
    assert browse(strangers.owner).get(url).status_code == 404


def test_the_vendor_has_its_line(cast, agreement, browse):
    happened(agreement)
    topics = browse(cast.auditor).get(f"/vendors/{agreement.vendor.uid}/").context["topics"]
    line = next(each for each in topics if each.title == "Reviews")
    assert (line.says, line.tone) == ("Next on 21 Nov 2026; 1 change to look at", "open")
