"""What somebody tries who means harm, wherever it is tried: odd addresses, and changes that leave no trace."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast
from tests.test_doors import DOORS, address, things

__all__ = ["things"]  # a fixture
pytestmark = pytest.mark.django_db

NUMBERED = {"4", "B07", "vendor-kind"}
ODD = ["\0", "a\0b", "\u202e", "%s", "é" * 20, "x" * 5000]
QUERIES = [
    "?q=%00&page=%00&after=%00&before=%00&sort=%00&words=%00&person=%00&kind=%00&vendor=%00&show=%00",
    f"?page={'9' * 5000}",
    "?before=0001-01-01T00:00:00%2B14:00",
    "?before=9999-12-31T23:59:59-14:00",
    "?since=0001-01-01&until=9999-12-31",
    f"?q={'a+' * 500}",
]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", [name for name, (_, parts) in DOORS.items() if parts])
def test_an_odd_id_is_no_fault(name: str, method: str, cast: Cast, browse: Callable[..., Client]):
    client = browse(cast.owner)
    for odd in ODD:
        parts = ["vendor" if part == "vendor-kind" else part if part in NUMBERED else odd for part in DOORS[name][1]]
        assert getattr(client, method)(reverse(name, args=parts)).status_code in {404, 405, 410}


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("name", DOORS)
def test_an_odd_query_is_no_fault(name: str, query: str, things: dict[str, str], cast: Cast, browse):
    client = browse(cast.owner)
    client.raise_request_exception = False
    assert client.get(address(name, things) + query).status_code < 500
