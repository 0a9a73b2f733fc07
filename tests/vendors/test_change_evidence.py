"""Changing what is known of evidence: the file itself stays, and nobody overwrites anybody unseen."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from practice_vetting.core.errors import Stale
from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests import files as made
from tests.conftest import Cast
from vendors.actions import evidence as actions
from vendors.models import Evidence, Vendor

Browse = Callable[..., Client]


@pytest.fixture
def policy(cast: Cast) -> Evidence:
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)
    return actions.add_evidence(
        vendor=vendor, by=cast.officer, accepted=made.accepted(), title="Access policy", no_patient_data=True
    )


def given(**changes: Any) -> dict[str, Any]:
    facts = {"title": "Access policy", "kind_of": "policy", "version": 1, "dated_on": "", "expires_on": ""}
    return {**facts, "pages_that_matter": "", **changes}


def test_a_change_is_saved_with_its_history(cast: Cast, browse: Browse, policy: Evidence) -> None:
    response = browse(cast.officer).post(f"/evidence/{policy.uid}/change/", given(expires_on="2027-06-30"))
    sha256 = policy.file.sha256
    policy.refresh_from_db()
    assert (response.status_code, response.headers["Location"]) == (302, f"/evidence/{policy.uid}/")
    assert (policy.kind_of, policy.expires_on, policy.version) == ("policy", date(2027, 6, 30), 2)
    assert policy.file.sha256 == sha256
    newest = policy.history.first()
    assert (newest.history_user, newest.history_change_reason) == (cast.officer, "evidence.changed")
    assert LedgerEntry.objects.get(verb="evidence.changed").detail == {"changed": ["expires_on", "kind_of"]}


def test_a_kind_that_gets_old_brings_its_end_along(cast: Cast, policy: Evidence) -> None:
    changed = actions.change_evidence(
        evidence=policy, by=cast.officer, version=1, kind_of="report", dated_on=date(2026, 1, 5)
    )
    assert changed.expires_on == date(2027, 1, 5)
    assert LedgerEntry.objects.get(verb="evidence.changed").detail == {"changed": ["dated_on", "expires_on", "kind_of"]}


def test_the_vendor_is_judged_again(cast: Cast, policy: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Vendor] = []
    monkeypatch.setattr(actions, "rejudge", judged.append)
    actions.change_evidence(evidence=policy, by=cast.officer, version=1, title="Access policy v4")
    assert judged == [policy.vendor]


def test_a_stale_form_shows_both_texts_and_saves_nothing(cast: Cast, browse: Browse, policy: Evidence) -> None:
    actions.change_evidence(evidence=policy, by=cast.owner, version=1, title="Theirs")
    response = browse(cast.officer).post(f"/evidence/{policy.uid}/change/", given(title="Mine", kind_of="other"))
    page = response.content.decode()
    assert (response.status_code, Evidence.objects.get().title) == (409, "Theirs")
    assert [(each.label, each.theirs, each.yours) for each in response.context["conflict"]] == [
        ("Title", "Theirs", "Mine")
    ]
    assert ('value="Mine"' in page, 'name="version" value="2"' in page) == (True, True)
    with pytest.raises(Stale):
        actions.change_evidence(evidence=policy, by=cast.officer, version=1, title="Mine")


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": " "}, "title", "Give it a title."),
        (
            {"dated_on": "2026-01-05", "expires_on": "2026-01-04"},
            "expires_on",
            "It cannot stop counting before its own date.",
        ),
        (
            {"kind_of": "memo"},
            "dated_on",
            "Write the date on the document. A report or memo counts for one year from it.",
        ),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    cast: Cast, browse: Browse, policy: Evidence, changes: dict[str, str], field: str, sentence: str
) -> None:
    response = browse(cast.officer).post(f"/evidence/{policy.uid}/change/", given(**changes))
    assert (response.status_code, response.context["form"].errors) == (422, {field: [sentence]})
    assert Evidence.objects.get().version == 1


def test_staff_may_not_and_a_stranger_finds_nothing(
    cast: Cast, strangers: Cast, browse: Browse, policy: Evidence
) -> None:
    people = [cast.staff, cast.auditor, strangers.owner]
    url = f"/evidence/{policy.uid}/change/"
    assert [browse(person).post(url, given()).status_code for person in people] == [403, 403, 404]
    assert [browse(person).get(url).status_code for person in people] == [403, 403, 404]
