"""Deciding about an exposure, its notices, closing it, and taking it up again."""

import json
from datetime import date

import pytest
import time_machine

from practice_vetting.core import ledger
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Job, LedgerEntry
from tests.conftest import Cast
from tests.factories import make_exposure, make_standing, make_vendor
from tests.vendors.exposing import SCREENED, SMALL, closed, decided, fresh, low, small_breach, stopped, told, written
from vendors.actions.exposure_decisions import reopen_exposure
from vendors.exposure_states import Decision
from vendors.models import Exposure, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        yield


@pytest.fixture
def vendor(cast: Cast) -> Vendor:
    vendor = make_vendor(practice=cast.practice)
    make_standing(vendor=vendor)
    return vendor


def form(exposure: Exposure, by, **changes: str) -> dict[str, str]:
    typed = {"reason": "It was received and kept.", "typed_name": by.name, "consent": "on"}
    return {**typed, "version": str(fresh(exposure).version), **changes}


def url(exposure: Exposure, step: str) -> str:
    return f"/exposures/{exposure.uid}/{step}/"


def test_a_person_decides_over_exactly_what_is_written(cast: Cast, vendor: Vendor, browse):
    exposure = written(make_exposure(vendor=vendor, **SCREENED), cast.officer)
    client = browse(cast.owner)
    assert "Decided over" not in client.get(url(exposure, "decide/low")).content.decode()
    assert client.post(url(exposure, "decide/low"), form(exposure, cast.owner)).status_code == 302
    found = fresh(exposure)
    content = json.loads(found.snapshot)
    assert (found.state, found.decision, found.decided_by) == ("decided", "low", cast.owner)
    assert found.snapshot_sha256 == ledger.sha256(found.snapshot)
    assert [each["narrative"] for each in content["factors"]] == [f"What we know of factor {n}." for n in (1, 2, 3, 4)]
    assert content["decided"]["statement"] == found.statement
    assert (content["decided"]["role"], content["decided"]["method"]) == ("Practice owner", "password")
    assert LedgerEntry.objects.get(verb="exposure.decided").detail["snapshot_sha256"] == found.snapshot_sha256
    assert Job.objects.get().options == {"snapshot_sha256": found.snapshot_sha256}


def test_staff_and_auditors_decide_nothing(cast: Cast, vendor: Vendor, browse):
    exposure = make_exposure(vendor=vendor)
    for person in (cast.staff, cast.auditor):
        for step in ("decide/breach", "close", "reopen"):
            assert browse(person).post(url(exposure, step), form(exposure, person)).status_code == 403


def test_the_password_is_asked_again(cast: Cast, vendor: Vendor, browse):
    client, exposure = browse(cast.owner), make_exposure(vendor=vendor)
    with time_machine.travel("2026-11-22T12:10:00Z", tick=False):
        response = client.post(url(exposure, "decide/breach"), form(exposure, cast.owner))
    assert "/account/again/" in response.headers["Location"]
    assert fresh(exposure).decision == ""


def test_low_probability_only_over_four_written_factors(cast: Cast, vendor: Vendor, browse):
    exposure = written(make_exposure(vendor=vendor, **SCREENED), cast.officer, (1, 2, 4))
    response = browse(cast.owner).get(url(exposure, "decide/low"), follow=True)
    assert "Missing: 3" in response.content.decode()
    with pytest.raises(Refused, match="Missing: 3"):
        decided(exposure, cast.owner, Decision.LOW)
    assert fresh(exposure).decision == ""


def test_who_decides_without_a_document_is_warned_and_may(cast: Cast, vendor: Vendor, browse):
    exposure = written(make_exposure(vendor=vendor, **SCREENED), cast.officer)
    page = browse(cast.owner).get(url(exposure, "decide/low")).content.decode()
    assert "No document is linked under factors 1, 2, 3, 4" in page
    assert "No document is linked" not in browse(cast.owner).get(url(exposure, "decide/breach")).content.decode()
    assert decided(exposure, cast.owner, Decision.LOW).decision == "low"


def test_each_page_says_who_hhs_is_before_it_says_hhs(cast: Cast, vendor: Vendor, browse):
    exposure, client = small_breach(vendor, cast.owner), browse(cast.owner)
    fresh_one = make_exposure(vendor=vendor)
    pages = [url(exposure, step) for step in ("notices", "close")] + [url(fresh_one, "people"), "/exposures/"]
    for address in [
        *pages,
        url(fresh_one, "questions"),
        url(fresh_one, "decide/breach"),
        f"/exposures/{exposure.uid}/",
    ]:
        assert "HHS is the U.S. Department of Health" in client.get(address).content.decode(), address


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"typed_name": "Somebody"}, "Type your name"),
        ({"reason": ""}, "why you decide"),
        ({"consent": ""}, "Mark this"),
    ],
)
def test_nothing_typed_is_lost_when_it_is_refused(cast: Cast, vendor: Vendor, browse, changes: dict[str, str], says):
    exposure = make_exposure(vendor=vendor)
    response = browse(cast.owner).post(url(exposure, "decide/breach"), form(exposure, cast.owner, **changes))
    page = response.content.decode()
    assert (response.status_code, says in page, fresh(exposure).decision) == (422, True, "")
    assert changes.get("reason") == "" or "It was received and kept." in page


def test_what_changed_since_it_was_read_is_not_decided_over(cast: Cast, vendor: Vendor, browse):
    exposure = make_exposure(vendor=vendor)
    sent = form(exposure, cast.owner)
    written(exposure, cast.officer, (1,))
    assert browse(cast.owner).post(url(exposure, "decide/breach"), sent).status_code == 409
    with pytest.raises(Stale):
        decided(exposure, cast.owner, version=1)


def test_no_such_decision(cast: Cast, vendor: Vendor, browse):
    assert browse(cast.owner).get(url(make_exposure(vendor=vendor), "decide/maybe")).status_code == 404


def test_a_small_breach_closes_once_its_people_are_told_and_stays_on_the_log(cast: Cast, vendor: Vendor, browse):
    exposure, client = small_breach(vendor, cast.owner), browse(cast.officer)
    sent = {"version": str(fresh(exposure).version)}
    response = client.post(url(exposure, "close"), sent)
    assert (response.status_code, "each person concerned" in response.content.decode()) == (422, True)
    notices = {**sent, "people_told_on": "2026-11-20"}
    assert client.post(url(exposure, "notices"), notices).status_code == 302
    assert client.post(url(exposure, "close"), {"version": str(fresh(exposure).version)}).status_code == 302
    found = fresh(exposure)
    assert (found.state, found.closed_on, found.is_on_log) == ("closed", date(2026, 11, 22), True)
    page = client.get("/exposures/").content.decode()
    assert ("1 Mar 2027" in page, "1 not sent" in page) == (True, True)
    late = {"version": str(found.version), "people_told_on": "2026-11-20", "hhs_told_on": "2026-11-21"}
    assert client.post(url(exposure, "notices"), late).status_code == 302
    assert "All sent" in client.get("/exposures/").content.decode()


def test_notices_of_a_large_breach_are_kept_by_state(cast: Cast, vendor: Vendor, browse):
    exposure = small_breach(vendor, cast.owner, people=1300, residents={"TX": 700, "CA": 600})
    days = {"people_told_on": "2026-11-20", "media_TX": "2026-11-21", "hhs_told_on": "2026-11-20"}
    browse(cast.officer).post(url(exposure, "notices"), {"version": str(fresh(exposure).version), **days})
    assert fresh(exposure).media_told == {"TX": "2026-11-21"}
    with pytest.raises(Refused, match="the media in CA"):
        closed(exposure, cast.owner)


@pytest.mark.parametrize(("day", "says"), [("2026-11-23", "still to come"), ("2026-11-01", "before the discovery")])
def test_a_notice_has_a_day_that_can_be(cast: Cast, vendor: Vendor, browse, day: str, says: str):
    exposure = small_breach(vendor, cast.owner)
    sent = {"version": str(fresh(exposure).version), "people_told_on": day}
    response = browse(cast.officer).post(url(exposure, "notices"), sent)
    assert (response.status_code, says in response.content.decode()) == (422, True)


def test_the_notices_of_a_closed_one_are_added_to_and_never_removed(cast: Cast, vendor: Vendor, browse):
    exposure = small_breach(vendor, cast.owner, part2=True)
    told(exposure, cast.officer, people_told_on=date(2026, 11, 20))
    closed(exposure, cast.owner)
    emptied = {"version": str(fresh(exposure).version), "hhs_told_on": "2026-11-21"}
    response = browse(cast.officer).post(url(exposure, "notices"), emptied)
    assert (response.status_code, "It is closed on this day" in response.content.decode()) == (422, True)
    assert fresh(exposure).people_told_on == date(2026, 11, 20)
    days = {
        "people_told_on": date(2026, 11, 20),
        "hhs_told_on": date(2026, 11, 21),
        "part2_told_on": date(2026, 11, 21),
    }
    told(exposure, cast.officer, **days)
    assert (fresh(exposure).state, fresh(exposure).hhs_told_on) == ("closed", date(2026, 11, 21))


def test_the_media_of_a_state_stay_told_once_it_is_closed(cast: Cast, vendor: Vendor):
    exposure = small_breach(vendor, cast.owner, people=600, residents={"TX": 600})
    days = {"people_told_on": date(2026, 11, 20), "hhs_told_on": date(2026, 11, 20)}
    told(exposure, cast.officer, **days, media_told={"TX": date(2026, 11, 20)})
    closed(exposure, cast.owner)
    with pytest.raises(Refused, match="Take it up again"):
        told(exposure, cast.officer, **days)


def test_no_notice_is_recorded_within_a_law_enforcement_delay(cast: Cast, vendor: Vendor, browse):
    asked = {"delay_kind": "written", "delay_asked_on": date(2026, 11, 10), "delay_until": date(2026, 11, 20)}
    exposure = small_breach(vendor, cast.owner, **asked)
    sent = {"version": str(fresh(exposure).version), "people_told_on": "2026-11-19"}
    response = browse(cast.officer).post(url(exposure, "notices"), sent)
    assert (response.status_code, "asked to wait until 20 Nov 2026" in response.content.decode()) == (422, True)
    for allowed in (date(2026, 11, 9), date(2026, 11, 20)):
        assert told(exposure, cast.officer, people_told_on=allowed).people_told_on == allowed


def test_notices_belong_to_a_breach(cast: Cast, vendor: Vendor):
    with pytest.raises(Refused, match="decided that it is a breach"):
        told(low(vendor, cast.owner), cast.officer, people_told_on=date(2026, 11, 20))


def test_a_low_probability_closes_once_the_stop_is_recorded(cast: Cast, vendor: Vendor):
    exposure = decided(written(make_exposure(vendor=vendor, **SCREENED), cast.owner), cast.owner, Decision.LOW)
    with pytest.raises(Refused, match="when its use was stopped"):
        closed(exposure, cast.owner)
    assert closed(stopped(exposure, cast.officer), cast.owner).state == "closed"


def test_taken_up_again_it_is_presumed_a_breach_and_its_decision_stays_in_history(cast: Cast, vendor: Vendor, browse):
    exposure, client = closed(low(vendor, cast.owner), cast.owner), browse(cast.owner)
    was = fresh(exposure).snapshot_sha256
    assert client.post(url(exposure, "reopen"), {"version": str(exposure.version), "reason": ""}).status_code == 422
    sent = {"version": str(exposure.version), "reason": "The vendor wrote that it kept a copy."}
    assert client.post(url(exposure, "reopen"), sent).status_code == 302
    found = fresh(exposure)
    assert (found.state, found.decision, found.closed_on, len(found.running_clocks) > 1) == ("assessed", "", None, True)
    page = client.get(f"/exposures/{exposure.uid}/").content.decode()
    assert ("Earlier decisions" in page, "Low probability" in page) == (True, True)
    assert LedgerEntry.objects.get(verb="exposure.reopened").detail["dropped_sha256"] == was
    assert exposure.history.filter(snapshot_sha256=was).exclude(snapshot="").exists()


def test_what_is_decided_is_not_decided_twice(cast: Cast, vendor: Vendor):
    exposure = small_breach(vendor, cast.owner)
    with pytest.raises(Refused, match="take it up again"):
        decided(exposure, cast.owner)
    with pytest.raises(Refused, match="Decide first"):
        reopen_exposure(exposure=make_exposure(vendor=vendor, **SMALL), by=cast.owner, version=1, reason="x")
