"""Retiring a tool: from a day on that is not to come and not before its use."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from practice_vetting.core.errors import Refused
from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests.conftest import Cast
from vendors.actions.tools import retire_tool
from vendors.models import Tool

Browse = Callable[..., Client]


@pytest.fixture
def scribe(cast: Cast) -> Tool:
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor, in_use_not_cleared=True)
    since = cast.practice.today() - timedelta(days=10)
    return factories.make_tool(vendor=vendor, name="Scribe", in_use_since=since, first_phi_on=since)


def url(tool: Tool) -> str:
    return f"/tools/{tool.uid}/retire/"


def test_a_retired_tool_stays_on_file_and_is_no_longer_loud(cast: Cast, browse: Browse, scribe: Tool):
    today = cast.practice.today()
    given = {"retired_on": today.isoformat(), "reason": "Nobody liked it", "version": 1}
    response = browse(cast.officer).post(url(scribe), given)
    scribe.refresh_from_db()
    assert response.headers["Location"] == f"/vendors/{scribe.vendor.uid}/"
    assert (scribe.retired_on, scribe.vendor.standing.in_use_not_cleared) == (today, False)
    detail = LedgerEntry.objects.get(verb="tool.retired").detail
    assert detail == {"retired_on": today.isoformat(), "reason": "Nobody liked it"}


@pytest.mark.parametrize(("days", "sentence"), [(1, "This day is still to come."), (-11, "It was in use on this day.")])
def test_the_day_has_to_fit(cast: Cast, browse: Browse, scribe: Tool, days: int, sentence: str):
    day = cast.practice.today() + timedelta(days=days)
    response = browse(cast.officer).post(url(scribe), {"retired_on": day.isoformat(), "reason": "Kept", "version": 1})
    scribe.refresh_from_db()
    assert (response.status_code, scribe.retired_on) == (422, None)
    assert (sentence in response.content.decode(), "Kept" in response.content.decode()) == (True, True)


def test_it_is_retired_once(cast: Cast, scribe: Tool):
    retire_tool(tool=scribe, by=cast.officer, version=1, retired_on=cast.practice.today())
    with pytest.raises(Refused, match="retired already"):
        retire_tool(tool=scribe, by=cast.officer, version=2, retired_on=cast.practice.today())


def test_a_stale_form_is_answered_with_409(cast: Cast, browse: Browse, scribe: Tool):
    given = {"retired_on": cast.practice.today().isoformat(), "version": 3}
    response = browse(cast.officer).post(url(scribe), given)
    scribe.refresh_from_db()
    assert (response.status_code, scribe.retired_on) == (409, None)


def test_doors(cast: Cast, strangers: Cast, browse: Browse, scribe: Tool):
    given = {"retired_on": cast.practice.today().isoformat(), "version": 1}
    answers = [browse(who).post(url(scribe), given).status_code for who in (cast.staff, cast.auditor, strangers.owner)]
    scribe.refresh_from_db()
    assert (answers, scribe.retired_on) == ([403, 403, 404], None)
