"""Limits hold across processes, are told kindly, and every public form has one."""

from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.test import Client

from practice_vetting.core.checks import every_view
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}


def test_the_counts_are_kept_where_every_process_reads_them():
    kept = settings.CACHES["default"]["BACKEND"]
    shared = {"django.core.cache.backends.db.DatabaseCache", "practice_vetting.core.cache.RedisOrDatabase"}
    assert kept in shared


def test_two_processes_count_together(installed: None):
    """Each has a client and a connection to the cache of its own, and shares nothing else."""
    statuses = []
    for number in range(12):
        if number % 2:
            del caches["default"]
        statuses.append(Client().post("/join/guess/", {"password": "x"}).status_code)
    assert (statuses[:10], set(statuses[10:])) == ([410] * 10, {429})
    assert Client().post("/join/guess/", {"password": "x"}, **ELSEWHERE).status_code == 410


def test_who_is_told_to_wait_is_told_kindly(installed: None):
    client = Client()
    for _ in range(31):
        response = client.post("/verify/")
    assert (response.status_code, "Wait five minutes" in response.content.decode()) == (429, True)


def test_somebody_who_invites_without_end_is_stopped(cast: Cast, browse: Any):
    client = browse(cast.owner)
    statuses = [client.post("/people/invite/").status_code for _ in range(31)]
    assert (set(statuses[:30]), statuses[30]) == ({422}, 429)
    assert browse(cast.officer).post("/people/invite/").status_code == 422


def test_looking_is_not_counted(installed: None):
    client = Client()
    assert {client.get("/verify/").status_code for _ in range(40)} == {200}


#: public pages where nothing can be guessed; or where allauth counts: wrong passwords and codes, by address and account
COUNTED_OTHERWISE = {
    "healthz", "livez", "metrics", "sign-out/", "sign-in/", "sign-in/second-factor/", "sign-in/passkey/",
    "sign-in/with/<slug:provider_id>/callback/",
}  # fmt: skip


def test_every_other_public_page_has_its_limit():
    public = {route.lstrip("/"): view for route, view in every_view() if view.access_mark == "public"}
    assert {route for route, view in public.items() if not hasattr(view, "limited_links")} == COUNTED_OTHERWISE


@pytest.mark.parametrize("action", sorted(settings.ACCOUNT_RATE_LIMITS))
def test_each_limit_can_be_read(action: str):
    from allauth.core.internal.ratelimit import parse_rates

    assert parse_rates(settings.ACCOUNT_RATE_LIMITS[action])
    cache.clear()
