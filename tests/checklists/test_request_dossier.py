"""Asking for a vendor's dossier: once a form, by those who may, for a vendor of their own practice."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from checklists.evidence_files import MOST
from practice_vetting.core.models import Job, LedgerEntry, Person
from tests.conftest import Cast
from tests.factories import make_evidence, make_standing, make_vendor
from vendors.models import Vendor

pytestmark = pytest.mark.django_db
Browse = Callable[[Person], Client]


@pytest.fixture
def vendor(cast: Cast) -> Vendor:
    made = make_vendor(practice=cast.practice)
    make_standing(vendor=made)
    return made


def ask(client: Client, vendor: Vendor, form_id: str = "", **more: str) -> Any:
    return client.post(f"/vendors/{vendor.uid}/dossier/", {"form_id": form_id or str(uuid.uuid4()), **more})


def asked_for(vendor: Vendor) -> int:
    return LedgerEntry.objects.filter(verb="dossier.requested", record_uid=vendor.uid).count()


def test_the_owner_asks_and_is_led_to_where_the_file_will_be(cast: Cast, browse: Browse, vendor: Vendor):
    response = ask(browse(cast.owner), vendor)
    job = Job.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, f"/vendors/{vendor.uid}/#documents")
    assert (job.kind, job.subject_kind, job.subject_uid, job.requested_by) == (
        "dossier",
        "vendor",
        vendor.uid,
        cast.owner,
    )
    assert asked_for(vendor) == 1


def test_a_double_click_makes_one(cast: Cast, browse: Browse, vendor: Vendor):
    client, form_id = browse(cast.officer), str(uuid.uuid4())
    assert [ask(client, vendor, form_id).status_code for _ in range(2)] == [302, 302]
    assert (Job.objects.count(), asked_for(vendor)) == (1, 1)


def test_two_forms_make_two(cast: Cast, browse: Browse, vendor: Vendor):
    client = browse(cast.officer)
    ask(client, vendor)
    ask(client, vendor)
    assert (Job.objects.count(), asked_for(vendor)) == (2, 2)


def test_the_same_form_for_two_vendors_makes_two(cast: Cast, browse: Browse, vendor: Vendor):
    other, form_id, client = (
        make_vendor(practice=cast.practice, name="Claridesk"),
        str(uuid.uuid4()),
        browse(cast.owner),
    )
    ask(client, vendor, form_id)
    ask(client, other, form_id)
    assert sorted(Job.objects.values_list("subject_uid", flat=True)) == sorted([vendor.uid, other.uid])


@pytest.mark.parametrize("role", ["staff", "auditor"])
def test_others_may_not_ask(cast: Cast, browse: Browse, vendor: Vendor, role: str):
    assert ask(browse(getattr(cast, role)), vendor).status_code == 403
    assert Job.objects.count() == 0


def test_a_vendor_of_another_practice_is_not_found(strangers: Cast, browse: Browse, vendor: Vendor):
    assert ask(browse(strangers.owner), vendor).status_code == 404
    assert Job.objects.count() == 0


def test_looking_asks_for_nothing(cast: Cast, browse: Browse, vendor: Vendor):
    assert browse(cast.owner).get(f"/vendors/{vendor.uid}/dossier/").status_code == 405


def test_a_form_without_its_id_is_told_to_try_again(cast: Cast, browse: Browse, vendor: Vendor):
    client = browse(cast.owner)
    response = client.post(f"/vendors/{vendor.uid}/dossier/", {"form_id": "no id"}, follow=True)
    assert "Press the button once more" in response.content.decode()
    assert Job.objects.count() == 0


def test_the_vendors_page_carries_a_fresh_id_each_time(cast: Cast, browse: Browse, vendor: Vendor):
    client = browse(cast.owner)
    ids = {client.get(f"/vendors/{vendor.uid}/").context["dossier_form_id"] for _ in range(2)}
    assert len(ids) == 2


def test_the_files_inside_are_an_option_of_the_job(cast: Cast, browse: Browse, vendor: Vendor):
    ask(browse(cast.owner), vendor, evidence="inside")
    assert list(Job.objects.values_list("kind", "options", "after")) == [("dossier", {"evidence": "inside"}, None)]


def test_a_bundle_is_asked_for_with_its_dossier_and_once(cast: Cast, browse: Browse, vendor: Vendor):
    client, form_id = browse(cast.officer), str(uuid.uuid4())
    for _ in range(2):
        ask(client, vendor, form_id, evidence="zip")
    dossier, bundle = Job.objects.order_by("id")
    assert (dossier.kind, bundle.kind, bundle.after) == ("dossier", "bundle", dossier)
    assert (asked_for(vendor), LedgerEntry.objects.filter(verb="bundle.requested").count()) == (1, 1)


def test_one_form_may_ask_for_each_of_what_it_offers(cast: Cast, browse: Browse, vendor: Vendor):
    client, form_id = browse(cast.officer), str(uuid.uuid4())
    for more in ({}, {"evidence": "inside"}, {"evidence": "zip"}, {"as_of": vendor.practice.today().isoformat()}):
        ask(client, vendor, form_id, **more)
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["bundle", *["dossier"] * 4]


def test_too_much_evidence_is_refused_with_what_to_do_and_nothing_is_asked_for(
    cast: Cast, browse: Browse, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
):
    make_evidence(vendor=vendor, checked_by=cast.officer)
    monkeypatch.setitem(MOST, "inside", 8)
    client = browse(cast.owner)
    ask(client, vendor, evidence="inside")
    page = client.get(f"/vendors/{vendor.uid}/").content.decode()
    assert "Ask for the bundle instead." in page
    assert 'value="inside" disabled' in page
    assert Job.objects.count() == 0


@pytest.mark.parametrize("evidence", ["everything", "ZIP", "\0", "x" * 10_000])
def test_what_was_not_offered_asks_for_nothing(cast: Cast, browse: Browse, vendor: Vendor, evidence: str):
    assert ask(browse(cast.owner), vendor, evidence=evidence).status_code == 302
    assert Job.objects.count() == 0


def test_who_may_not_ask_is_not_offered_it(cast: Cast, browse: Browse, vendor: Vendor):
    page = browse(cast.staff).get(f"/vendors/{vendor.uid}/").content.decode()
    assert "Make a dossier" not in page
