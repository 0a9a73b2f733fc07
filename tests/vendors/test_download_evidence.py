"""Downloading evidence: the very bytes, inert, and written down; a damaged file is refused with its reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from practice_vetting.core.models import LedgerEntry
from tests import factories
from tests import files as made
from tests.conftest import Cast
from vendors.actions.evidence import add_evidence
from vendors.models import Evidence

Browse = Callable[..., Client]
CONTENT = b"actor,action\r\nmodel,drafted\r\n"


@pytest.fixture
def log(cast: Cast) -> Evidence:
    vendor = factories.make_vendor(practice=cast.practice)
    factories.make_standing(vendor=vendor)
    accepted = made.accepted(CONTENT, 'KI-Protokoll "März".csv')
    return add_evidence(vendor=vendor, by=cast.officer, accepted=accepted, no_patient_data=True)


def downloads() -> list[str]:
    return [entry.person_name for entry in LedgerEntry.objects.filter(verb="evidence.downloaded")]


def test_the_bytes_come_back_as_they_were(cast: Cast, browse: Browse, log: Evidence) -> None:
    response: Any = browse(cast.auditor).get(f"/evidence/{log.uid}/download/")
    assert (response.status_code, b"".join(response.streaming_content)) == (200, CONTENT)
    assert downloads() == ["Alex Tan"]


def test_no_browser_runs_or_shows_them_from_our_address(cast: Cast, browse: Browse, log: Evidence) -> None:
    response: Any = browse(cast.officer).get(f"/evidence/{log.uid}/download/")
    assert b"".join(response.streaming_content) == CONTENT  # read to its end, the file is closed
    names = [
        "Content-Disposition",
        "Content-Security-Policy",
        "X-Content-Type-Options",
        "Content-Type",
        "Cache-Control",
    ]
    assert [response.headers[name] for name in names] == [
        "attachment; filename*=utf-8''KI-Protokoll%20%22M%C3%A4rz%22.csv",
        "sandbox; default-src 'none'",
        "nosniff",
        "text/csv",
        "no-store",
    ]


def test_a_flipped_bit_is_refused_with_its_reason(cast: Cast, browse: Browse, log: Evidence) -> None:
    Path(default_storage.path(log.file.path)).write_bytes(CONTENT[:-1] + b"\x0b")
    response = browse(cast.officer).get(f"/evidence/{log.uid}/download/")
    assert (response.status_code, response.context["refusal"], downloads()) == (
        410,
        "This file changed in the storage since it was kept. Restore it from a backup, or add it again.",
        [],
    )


def test_a_lost_file_is_refused_with_its_reason(cast: Cast, browse: Browse, log: Evidence) -> None:
    default_storage.delete(log.file.path)
    response = browse(cast.officer).get(f"/evidence/{log.uid}/download/")
    assert (response.status_code, response.context["refusal"]) == (
        410,
        "This file is missing from the storage. Restore it from a backup, or add it again.",
    )


def test_a_stranger_finds_nothing_and_nothing_is_written_down(strangers: Cast, browse: Browse, log: Evidence) -> None:
    assert browse(strangers.owner).get(f"/evidence/{log.uid}/download/").status_code == 404
    assert downloads() == []


def test_no_other_address_leads_to_the_bytes(cast: Cast, browse: Browse, log: Evidence) -> None:
    addresses = [f"/{log.file.path}", f"/files/{log.file.path}", f"/media/{log.file.path}", f"/static/{log.file.path}"]
    assert [browse(cast.owner).get(address).status_code for address in addresses] == [404] * 4
