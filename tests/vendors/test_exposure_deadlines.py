"""The clocks of exposures as deadlines: one a notice, gone once it is recorded, and the log until HHS is told."""

from datetime import date

import pytest
import time_machine

from tests.checklists.conftest import read_every_clause
from tests.conftest import Cast
from tests.factories import change, make_agreement, make_exposure, make_standing, make_tool, make_vendor
from tests.vendors.exposing import closed, low, small_breach, told
from vendors.exposure_deadlines import deadlines
from vendors.exposures import early_without_exposure, open_exposures, unassessed
from vendors.models import Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FAR, JANUARY, MARCH = date(2030, 1, 1), date(2027, 1, 4), date(2027, 3, 1)
BEFORE, FIRST = date(2026, 1, 1), date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _on_the_day():
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False):
        yield


@pytest.fixture
def vendor(cast: Cast) -> Vendor:
    vendor = make_vendor(practice=cast.practice)
    make_standing(vendor=vendor)
    return vendor


def due(cast: Cast, until: date = FAR) -> list[tuple[str, date, str]]:
    return [(each.kind, each.due_on, each.action) for each in deadlines(cast.practice, until)]


def test_a_presumed_breach_has_its_clocks_from_the_first_day(cast: Cast, vendor: Vendor):
    make_exposure(vendor=vendor, people=12, residents={"CA": 12}, part2=True, state="reported")
    assert due(cast) == [
        ("exposure-people", JANUARY, "Tell the people of exposure X-01"),
        ("exposure-hhs-log", MARCH, "Send HHS the small breach X-01"),
        ("exposure-part2", MARCH, "Send HHS the Part 2 report of X-01"),
    ]
    assert [each[0] for each in due(cast, JANUARY)] == ["exposure-people"]


def test_each_state_with_more_than_500_people_has_its_own(cast: Cast, vendor: Vendor):
    make_exposure(vendor=vendor, people=1300, residents={"TX": 700, "CA": 600})
    kinds = ["exposure-hhs", "exposure-media-ca", "exposure-media-tx", "exposure-people"]
    assert [each[:2] for each in due(cast)] == [(kind, JANUARY) for kind in kinds]


def test_what_is_told_asks_no_more_and_the_log_goes_on_after_the_close(cast: Cast, vendor: Vendor):
    exposure = small_breach(vendor, cast.owner)
    told(exposure, cast.officer, people_told_on=date(2026, 11, 20))
    closed(exposure, cast.owner)
    assert [each[0] for each in due(cast)] == ["exposure-hhs-log"]
    told(exposure, cast.officer, people_told_on=date(2026, 11, 20), hhs_told_on=date(2026, 11, 21))
    assert due(cast) == []


def test_during_a_law_enforcement_delay_nobody_is_told_to_tell(cast: Cast, vendor: Vendor):
    asked = {"delay_kind": "written", "delay_asked_on": date(2026, 11, 6), "delay_until": date(2027, 1, 10)}
    make_exposure(vendor=vendor, people=12, residents={"CA": 12}, **asked)
    wait = "Do not tell anybody of exposure X-01 before 10 Jan 2027"
    said = {kind: action for kind, _, action in due(cast)}
    assert (said["exposure-people"], said["exposure-hhs-log"]) == (wait, wait)
    with time_machine.travel("2027-01-10T18:00:00Z", tick=False):
        assert ("exposure-people", date(2027, 1, 10), "Tell the people of exposure X-01") in due(cast)


@pytest.mark.parametrize(
    ("asked", "until", "ask_on"),
    [
        (date(2026, 11, 22), date(2027, 11, 22), date(2026, 12, 22)),
        (date(2026, 10, 23), date(2027, 9, 1), date(2026, 11, 22)),
        (date(2026, 10, 22), date(2027, 9, 1), date(2026, 12, 21)),
        (date(2026, 11, 10), date(2026, 12, 1), date(2026, 12, 1)),
        (date(2026, 11, 10), None, date(2026, 12, 10)),
        (date(2026, 9, 1), date(2026, 11, 21), None),
    ],
)
def test_a_delay_is_asked_about_every_thirty_days(cast: Cast, vendor: Vendor, asked, until, ask_on):
    kind = "written" if until else "oral"
    make_exposure(vendor=vendor, delay_kind=kind, delay_asked_on=asked, delay_until=until)
    words = "Ask whether the delay of exposure X-01 still holds"
    expected = [("exposure-delay", ask_on, words)] if ask_on else []
    assert [each for each in due(cast) if each[0] == "exposure-delay"] == expected


def test_no_delay_is_asked_about_once_everybody_is_told(cast: Cast, vendor: Vendor):
    delay = {"delay_kind": "written", "delay_asked_on": date(2026, 11, 22), "delay_until": date(2027, 9, 1)}
    exposure = small_breach(vendor, cast.owner, **delay)
    assert "exposure-delay" in [each[0] for each in due(cast)]
    told(exposure, cast.officer, people_told_on=date(2026, 11, 21), hhs_told_on=date(2026, 11, 21))
    assert due(cast) == []


def test_what_is_no_breach_has_no_clocks(cast: Cast, vendor: Vendor):
    low(vendor, cast.owner)
    assert due(cast) == []


def early(cast: Cast, vendor: Vendor) -> tuple[list[str], list[str]]:
    """By the vendor in memory, and for the practice at once."""
    today = cast.practice.today()
    found = Vendor.objects.get(pk=vendor.pk)
    return [each.tool.name for each in unassessed(found, today)], [
        each.tool.name for each in early_without_exposure(cast.practice, today)
    ]


@pytest.mark.parametrize(
    ("agreement", "found"),
    [
        (None, True),
        ({"practice_signed_on": FIRST, "vendor_signed_on": FIRST}, False),
        ({"practice_signed_on": FIRST, "vendor_signed_on": date(2026, 3, 3)}, True),
        ({"practice_signed_on": FIRST, "vendor_signed_on": FIRST, "effective_on": date(2026, 3, 3)}, True),
        (
            {"practice_signed_on": FIRST, "vendor_signed_on": FIRST, "ended_on": date(2026, 6, 1), "end_reason": "x"},
            True,
        ),
        ({"practice_signed_on": FIRST, "vendor_signed_on": FIRST, "ended_on": FIRST, "end_reason": "x"}, True),
        ({"practice_signed_on": BEFORE, "vendor_signed_on": BEFORE, "ends_on": date(2026, 3, 1)}, True),
        ({"practice_signed_on": FIRST, "vendor_signed_on": FIRST, "kind_of": "qsoa"}, True),
    ],
)
def test_data_before_an_agreement_is_found_by_the_dates_alone(cast: Cast, vendor: Vendor, agreement, found: bool):
    make_tool(vendor=vendor, in_use_since=FIRST, first_phi_on=FIRST)
    if agreement:
        make_agreement(vendor=vendor, **agreement)
    names = ["Notewell Scribe"] if found else []
    assert early(cast, vendor) == (names, names)


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"began_on": FIRST}, False),
        ({"began_on": date(2026, 3, 3)}, True),
        ({"began_on": date(2026, 3, 1), "last_on": date(2026, 3, 1)}, True),
        ({"began_on": date(2026, 3, 1), "last_on": FIRST}, True),
        ({"began_on": date(2026, 3, 1), "last_on": FIRST, "stopped_on": date(2026, 3, 3)}, False),
        ({"began_on": date(2026, 3, 1), "last_on": FIRST, "stopped_on": date(2026, 3, 4)}, True),
        ({"began_on": date(2026, 3, 1), "stopped_on": date(2026, 3, 3)}, False),
        ({"began_on": date(2026, 3, 1), "stopped_on": date(2026, 3, 1)}, True),
    ],
)
def test_an_exposure_up_to_the_stop_of_the_use_answers_it(cast: Cast, vendor: Vendor, columns, found: bool):
    tool = make_tool(vendor=vendor, in_use_since=FIRST, first_phi_on=FIRST)
    names = [tool.name] if found else []
    make_exposure(vendor=vendor, **columns, discovered_on=date(2026, 11, 5))
    assert early(cast, vendor) == (names, names)


def says(vendor: Vendor) -> list[str]:
    return [each for early in unassessed(Vendor.objects.get(pk=vendor.pk), date(2026, 11, 22)) for each in early.says]


def test_days_between_two_agreements_are_found_and_told(cast: Cast, vendor: Vendor):
    tool = make_tool(vendor=vendor, in_use_since=BEFORE, first_phi_on=BEFORE)
    for start, end in ((BEFORE, date(2026, 3, 1)), (date(2026, 3, 5), None)):
        make_agreement(vendor=vendor, practice_signed_on=start, vendor_signed_on=start, ends_on=end)
    between = ["From 2 Mar 2026 to 4 Mar 2026 no agreement covered Notewell Scribe, and patient data were in it."]
    assert says(vendor) == between
    make_exposure(vendor=vendor, tool=tool, began_on=FIRST, last_on=date(2026, 3, 3), discovered_on=FIRST)
    assert says(vendor) == ["On 4 Mar 2026 no agreement covered Notewell Scribe, and patient data were in it."]


@pytest.mark.parametrize("ends", ["retired_on", "ended_on"])
def test_nothing_is_found_after_the_tool_or_its_vendor_ended(cast: Cast, vendor: Vendor, ends: str):
    tool = make_tool(vendor=vendor, in_use_since=BEFORE, first_phi_on=BEFORE)
    make_agreement(vendor=vendor, practice_signed_on=BEFORE, vendor_signed_on=BEFORE, ends_on=date(2026, 3, 1))
    assert says(vendor) == ["Since 2 Mar 2026 no agreement covers Notewell Scribe, and patient data are in it."]
    if ends == "ended_on":
        change(vendor, ended_on=FIRST, end_reason="Gone.")
    else:
        change(tool, retired_on=FIRST)
    assert says(vendor) == []


def test_an_amendment_that_names_the_tool_covers_it(cast: Cast, vendor: Vendor):
    tool = make_tool(vendor=vendor, in_use_since=FIRST, first_phi_on=FIRST)
    signed = {"practice_signed_on": BEFORE, "vendor_signed_on": BEFORE}
    agreement = make_agreement(vendor=vendor, tools=[], **signed)
    assert early(cast, vendor) == ([tool.name], [tool.name])
    make_agreement(vendor=vendor, tools=[tool], kind_of="amendment", amends=agreement, **signed)
    assert early(cast, vendor) == ([], [])


def test_data_under_an_agreement_that_lacks_a_clause_are_found(cast: Cast, vendor: Vendor):
    make_tool(vendor=vendor, in_use_since=FIRST, first_phi_on=FIRST)
    agreement = make_agreement(vendor=vendor, practice_signed_on=BEFORE, vendor_signed_on=BEFORE)
    read_every_clause(agreement=agreement, by=cast.officer)
    assert early(cast, vendor) == ([], [])
    change(agreement.readings.get(code="B07"), status="absent")
    assert says(vendor) == ["Patient data reached Notewell Scribe on 2 Mar 2026, before a complete agreement stood."]
    assert open_exposures(vendor, date(2026, 11, 22))


def test_records_stay_until_every_exposure_is_closed_and_the_log_is_sent(cast: Cast, vendor: Vendor):
    exposure, today = small_breach(vendor, cast.owner), cast.practice.today()
    assert open_exposures(vendor, today) == ["Exposure X-01 is not closed yet."]
    told(exposure, cast.officer, people_told_on=date(2026, 11, 20))
    closed(exposure, cast.owner)
    assert open_exposures(vendor, today) == ["Exposure X-01 is closed, but HHS has not been told yet."]
    told(exposure, cast.officer, people_told_on=date(2026, 11, 20), hhs_told_on=date(2026, 11, 21))
    assert open_exposures(vendor, today) == []
