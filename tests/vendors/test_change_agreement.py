"""Changing an agreement: only what changed, in history, and never over somebody else's text unseen."""

from datetime import date

import pytest
import time_machine

from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import LedgerEntry
from tests.factories import make_agreement, make_tool, make_vendor
from vendors.actions.agreements import change_agreement, record_agreement

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def agreement(cast):
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor)
    return make_agreement(
        vendor=vendor,
        practice_signed_on=date(2026, 10, 1),
        vendor_signed_on=date(2026, 10, 3),
        next_review_on=date(2027, 10, 3),
        plan="Clinic plan",
    )


def send(client, agreement, **changes):
    given = {
        "version": agreement.version,
        "kind_of": "baa",
        "vendor_party": "",
        "practice_signed_on": "2026-10-01",
        "vendor_signed_on": "2026-10-03",
        "effective_on": "",
        "ends_on": "",
        "plan": "Clinic plan",
        "tools": [tool.uid for tool in agreement.tools.all()],
        "evidence": "",
        "next_review_on": "2027-10-03",
    }
    return client.post(f"/agreements/{agreement.uid}/change/", {**given, **changes})


def test_the_form_shows_what_is_on_file(cast, agreement, browse):
    form = browse(cast.officer).get(f"/agreements/{agreement.uid}/change/").context["form"]
    assert {name: form[name].value() for name in ("plan", "tools", "evidence", "next_review_on")} == {
        "plan": "Clinic plan",
        "tools": [agreement.tools.get().uid],
        "evidence": "",
        "next_review_on": date(2027, 10, 3),
    }


def test_the_ledger_names_the_fields_that_changed(cast, agreement, browse):
    response = send(browse(cast.officer), agreement, plan="Group plan", tools=[])
    agreement.refresh_from_db()
    assert (response.status_code, agreement.plan, agreement.version) == (302, "Group plan", 2)
    assert LedgerEntry.objects.get(verb="agreement.changed").detail == {
        "changed": ["plan", "tools"],
        "tools": [],
    }
    assert agreement.history.first().history_user == cast.officer


def test_an_emptied_review_date_falls_back_to_a_year_after_the_signature(cast, agreement, browse):
    send(browse(cast.officer), agreement, vendor_signed_on="2026-11-02", next_review_on="")
    agreement.refresh_from_db()
    assert agreement.next_review_on == date(2027, 11, 2)


def test_the_second_of_two_people_sees_both_texts_and_nothing_is_overwritten(cast, agreement, browse):
    stale = agreement.version
    change_agreement(agreement=agreement, by=cast.owner, version=stale, plan="Enterprise plan")
    response = send(browse(cast.officer), agreement, version=stale, plan="Group plan")
    agreement.refresh_from_db()
    assert (response.status_code, agreement.plan) == (409, "Enterprise plan")
    assert [(each.label, each.theirs, each.yours) for each in response.context["conflict"]] == [
        ("Plan or edition it covers", "Enterprise plan", "Group plan")
    ]


def test_keeping_mine_after_reading_theirs_is_one_more_press(cast, agreement, browse):
    change_agreement(agreement=agreement, by=cast.owner, version=1, plan="Enterprise plan")
    shown = send(browse(cast.officer), agreement, version=1, plan="Group plan").context["form"]
    response = send(browse(cast.officer), agreement, version=shown["version"].value(), plan="Group plan")
    agreement.refresh_from_db()
    assert (response.status_code, agreement.plan, agreement.version) == (302, "Group plan", 3)


def test_the_action_refuses_a_version_that_is_not_the_newest(cast, agreement):
    with pytest.raises(Stale):
        change_agreement(agreement=agreement, by=cast.owner, version=2, plan="Group plan")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"practice_signed_on": "2026-11-22"}, "practice_signed_on"),
        ({"ends_on": "2026-09-30", "effective_on": "2026-09-01"}, "practice_signed_on"),
        ({"effective_on": "2027-01-01", "ends_on": "2026-12-01"}, "ends_on"),
        ({"next_review_on": "2026-09-01"}, "next_review_on"),
        ({"tools": ["nosuchtool22"]}, "tools"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_half_saved(cast, agreement, browse, changes, field):
    response = send(browse(cast.officer), agreement, plan="Group plan", **changes)
    agreement.refresh_from_db()
    assert (response.status_code, agreement.plan, agreement.version) == (422, "Clinic plan", 1)
    assert next(iter(response.context["form"].errors)) == field


def test_a_tool_of_another_practice_is_refused(cast, strangers, agreement, browse):
    tool = make_tool(vendor=make_vendor(practice=strangers.practice))
    response = send(browse(cast.officer), agreement, tools=[tool.uid])
    assert (response.status_code, agreement.tools.filter(pk=tool.pk).count()) == (422, 0)


def test_a_newer_version_cannot_amend_what_it_replaces(cast, agreement):
    newer = record_agreement(vendor=agreement.vendor, by=cast.officer, replaces=agreement, kind_of="baa")
    with pytest.raises(Refused, match="other version is of this kind"):
        change_agreement(agreement=newer, by=cast.officer, version=1, kind_of="amendment", amends=agreement)
    with pytest.raises(Refused, match="other version is of this kind"):
        change_agreement(agreement=agreement, by=cast.officer, version=1, kind_of="amendment", amends=newer)


def test_a_newer_amendment_amends_the_agreement_and_not_the_older_amendment(cast, agreement):
    day = agreement.vendor_signed_on
    older = make_agreement(
        vendor=agreement.vendor, kind_of="rider", amends=agreement, practice_signed_on=day, vendor_signed_on=day
    )
    facts = {"vendor": agreement.vendor, "by": cast.officer, "replaces": older, "kind_of": "rider"}
    with pytest.raises(Refused) as refused:
        record_agreement(**facts, amends=older)
    assert refused.value.field == "amends"
    assert record_agreement(**facts, amends=agreement).replaces == older


def test_an_agreement_with_amendments_stays_an_agreement(cast, agreement):
    make_agreement(vendor=agreement.vendor, kind_of="amendment", amends=agreement)
    other = make_agreement(vendor=agreement.vendor, kind_of="baa")
    with pytest.raises(Refused, match="Other agreements amend this one"):
        change_agreement(agreement=agreement, by=cast.officer, version=1, kind_of="rider", amends=other)
    changed = change_agreement(agreement=agreement, by=cast.officer, version=1, kind_of="qsoa")
    assert changed.kind_of == "qsoa"


def test_an_ended_agreement_stays_as_it_is(cast, browse):
    vendor = make_vendor(practice=cast.practice)
    ended = make_agreement(vendor=vendor, ended_on=date(2026, 11, 1), end_reason="Replaced.")
    with pytest.raises(Refused, match="has ended"):
        change_agreement(agreement=ended, by=cast.officer, version=1, plan="Group plan")
    assert send(browse(cast.officer), ended).status_code == 422


@pytest.mark.parametrize(("person", "status"), [("staff", 403), ("auditor", 403), ("owner", 302)])
def test_who_may_change_it(cast, agreement, browse, person, status):
    assert send(browse(getattr(cast, person)), agreement).status_code == status


def test_another_practices_agreement_is_not_found(strangers, agreement, browse):
    client = browse(strangers.owner)
    assert (send(client, agreement).status_code, client.get(f"/agreements/{agreement.uid}/").status_code) == (404, 404)
