"""Changing a vendor: by those who may, from the version that they saw, with nothing lost."""

from collections.abc import Callable

import pytest
from django.test import Client

from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests.conftest import Cast
from vendors.actions.vendors import change_vendor
from vendors.models import Vendor

Browse = Callable[..., Client]


@pytest.fixture
def notewell(cast: Cast) -> Vendor:
    vendor = factories.make_vendor(practice=cast.practice, name="Notewell", summary="Drafts notes")
    factories.make_standing(vendor=vendor)
    return vendor


def url(vendor: Vendor) -> str:
    return f"/vendors/{vendor.uid}/change/"


def given(**changes: object) -> dict[str, object]:
    return {"name": "Notewell", "summary": "Drafts notes", "version": 1, **changes}


def test_the_form_shows_what_is_on_file(cast: Cast, browse: Browse, notewell: Vendor):
    page = browse(cast.officer).get(url(notewell)).content.decode()
    assert ('value="Notewell"' in page, 'value="Drafts notes"' in page) == (True, True)


def test_a_change_is_saved_with_its_history(cast: Cast, browse: Browse, notewell: Vendor):
    response = browse(cast.officer).post(url(notewell), given(summary="Drafts and files notes"))
    notewell.refresh_from_db()
    assert response.headers["Location"] == f"/vendors/{notewell.uid}/"
    assert (notewell.summary, notewell.version) == ("Drafts and files notes", 2)
    newest = notewell.history.first()
    assert (newest.history_user, newest.history_change_reason) == (cast.officer, "vendor.changed")
    assert LedgerEntry.objects.get(verb="vendor.changed").detail == {"changed": ["summary"]}


def test_a_stale_form_shows_both_texts_and_saves_nothing(cast: Cast, browse: Browse, notewell: Vendor):
    change_vendor(vendor=notewell, by=cast.owner, version=1, name="Notewell Inc", summary="Theirs")
    response = browse(cast.officer).post(url(notewell), given(summary="Mine"))
    page = response.content.decode()
    assert (response.status_code, Vendor.objects.get().summary) == (409, "Theirs")
    assert [(each.label, each.theirs, each.yours) for each in response.context["conflict"]] == [
        ("Name of the vendor", "Notewell Inc", "Notewell"),
        ("What it does for you", "Theirs", "Mine"),
    ]
    assert ('value="Mine"' in page, 'name="version" value="2"' in page) == (True, True)


def test_sent_once_more_after_a_conflict_it_is_saved(cast: Cast, browse: Browse, notewell: Vendor):
    change_vendor(vendor=notewell, by=cast.owner, version=1, summary="Theirs")
    browse(cast.officer).post(url(notewell), given(summary="Mine", version=2))
    assert Vendor.objects.get().summary == "Mine"


def test_the_action_itself_refuses_an_old_version(cast: Cast, notewell: Vendor):
    with pytest.raises(Stale):
        change_vendor(vendor=notewell, by=cast.owner, version=7, summary="Late")


def test_it_may_keep_its_own_name_in_another_case(cast: Cast, notewell: Vendor):
    assert change_vendor(vendor=notewell, by=cast.owner, version=1, name="NoteWell").name == "NoteWell"


def test_it_may_not_take_the_name_of_another(cast: Cast, notewell: Vendor):
    factories.make_vendor(practice=cast.practice, name="Claridesk")
    with pytest.raises(Refused, match="“Claridesk” is on your list already"):
        change_vendor(vendor=notewell, by=cast.owner, version=1, name="CLARIDESK")


def test_bad_input_keeps_the_rest(cast: Cast, browse: Browse, notewell: Vendor):
    response = browse(cast.officer).post(url(notewell), given(name="", summary="Still here"))
    assert (response.status_code, "Still here" in response.content.decode()) == (422, True)


@pytest.mark.parametrize("role", ["staff", "auditor"])
def test_a_wrong_role_may_not(cast: Cast, browse: Browse, notewell: Vendor, role: str):
    client = browse(getattr(cast, role))
    assert [client.get(url(notewell)).status_code, client.post(url(notewell), given()).status_code] == [
        403,
        403,
    ]


def test_another_practice_finds_nothing(cast: Cast, strangers: Cast, browse: Browse, notewell: Vendor):
    client = browse(strangers.owner)
    assert [
        client.get(url(notewell)).status_code,
        client.post(url(notewell), given(name="X")).status_code,
    ] == [404, 404]
    assert Vendor.objects.get().name == "Notewell"
