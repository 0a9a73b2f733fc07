"""Adding a vendor: once, under a name of its own, with a standing from the first moment."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests.conftest import Cast
from vendors.actions.vendors import add_vendor
from vendors.models import Vendor

Browse = Callable[..., Client]
URL = "/vendors/add/"


def given(**changes: str) -> dict[str, str]:
    facts = {
        "name": "Notewell",
        "summary": "Drafts notes",
        "website": "https://notewell.example",
        "contact_name": "Ada Brook",
        "contact_email": "ada@notewell.example",
    }
    return {**facts, "form_id": str(uuid.uuid4()), **changes}


def test_a_vendor_is_added_and_its_first_tool_is_asked_for(cast: Cast, browse: Browse):
    response = browse(cast.officer).post(URL, given())
    vendor = Vendor.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, f"/vendors/{vendor.uid}/tools/add/")
    assert (vendor.practice, vendor.name, vendor.summary, vendor.website, vendor.contact_name) == (
        cast.practice,
        "Notewell",
        "Drafts notes",
        "https://notewell.example",
        "Ada Brook",
    )


def test_it_has_a_standing_and_a_ledger_entry_at_once(cast: Cast, browse: Browse):
    browse(cast.officer).post(URL, given())
    vendor = Vendor.objects.get()
    assert vendor.standing.state == "proposed"
    entries = LedgerEntry.objects.filter(record_uid=vendor.uid)
    assert [(entry.verb, entry.person_name) for entry in entries] == [("vendor.added", "Dana Okafor")]


def test_staff_may_propose_one(cast: Cast, browse: Browse):
    assert browse(cast.staff).post(URL, given()).status_code == 302
    assert Vendor.objects.count() == 1


def test_an_auditor_may_not(cast: Cast, browse: Browse):
    assert [
        browse(cast.auditor).get(URL).status_code,
        browse(cast.auditor).post(URL, given()).status_code,
    ] == [403, 403]
    assert Vendor.objects.count() == 0


def test_who_is_not_signed_in_is_asked_to(cast: Cast, client: Client):
    assert client.get(URL).headers["Location"] == f"/sign-in/?next={URL}"


def test_the_form_sent_twice_makes_one(cast: Cast, browse: Browse):
    same = given()
    first, second = browse(cast.officer).post(URL, same), browse(cast.officer).post(URL, same)
    assert (first.headers["Location"], Vendor.objects.count()) == (second.headers["Location"], 1)


@pytest.mark.parametrize("name", ["Notewell", "NOTEWELL", "  note\twell ".replace("\t", ""), "Notewell\u202e"])
def test_a_name_is_taken_once_in_whatever_case(cast: Cast, browse: Browse, name: str):
    factories.make_vendor(practice=cast.practice, name="Notewell")
    response = browse(cast.officer).post(URL, given(name=name))
    assert (response.status_code, Vendor.objects.count()) == (422, 1)
    assert "“Notewell” is on your list already." in response.content.decode()
    assert "ada@notewell.example" in response.content.decode()


def test_an_ended_vendor_of_that_name_is_pointed_to(cast: Cast):
    factories.make_vendor(practice=cast.practice, name="Notewell", ended_on=cast.practice.today())
    with pytest.raises(Refused, match="take it up again"):
        add_vendor(practice=cast.practice, by=cast.officer, name="notewell")


def test_another_practice_may_have_a_vendor_of_the_same_name(cast: Cast, strangers: Cast, browse: Browse):
    factories.make_vendor(practice=strangers.practice, name="Notewell")
    assert browse(cast.officer).post(URL, given()).status_code == 302


def test_the_practice_is_never_taken_from_the_form(cast: Cast, strangers: Cast, browse: Browse):
    browse(cast.officer).post(URL, given(practice=str(strangers.practice.pk), uid="chosen", version="7"))
    vendor = Vendor.objects.get()
    assert (vendor.practice, vendor.version, vendor.uid == "chosen") == (cast.practice, 1, False)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Write the vendor&#x27;s name."),
        ("name", " \u00a0 ", "Write the vendor&#x27;s name."),
        ("name", "x" * 300, "Keep this to 200 characters. It has 300 now."),
        ("summary", "x" * 301, "Keep this to 300 characters. It has 301 now."),
        ("website", "javascript:alert(1)", "This is not a web address."),
        ("website", "ftp://files.example", "This is not a web address."),
        ("contact_email", "ada at notewell", "This is not an e-mail address."),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_the_rest_is_kept(
    cast: Cast, browse: Browse, field: str, value: str, sentence: str
):
    response = browse(cast.officer).post(URL, given(**{field: value}))
    page = response.content.decode()
    assert (response.status_code, Vendor.objects.count()) == (422, 0)
    assert list(response.context["form"].errors) == [field]
    assert sentence in page
    assert "Ada Brook" in page


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "Ł🩺 ノートウェル",
        "عيادة",
        "{{ 7|add:7 }}",
        'O\'Brien & Sons "Ltd"',
        "x" * 200,
    ],
)
def test_any_name_is_shown_as_text(cast: Cast, browse: Browse, name: str):
    browse(cast.officer).post(URL, given(name=name))
    assert Vendor.objects.get().name == name
    page = browse(cast.officer).get("/vendors/").content.decode()
    assert "<script>alert" not in page
    assert browse(cast.officer).get("/vendors/").context["rows"][0].name == name


def test_spaces_and_signs_that_nobody_sees_are_dropped(cast: Cast, browse: Browse):
    browse(cast.officer).post(URL, given(name="  Note \n\t well\x07 \u202egnp "))
    assert Vendor.objects.get().name == "Note well gnp"
