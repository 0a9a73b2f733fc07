"""Who asks for what their role does not allow is refused, and the ledger tells it."""

from typing import Any

import pytest
from django.core.cache import cache

from practice_vetting.core.models import LedgerEntry
from tests.conftest import Cast


def told() -> list[tuple[str, str]]:
    """Who was refused what, in order."""
    entries = LedgerEntry.objects.filter(verb="member.refused").order_by("seq")
    return [(entry.person_name, entry.detail["permission"]) for entry in entries]


def test_it_is_told_once_an_hour(cast: Cast, browse: Any):
    cache.clear()
    staff = browse(cast.staff)
    assert [staff.get("/people/invite/").status_code for _ in range(3)] == [403] * 3
    entry = LedgerEntry.objects.get(verb="member.refused")
    assert (entry.person_uid, entry.record_uid) == (cast.staff.uid, cast.staff.memberships.get().uid)
    assert entry.detail == {"permission": "people", "asked": "/people/invite/"}
    cache.clear()
    staff.get("/people/invite/")
    assert len(told()) == 2


def test_each_thing_and_each_person_by_itself(cast: Cast, browse: Any):
    cache.clear()
    for client in (browse(cast.staff), browse(cast.auditor)):
        client.get("/people/invite/")
        client.post("/practice/")
    assert told() == [(person.name, asked) for person in (cast.staff, cast.auditor) for asked in ("people", "practice")]


@pytest.mark.parametrize("path", ["/vendors/nobody/", "/people/"])
def test_what_is_not_there_or_allowed_is_not(cast: Cast, browse: Any, path: str):
    cache.clear()
    browse(cast.owner).get(path)
    assert told() == []
