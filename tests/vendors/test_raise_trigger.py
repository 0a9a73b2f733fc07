"""What happened makes a review due: on its day, once, by a person or by the product."""

from datetime import date

import pytest
import time_machine

from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from practice_vetting.core.people import change_practice
from tests.factories import make_agreement, make_tool, make_vendor
from vendors.actions.agreements import change_agreement
from vendors.actions.reviews import add_review
from vendors.actions.tools import change_tool
from vendors.actions.triggers import raise_trigger, report_change
from vendors.kinds import TriggerKind
from vendors.models import ReviewTrigger

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TODAY, REGULAR = date(2026, 11, 21), date(2027, 11, 9)
SIGNED = {"practice_signed_on": date(2026, 11, 1), "vendor_signed_on": date(2026, 11, 9), "next_review_on": REGULAR}
FORM = {"form_id": "6f0c7d7e-2f5b-4a4e-9f0b-0d7a5d2f6a13", "kind_of": "terms", "on": "2026-11-19", "what": "New terms."}


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def agreement(cast):
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor, data_classes=["contact"], has_ai=False)
    return make_agreement(vendor=vendor, **SIGNED)


def due(agreement):
    agreement.refresh_from_db()
    return agreement.next_review_on


def test_every_agreement_that_goes_on_is_due_on_its_day_and_no_other_is(cast, agreement):
    vendor = agreement.vendor
    earlier = make_agreement(vendor=vendor, **{**SIGNED, "next_review_on": date(2026, 11, 15)})
    unsigned = make_agreement(vendor=vendor, next_review_on=REGULAR)
    ended = make_agreement(vendor=vendor, **SIGNED, ended_on=TODAY, end_reason="Replaced.")
    raise_trigger(vendor=vendor, by=None, kind_of=TriggerKind.MODEL, on=TODAY, what="New model.")
    assert [due(each) for each in (agreement, earlier, unsigned, ended)] == [
        TODAY,
        date(2026, 11, 15),
        REGULAR,
        REGULAR,
    ]


def test_the_same_fact_raises_it_once_and_another_practice_hears_nothing(cast, agreement, strangers):
    other = make_agreement(vendor=make_vendor(practice=strangers.practice), **SIGNED)
    facts = {"vendor": agreement.vendor, "by": None, "kind_of": TriggerKind.MODEL, "what": "New model."}
    first = raise_trigger(on=TODAY, source="model:1", **facts)
    assert raise_trigger(on=date(2026, 11, 30), source="model:1", **facts) == first
    assert (ReviewTrigger.objects.count(), due(other)) == (1, REGULAR)


def test_it_is_told_in_the_ledger_with_the_agreements_it_moved(agreement):
    raise_trigger(vendor=agreement.vendor, by=None, kind_of=TriggerKind.MODEL, on=TODAY, what="New model.")
    told = LedgerEntry.objects.get(verb="trigger.raised").detail
    assert (told["agreements"], told["due_on"]) == ([agreement.uid], "2026-11-21")


# --- by a person ------------------------------------------------------------------------------------------


def test_what_a_person_reports_is_due_today_whenever_it_happened(cast, agreement, browse):
    client = browse(cast.officer)
    page = f"/vendors/{agreement.vendor.uid}/reviews/changed/"
    assert [client.post(page, FORM).status_code for _ in range(2)] == [302, 302]
    trigger = ReviewTrigger.objects.get()
    assert (trigger.on, trigger.due_on, trigger.noticed_by) == (date(2026, 11, 19), TODAY, cast.officer)
    assert due(agreement) == TODAY


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"on": "2026-11-22"}, "on"), ({"what": " "}, "what"), ({"kind_of": ""}, "kind_of"), ({"on": ""}, "on"),
     ({"all_vendors": "on"}, "all_vendors")],
)  # fmt: skip
def test_what_cannot_be_is_refused_beside_its_field(cast, agreement, browse, changes, field):
    page = f"/vendors/{agreement.vendor.uid}/reviews/changed/"
    response = browse(cast.officer).post(page, {**FORM, **changes})
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert (ReviewTrigger.objects.count(), due(agreement)) == (0, REGULAR)


def test_a_vendor_that_ended_has_nothing_to_review(cast):
    vendor = make_vendor(practice=cast.practice, ended_on=TODAY, end_reason="Too dear.")
    with pytest.raises(Refused):
        report_change(vendor=vendor, by=cast.officer, kind_of="terms", on=TODAY, what="New terms.")


def test_a_changed_law_concerns_every_vendor_with_an_agreement(cast, agreement, strangers):
    other = make_agreement(vendor=make_vendor(practice=cast.practice, name="Other"), **SIGNED)
    make_vendor(practice=cast.practice, name="Nothing signed")
    theirs = make_agreement(vendor=make_vendor(practice=strangers.practice), **SIGNED)
    report_change(
        vendor=agreement.vendor, by=cast.owner, kind_of="law", on=TODAY, what="The final rule.", all_vendors=True
    )
    assert ReviewTrigger.objects.count() == 2
    assert [due(each) for each in (agreement, other, theirs)] == [TODAY, TODAY, REGULAR]


def test_who_may_report_and_whose_vendor_it_is(cast, strangers, agreement, browse):
    page = f"/vendors/{agreement.vendor.uid}/reviews/changed/"
    people = [cast.staff, cast.auditor, strangers.owner, cast.owner]
    assert [browse(each).post(page, FORM).status_code for each in people] == [403, 403, 404, 302]


# --- by the product ---------------------------------------------------------------------------------------


def kinds():
    return sorted(ReviewTrigger.objects.values_list("kind_of", flat=True))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"data_classes": ["contact", "audio"]}, ["data_class"]),
        ({"part2": True}, ["data_class"]),
        ({"has_ai": True}, ["model"]),
        ({"has_ai": True, "part2": True, "data_classes": ["contact", "audio"]}, ["data_class", "model"]),
        ({"purpose": "Books rooms"}, []),
        ({"data_classes": []}, []),
    ],
)
def test_a_tool_that_gains_something_is_a_reason_and_one_that_loses_is_none(cast, agreement, changes, expected):
    change_tool(tool=agreement.vendor.tools.get(), by=cast.officer, version=1, **changes)
    assert (kinds(), due(agreement)) == (expected, TODAY if expected else REGULAR)


def test_a_tool_of_a_vendor_without_an_agreement_has_nothing_to_review(cast):
    tool = make_tool(vendor=make_vendor(practice=cast.practice), has_ai=False)
    change_tool(tool=tool, by=cast.officer, version=1, has_ai=True)
    assert kinds() == []


def test_a_new_state_of_the_practice_is_a_reason_for_each_vendor_with_an_agreement(cast, agreement):
    make_vendor(practice=cast.practice, name="Nothing signed")
    change_practice(practice=cast.practice, by=cast.owner, version=1, states=["CA", "NY", "IL"])
    trigger = ReviewTrigger.objects.get()
    assert (trigger.kind_of, trigger.what) == ("state", "You have patients in Illinois, New York now.")
    assert due(agreement) == TODAY
    cast.practice.refresh_from_db()
    change_practice(practice=cast.practice, by=cast.owner, version=2, states=["CA"])
    assert ReviewTrigger.objects.count() == 1


# --- answered ---------------------------------------------------------------------------------------------


def test_a_review_answers_what_is_marked_and_stays_due_for_the_rest(cast, agreement):
    vendor = agreement.vendor
    first = raise_trigger(vendor=vendor, by=None, kind_of=TriggerKind.MODEL, on=date(2026, 11, 18), what="New model.")
    later = raise_trigger(vendor=vendor, by=None, kind_of=TriggerKind.TERMS, on=date(2026, 11, 20), what="New terms.")
    add_review(agreement=agreement, by=cast.officer, on=TODAY, finding="stands", triggers=[first])
    assert due(agreement) == date(2026, 11, 20)
    review = add_review(agreement=agreement, by=cast.officer, on=TODAY, finding="stands", triggers=[later])
    later.refresh_from_db()
    assert (due(agreement), later.answered_by) == (date(2027, 11, 21), review)


def test_an_agreement_that_was_not_read_for_it_stays_due(cast, agreement):
    rider = make_agreement(vendor=agreement.vendor, **SIGNED, kind_of="rider")
    trigger = raise_trigger(vendor=agreement.vendor, by=None, kind_of=TriggerKind.MODEL, on=TODAY, what="New model.")
    facts = {"by": cast.officer, "on": TODAY, "finding": "stands"}
    add_review(agreement=agreement, triggers=[trigger], **facts)
    trigger.refresh_from_db()
    assert (due(agreement), due(rider), trigger.answered_by) == (date(2027, 11, 21), TODAY, None)
    last = add_review(agreement=rider, triggers=[trigger], **facts)
    trigger.refresh_from_db()
    assert (due(rider), trigger.answered_by) == (date(2027, 11, 21), last)


def test_a_review_cannot_answer_what_happened_after_it_or_what_is_done(cast, agreement):
    trigger = raise_trigger(vendor=agreement.vendor, by=None, kind_of=TriggerKind.MODEL, on=TODAY, what="New model.")
    facts = {"agreement": agreement, "by": cast.officer, "finding": "stands", "triggers": [trigger]}
    with pytest.raises(Refused, match="after the day"):
        add_review(on=date(2026, 11, 20), **facts)
    add_review(on=TODAY, **facts)
    with pytest.raises(Refused, match="meanwhile"):
        add_review(on=TODAY, **facts)


def test_a_trigger_of_another_vendor_is_not_answered(cast, agreement):
    other = make_vendor(practice=cast.practice, name="Other")
    trigger = raise_trigger(vendor=other, by=None, kind_of=TriggerKind.MODEL, on=TODAY, what="New model.")
    with pytest.raises(Refused):
        add_review(agreement=agreement, by=cast.officer, on=TODAY, finding="stands", triggers=[trigger])


# --- set aside --------------------------------------------------------------------------------------------


def set_aside(client, trigger, **changes):
    return client.post(f"/triggers/{trigger.uid}/set-aside/", {"version": 1, "reason": "A typing error.", **changes})


def test_set_aside_gives_back_the_day_it_would_have_been(cast, agreement, browse):
    vendor = agreement.vendor
    first = raise_trigger(vendor=vendor, by=None, kind_of=TriggerKind.MODEL, on=date(2026, 11, 18), what="New model.")
    later = raise_trigger(vendor=vendor, by=None, kind_of=TriggerKind.TERMS, on=date(2026, 11, 20), what="New terms.")
    client = browse(cast.owner)
    assert (set_aside(client, first).status_code, due(agreement)) == (302, date(2026, 11, 20))
    assert (set_aside(client, later).status_code, due(agreement)) == (302, REGULAR)
    later.refresh_from_db()
    assert (later.set_aside_by, later.set_aside_reason) == (cast.owner, "A typing error.")


def test_an_agreement_that_it_had_not_moved_stays(cast, agreement, browse):
    trigger = raise_trigger(vendor=agreement.vendor, by=None, kind_of=TriggerKind.MODEL, on=TODAY, what="New model.")
    agreement.refresh_from_db()
    change_agreement(agreement=agreement, by=cast.owner, version=2, next_review_on=date(2026, 11, 15))
    set_aside(browse(cast.owner), trigger)
    assert due(agreement) == date(2026, 11, 15)


@pytest.mark.parametrize(("changes", "status"), [({"reason": " "}, 422), ({"version": 7}, 409)])
def test_set_aside_needs_a_reason_and_the_version_seen(cast, agreement, browse, changes, status):
    trigger = raise_trigger(vendor=agreement.vendor, by=None, kind_of=TriggerKind.MODEL, on=TODAY, what="New model.")
    assert (set_aside(browse(cast.owner), trigger, **changes).status_code, due(agreement)) == (status, TODAY)


def test_what_is_done_is_not_set_aside_again(cast, agreement, browse):
    trigger = raise_trigger(vendor=agreement.vendor, by=None, kind_of=TriggerKind.MODEL, on=TODAY, what="New model.")
    add_review(agreement=agreement, by=cast.officer, on=TODAY, finding="stands", triggers=[trigger])
    assert set_aside(browse(cast.owner), trigger, version=2).status_code == 422


def test_who_may_set_aside(cast, strangers, agreement, browse):
    trigger = raise_trigger(vendor=agreement.vendor, by=None, kind_of=TriggerKind.MODEL, on=TODAY, what="New model.")
    people = [cast.staff, cast.auditor, strangers.owner, cast.officer]
    assert [set_aside(browse(each), trigger).status_code for each in people] == [403, 403, 404, 302]
