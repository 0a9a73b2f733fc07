"""The main navigation: few items, the rest under More, and the page where one is always marked."""

import re

import pytest
from django.urls import reverse

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
_PLACE = re.compile(r'<a href="[^"]*"(?: aria-current="page")?>([^<]*)</a>')


def places(page):
    """What the navigation offers: (at once, under More)."""
    nav = page.content.decode().partition('<nav aria-label="Main">')[2].partition("</nav>")[0]
    first, _, more = nav.partition("<details>")
    return _PLACE.findall(first), _PLACE.findall(more)


@pytest.mark.parametrize(
    ("role", "at_once"),
    [
        ("owner", ["Today", "May I use this?", "Vendors", "Agreements", "Evidence"]),
        ("officer", ["Today", "May I use this?", "Vendors", "Agreements", "Evidence"]),
        ("staff", ["Today", "May I use this?", "Vendors", "Evidence"]),
        ("auditor", ["Today", "Vendors", "Agreements", "Evidence"]),
    ],
)
def test_each_role_sees_few_things_at_once(cast, browse, role, at_once):
    assert places(browse(getattr(cast, role)).get(reverse("checklists:today")))[0] == at_once


@pytest.mark.parametrize("role", ["owner", "officer", "staff", "auditor"])
def test_everything_that_the_navigation_offers_opens(cast, browse, role):
    client = browse(getattr(cast, role))
    nav = client.get(reverse("checklists:today")).content.decode().partition("</nav>")[0]
    links = re.findall(r'<li><a href="([^"]*)"', nav)
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("vendors:exposure_list", "Exposures"),
        ("vendors:practice_map", "Patient-data map"),
        ("vendors:part2", "Part 2 memo"),
        ("core:reminders", "Reminders"),
        ("core:calendar", "Calendar"),
        ("core:history", "History"),
        ("checklists:kept", "What is kept"),
        ("core:people", "People"),
        ("core:practice", "Practice settings"),
    ],
)
def test_the_page_where_one_is_is_marked_under_more(cast, browse, name, title):
    page = browse(cast.owner).get(reverse(name)).content.decode()
    nav = page.partition('<nav aria-label="Main">')[2].partition("</nav>")[0]
    assert re.findall(r'aria-current="page">([^<]*)<', nav) == [title]


def test_the_settings_lead_to_what_is_set_elsewhere(cast, browse):
    page = browse(cast.owner).get(reverse("core:practice")).content.decode()
    names = ["core:reminder_settings", "core:calendar", "core:webhook", "core:backups", "core:exports", "vendors:part2"]
    names += ["core:condition"]
    assert [name for name in names if f'href="{reverse(name)}"' not in page.partition("<main")[2]] == []
