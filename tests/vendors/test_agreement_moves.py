"""An agreement goes out, is signed, and is superseded by its newer version; what amends it goes with it."""

from datetime import date, timedelta

import pytest
import time_machine

from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import LedgerEntry
from tests.factories import make_agreement, make_reading, make_tool, make_vendor
from vendors.actions.agreements import (
    change_agreement,
    end_agreement,
    record_agreement,
    send_agreement,
    sign_agreement,
)
from vendors.actions.reviews import add_review
from vendors.agreement_states import AgreementState, state_of
from vendors.clause_sheet import agreement_sheet
from vendors.models import Agreement
from vendors.versions import compared

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
SIGNED = {"practice_signed_on": date(2026, 1, 5), "vendor_signed_on": date(2026, 1, 9)}


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture
def vendor(cast):
    vendor = make_vendor(practice=cast.practice)
    make_tool(vendor=vendor)
    return vendor


def state(agreement, on=TODAY):
    agreement.refresh_from_db()
    return state_of(agreement.dates, on=on)


def renew(old, by, **facts):
    return record_agreement(vendor=old.vendor, by=by, replaces=old, kind_of=old.kind_of, **facts)


def test_a_draft_goes_out_and_comes_back_signed(cast, vendor, browse):
    agreement, client = make_agreement(vendor=vendor), browse(cast.officer)
    client.post(f"/agreements/{agreement.uid}/send/", {"version": 1, "on": "2026-11-20"})
    assert state(agreement) is AgreementState.OUT
    client.post(f"/agreements/{agreement.uid}/sign/", {"version": 2, "practice_signed_on": "2026-11-20"})
    assert state(agreement) is AgreementState.OUT
    given = {"version": 3, "practice_signed_on": "2026-11-20", "vendor_signed_on": "2026-11-21"}
    client.post(f"/agreements/{agreement.uid}/sign/", {**given, "effective_on": "2026-12-01"})
    assert (state(agreement), state(agreement, date(2026, 12, 1))) == (
        AgreementState.EXECUTED,
        AgreementState.IN_FORCE,
    )
    assert agreement.next_review_on == date(2027, 11, 21)
    verbs = LedgerEntry.objects.filter(record_uid=agreement.uid).order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["agreement.sent", "agreement.signed", "agreement.signed"]


@pytest.mark.parametrize(
    ("path", "given", "field"),
    [
        ("send", {"on": "2026-11-22"}, "on"),
        ("send", {"on": ""}, "on"),
        ("sign", {}, "practice_signed_on"),
        ("sign", {"vendor_signed_on": "2026-11-22"}, "vendor_signed_on"),
        ("sign", {"vendor_signed_on": "2026-11-20", "ends_on": "2026-11-19"}, "vendor_signed_on"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(cast, vendor, browse, path, given, field):
    agreement = make_agreement(vendor=vendor)
    response = browse(cast.officer).post(f"/agreements/{agreement.uid}/{path}/", {"version": 1, **given})
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])


def test_each_move_is_asked_of_the_state_and_of_the_version(cast, vendor):
    signed = make_agreement(vendor=vendor, **SIGNED)
    draft = make_agreement(vendor=vendor)
    for act in (send_agreement, sign_agreement):
        with pytest.raises(Refused):
            act(agreement=signed, by=cast.officer, version=1, **({"on": TODAY} if act is send_agreement else {}))
    with pytest.raises(Stale):
        send_agreement(agreement=draft, by=cast.officer, version=2, on=TODAY)
    with pytest.raises(Refused, match="not signed by both sides yet"):
        renew(draft, cast.officer)


def test_a_newer_version_takes_the_place_of_the_old_one_on_its_first_day(cast, vendor):
    old = make_agreement(vendor=vendor, **SIGNED)
    facts = {"practice_signed_on": TODAY, "vendor_signed_on": TODAY, "effective_on": TODAY + 9 * DAY}
    new = renew(old, cast.officer, tools=vendor.tools.all(), **facts)
    assert (state(old), state(old, TODAY + 8 * DAY), state(old, TODAY + 9 * DAY)) == (
        AgreementState.IN_FORCE,
        AgreementState.IN_FORCE,
        AgreementState.SUPERSEDED,
    )
    told = LedgerEntry.objects.get(record_uid=new.uid, verb="agreement.recorded").detail
    assert told["superseded"] == {old.uid: "2026-11-30"}


def test_its_day_follows_the_dates_of_the_newer_version(cast, vendor):
    old = make_agreement(vendor=vendor, **SIGNED)
    new = renew(old, cast.officer)
    assert state(old) is AgreementState.IN_FORCE
    sign_agreement(agreement=new, by=cast.officer, version=1, practice_signed_on=TODAY, vendor_signed_on=TODAY)
    assert state(old) is AgreementState.SUPERSEDED
    change_agreement(agreement=new, by=cast.officer, version=2, vendor_signed_on=None)
    assert state(old) is AgreementState.IN_FORCE


def test_a_newer_version_that_ends_before_it_starts_supersedes_nothing(cast, vendor):
    old = make_agreement(vendor=vendor, **SIGNED)
    new = renew(old, cast.officer, practice_signed_on=TODAY, vendor_signed_on=TODAY, effective_on=TODAY + 9 * DAY)
    end_agreement(agreement=new, by=cast.officer, version=1, on=TODAY, reason="They withdrew it.")
    assert state(old, TODAY + 20 * DAY) is AgreementState.IN_FORCE


def test_a_third_version_that_overtakes_the_second_supersedes_both(cast, vendor):
    old = make_agreement(vendor=vendor, **SIGNED)
    signed = {"practice_signed_on": TODAY, "vendor_signed_on": TODAY}
    second = renew(old, cast.officer, **signed, effective_on=TODAY + 30 * DAY)
    renew(second, cast.officer, **signed, effective_on=TODAY + 5 * DAY)
    assert {state(each, TODAY + 5 * DAY) for each in (old, second)} == {AgreementState.SUPERSEDED}


def test_an_agreement_has_one_newer_version_of_its_own_kind(cast, vendor):
    old = make_agreement(vendor=vendor, **SIGNED)
    with pytest.raises(Refused, match="same kind"):
        record_agreement(vendor=vendor, by=cast.officer, replaces=old, kind_of="qsoa")
    renew(old, cast.officer)
    with pytest.raises(Refused, match="on file already"):
        renew(old, cast.officer)


def test_nothing_is_reviewed_or_ended_of_what_was_superseded(cast, vendor):
    old = make_agreement(vendor=vendor, next_review_on=date(2027, 1, 9), **SIGNED)
    renew(old, cast.officer, practice_signed_on=TODAY, vendor_signed_on=TODAY)
    with pytest.raises(Refused, match="newer version"):
        add_review(agreement=old, by=cast.officer, on=TODAY, finding="stands")
    with pytest.raises(Refused, match="newer version"):
        end_agreement(agreement=old, by=cast.officer, version=1, on=TODAY, reason="Over.")
    assert old not in Agreement.objects.asking_for_review(TODAY)


def test_what_amends_an_agreement_is_superseded_and_ends_with_it(cast, vendor):
    old = make_agreement(vendor=vendor, **SIGNED)
    amendment = make_agreement(vendor=vendor, kind_of="amendment", amends=old, **SIGNED)
    new = renew(old, cast.officer, practice_signed_on=TODAY, vendor_signed_on=TODAY)
    assert state(amendment) is AgreementState.SUPERSEDED
    other = make_agreement(vendor=vendor, kind_of="amendment", amends=new, **SIGNED)
    end_agreement(agreement=new, by=cast.officer, version=1, on=TODAY, reason="Too dear.")
    assert (state(other), other.end_reason) == (
        AgreementState.ENDED,
        "The agreement that it amends ended: Too dear.",
    )


@pytest.mark.parametrize(
    ("kind", "amended", "why"),
    [
        ("amendment", None, "Choose the agreement"),
        ("baa", "base", "Only an amendment or a rider"),
        ("amendment", "amendment", "not another amendment"),
        ("amendment", "foreign", "another vendor"),
    ],
)
def test_an_amendment_belongs_to_one_agreement_of_its_vendor(cast, vendor, kind, amended, why):
    base = make_agreement(vendor=vendor, **SIGNED)
    others = {
        "base": base,
        "amendment": make_agreement(vendor=vendor, kind_of="amendment", amends=base),
        "foreign": make_agreement(vendor=make_vendor(practice=cast.practice, name="Other")),
        None: None,
    }
    with pytest.raises(Refused, match=why):
        record_agreement(vendor=vendor, by=cast.officer, kind_of=kind, amends=others[amended])


def test_the_form_of_a_new_version_is_filled_from_the_last_without_its_dates(cast, vendor, browse):
    old = make_agreement(vendor=vendor, plan="Clinic plan", environments=["production", "beta"], **SIGNED)
    form = browse(cast.officer).get(f"/agreements/{old.uid}/new-version/").context["form"]
    shown = {name: form[name].value() for name in ("plan", "environments", "tools", "practice_signed_on", "ends_on")}
    assert shown == {
        "plan": "Clinic plan",
        "environments": ["production", "beta"],
        "tools": [vendor.tools.get().uid],
        "practice_signed_on": None,
        "ends_on": None,
    }


def test_sent_it_is_one_new_version_and_the_old_page_leads_to_it(cast, vendor, browse):
    old, client = make_agreement(vendor=vendor, **SIGNED), browse(cast.officer)
    given = {"form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e61", "kind_of": "baa", "environments": "trial"}
    for _ in range(2):
        client.post(f"/agreements/{old.uid}/new-version/", given)
    new = Agreement.objects.get(replaces=old)
    page = client.get(f"/agreements/{old.uid}/").content.decode()
    assert (new.environments, f"/agreements/{new.uid}/" in page, "/new-version/" in page) == (["trial"], True, False)


def changes(old, new):
    found = compared(old, new, on=TODAY)
    return {(each.clause.code, each.change.value) for each in [*found["changed"], *found["unread"]]}


def test_two_versions_are_compared_clause_by_clause(cast, vendor, browse):
    old = make_agreement(vendor=vendor, **SIGNED)
    new = make_agreement(vendor=vendor, replaces=old)
    by = {"by": cast.officer}
    for code, before, after in [
        ("B01", "present", "present"), ("B07", "absent", "present"), ("B09", "present", "partial"),
        ("B31", "absent", "present"), ("B36", "present", None), ("B40", None, "present"),
    ]:  # fmt: skip
        for agreement, status in ((old, before), (new, after)):
            if status:
                make_reading(agreement=agreement, code=code, status=status, **by)
    make_reading(agreement=old, code="B19", days=10, **by)
    make_reading(agreement=new, code="B19", days=30, **by)
    make_reading(agreement=old, code="B33", days=10, **by)
    make_reading(agreement=new, code="B33", days=20, **by)
    assert changes(old, new) == {
        ("B07", "better"), ("B09", "worse"), ("B31", "worse"), ("B36", "unread"), ("B40", "new"), ("B19", "worse"),
        ("B33", "better"),
    }  # fmt: skip
    page = browse(cast.auditor).get(f"/agreements/{new.uid}/differences/").content.decode()
    assert ("Worse: 3" in page, "1 clause read the same: B01" in page) == (True, True)


def test_an_amendment_is_compared_with_the_agreement_without_it(cast, vendor):
    base = make_agreement(vendor=vendor, **SIGNED)
    amendment = make_agreement(vendor=vendor, kind_of="amendment", amends=base, **SIGNED)
    make_reading(agreement=base, by=cast.officer, code="B07", status="absent")
    make_reading(agreement=base, by=cast.officer, code="B09", status="present")
    make_reading(agreement=amendment, by=cast.officer, code="B07", status="present")
    make_reading(agreement=amendment, by=cast.officer, code="B09", status="absent")
    assert changes(base, amendment) == {("B07", "better")}


def test_who_signs_before_reading_is_told_that_it_clears_nobody(cast, vendor, browse):
    old, client = make_agreement(vendor=vendor, **SIGNED), browse(cast.officer)
    made = renew(old, cast.officer)
    pages = [f"/agreements/{old.uid}/", f"/agreements/{made.uid}/sign/"]
    for path in pages:
        assert "required clauses are not read" in client.get(path).content.decode()
    assert "Leave the dates empty until then." in client.get(f"/agreements/{old.uid}/new-version/").content.decode()
    for row in agreement_sheet(old, TODAY).unread:
        make_reading(agreement=old, by=cast.officer, code=row.clause.code, status="present")
    assert "not read.</b>" not in client.get(pages[0]).content.decode()


def test_an_amendment_is_not_asked_for_every_required_clause(cast, vendor, browse):
    agreement = make_agreement(vendor=vendor, **SIGNED)
    amendment = make_agreement(vendor=vendor, kind_of="amendment", amends=agreement, tools=[], **SIGNED)
    assert "not read.</b>" not in browse(cast.officer).get(f"/agreements/{amendment.uid}/").content.decode()


def test_a_draft_that_names_a_tool_does_not_ask_for_the_agreement_that_does(cast, browse):
    vendor = make_vendor(practice=cast.practice)
    named, other = (make_tool(vendor=vendor, name=name) for name in ("Notes", "Plans"))
    draft = make_agreement(vendor=vendor, tools=[named])
    page = browse(cast.officer).get(f"/agreements/{draft.uid}/")
    assert (page.context["stands"].state, list(page.context["uncovered"])) == (AgreementState.DRAFT, [other])
