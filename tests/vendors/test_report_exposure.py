"""Reporting an exposure: anybody who works may, whoever may assess it has taken it on, and a review falls due."""

from datetime import date

import pytest
import time_machine

from practice_vetting.core.models import LedgerEntry
from tests.conftest import Cast
from tests.factories import change, make_agreement, make_standing, make_tool, make_vendor
from vendors.models import Exposure, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FORM = {
    "form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e60",
    "tool": "",
    "what_happened": "Two notes were pasted into a free assistant.",
    "began_on": "2026-11-02",
    "last_on": "",
    "discovered_on": "2026-11-05",
}


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        yield


@pytest.fixture
def vendor(cast: Cast) -> Vendor:
    vendor = make_vendor(practice=cast.practice)
    make_standing(vendor=vendor)
    return vendor


def url(vendor: Vendor) -> str:
    return f"/vendors/{vendor.uid}/exposures/add/"


def test_staff_report_and_somebody_else_takes_it_on(cast: Cast, vendor: Vendor, browse):
    response = browse(cast.staff).post(url(vendor), FORM)
    exposure = Exposure.objects.get()
    assert response.headers["Location"] == f"/exposures/{exposure.uid}/"
    assert (exposure.label, exposure.state, exposure.reported_by) == ("X-01", "reported", cast.staff)
    page = browse(cast.officer).get(response.headers["Location"]).content.decode()
    assert "Nobody has taken it on yet" in page
    assert LedgerEntry.objects.filter(verb="exposure.reported").get().person_name == cast.staff.name


def test_the_officer_who_reports_has_taken_it_on(cast: Cast, vendor: Vendor, browse):
    browse(cast.officer).post(url(vendor), FORM)
    assert Exposure.objects.get().state == "assessed"


def test_a_form_sent_twice_makes_one(cast: Cast, vendor: Vendor, browse):
    client = browse(cast.staff)
    assert client.post(url(vendor), FORM).headers["Location"] == client.post(url(vendor), FORM).headers["Location"]
    assert Exposure.objects.count() == 1


def test_the_auditor_reads_and_reports_nothing(cast: Cast, vendor: Vendor, browse):
    assert browse(cast.auditor).get(url(vendor)).status_code == 403
    assert browse(cast.auditor).get("/exposures/").status_code == 200


def test_another_practice_finds_nothing(cast: Cast, strangers: Cast, vendor: Vendor, browse):
    browse(cast.officer).post(url(vendor), FORM)
    client, exposure = browse(strangers.owner), Exposure.objects.get()
    assert [client.get(each).status_code for each in (url(vendor), f"/exposures/{exposure.uid}/")] == [404, 404]
    assert "X-01" not in client.get("/exposures/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("what_happened", "", "Say what happened"),
        ("began_on", "2027-01-01", "still to come"),
        ("last_on", "2026-11-01", "before the first day"),
        ("discovered_on", "2026-11-01", "before the first day"),
        ("tool", "nobodys", "among the tools of this vendor"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(cast: Cast, vendor: Vendor, browse, field: str, value: str, says: str):
    response = browse(cast.staff).post(url(vendor), {**FORM, field: value})
    page = response.content.decode()
    assert (response.status_code, Exposure.objects.count()) == (422, 0)
    assert says in page
    assert field == "what_happened" or FORM["what_happened"] in page


def test_it_makes_a_review_due_today(cast: Cast, vendor: Vendor, browse):
    signed = {"practice_signed_on": date(2026, 10, 1), "vendor_signed_on": date(2026, 10, 1)}
    agreement = make_agreement(vendor=vendor, next_review_on=date(2027, 10, 1), **signed)
    browse(cast.officer).post(url(vendor), FORM)
    agreement.refresh_from_db()
    trigger = vendor.triggers.get()
    assert (trigger.kind_of, trigger.due_on, agreement.next_review_on) == ("incident", *[date(2026, 11, 22)] * 2)


def test_dates_that_show_it_fill_in_the_form(cast: Cast, vendor: Vendor, browse):
    tool = make_tool(vendor=vendor, in_use_since=date(2026, 1, 5), first_phi_on=date(2026, 1, 5), part2=True)
    client = browse(cast.officer)
    page = client.get(f"/vendors/{vendor.uid}/").content.decode()
    assert f"{url(vendor)}?tool={tool.uid}" in page
    assert "before an agreement stood" in page
    form = client.get(f"{url(vendor)}?tool={tool.uid}").context["form"]
    assert (form["began_on"].value(), form["tool"].value()) == (date(2026, 1, 5), tool.uid)
    assert form["discovered_on"].value() is None
    client.post(f"{url(vendor)}?tool={tool.uid}", {**FORM, "tool": tool.uid, "began_on": "2026-01-05"})
    made = Exposure.objects.get()
    assert (made.found_how, made.tool, made.part2, made.data_kinds) == ("dates", tool, True, tool.data_classes)
    assert "Assess this exposure" not in client.get(f"/vendors/{vendor.uid}/").content.decode()


def test_who_starts_at_the_list_chooses_the_vendor_first(cast: Cast, strangers: Cast, vendor: Vendor, browse):
    make_vendor(practice=strangers.practice, name="Elsewhere")
    client = browse(cast.staff)
    for path in ("/exposures/", "/may-i-use/"):
        assert "/exposures/report/" in client.get(path).content.decode()
    page = client.get("/exposures/report/").content.decode()
    assert (url(vendor) in page, "Elsewhere" in page) == (True, False)
    assert url(vendor) in client.get(f"/vendors/{vendor.uid}/").content.decode()
    assert "/exposures/report/" not in browse(cast.auditor).get("/exposures/").content.decode()


def test_after_the_stop_the_page_leads_on_to_the_tool(cast: Cast, vendor: Vendor, browse):
    tool, client = make_tool(vendor=vendor, in_use_since=date(2026, 1, 5)), browse(cast.officer)
    change(vendor.standing, in_use_not_cleared=True)
    page = client.post(url(vendor), {**FORM, "tool": tool.uid}, follow=True).content.decode()
    assert f"/tools/{tool.uid}/retire/" not in page
    made = Exposure.objects.get()
    stop = {"version": made.version, "stopped_on": "2026-11-22", "stopped_how": "Switched off."}
    page = client.post(f"/exposures/{made.uid}/stop/", stop, follow=True).content.decode()
    assert f"/tools/{tool.uid}/retire/" in page
    change(tool, retired_on=date(2026, 11, 22))
    assert "still counts as in use" not in client.get(f"/exposures/{made.uid}/").content.decode()
