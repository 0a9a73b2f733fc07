"""On which days patient data were in a tool without a complete agreement, and which of them nobody assessed: pure."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.checklists.cases import ABSENT, CLAUSES, make_agreement, readings
from vendors.early_data import Cover, Days, ExposureFact, Stretch, days_with_data, stretches
from vendors.kinds import AgreementKind

FIRST, TODAY = date(2026, 1, 10), date(2026, 6, 1)
DAY = timedelta(days=1)


def on(month: int, day: int) -> date:
    return date(2026, month, day)


def exposure(began_on: date = FIRST, **columns: Any) -> ExposureFact:
    return ExposureFact(**{"key": "x", "began_on": began_on, "counts": True, **columns})


def agreed(key: str, start: date, end: date | None = None, **columns: Any) -> Any:
    return make_agreement(key, practice_signed_on=start, vendor_signed_on=start, ends_on=end, **columns)


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ({}, []),
        ({"first_phi_on": FIRST}, [Days(FIRST)]),
        ({"first_phi_on": TODAY + DAY}, []),
        ({"first_phi_on": FIRST, "gone_on": on(3, 1)}, [Days(FIRST, on(2, 28))]),
        ({"exposures": [exposure(last_on=on(1, 12))]}, [Days(FIRST, on(1, 12))]),
        ({"exposures": [exposure(stopped_on=on(1, 12))]}, [Days(FIRST, on(1, 12))]),
        ({"exposures": [exposure(counts=False)]}, []),
        (
            {"first_phi_on": on(2, 1), "exposures": [exposure(last_on=on(1, 12))]},
            [Days(FIRST, on(1, 12)), Days(on(2, 1))],
        ),
        ({"first_phi_on": on(1, 13), "exposures": [exposure(last_on=on(1, 12))]}, [Days(FIRST)]),
    ],
)
def test_the_days_with_data_are_those_of_the_tool_and_of_its_exposures(facts: dict[str, Any], days: list[Days]):
    given = {"first_phi_on": None, "gone_on": None, "exposures": [], **facts}
    assert days_with_data(**given, on=TODAY) == days


def found(*agreements: Any, first: date = FIRST) -> list[tuple[Cover, str, Days]]:
    return [(each.cover, each.under, each.days) for each in stretches("t1", [Days(first)], agreements, CLAUSES, TODAY)]


def test_every_stretch_between_and_after_agreements_is_found():
    assert found() == [(Cover.NONE, "", Days(FIRST))]
    assert found(agreed("a1", on(2, 1), on(2, 9)), agreed("a2", on(3, 1), on(3, 9))) == [
        (Cover.NONE, "", Days(FIRST, on(1, 31))),
        (Cover.NONE, "", Days(on(2, 10), on(2, 28))),
        (Cover.NONE, "", Days(on(3, 10))),
    ]
    assert found(agreed("a1", FIRST, on(2, 9)), agreed("a2", on(2, 10))) == []


def test_the_best_agreement_of_a_day_counts():
    lacking = agreed("a1", FIRST, readings=readings(B07=ABSENT))
    assert found(lacking, agreed("a2", on(2, 1))) == [(Cover.INCOMPLETE, "a1", Days(FIRST, on(1, 31)))]
    unread = agreed("a0", on(1, 20), readings={})
    assert found(lacking, unread) == [
        (Cover.INCOMPLETE, "a1", Days(FIRST, on(1, 19))),
        (Cover.UNREAD, "a0", Days(on(1, 20))),
    ]


def test_an_amendment_completes_an_agreement_from_its_own_first_day():
    lacking = agreed("a1", FIRST, readings=readings(B07=ABSENT))
    amends = agreed("m1", on(2, 1), kind=AgreementKind.AMENDMENT, amends="a1", tool_keys=frozenset())
    assert found(lacking, amends) == [(Cover.INCOMPLETE, "a1", Days(FIRST, on(1, 31)))]


@pytest.mark.parametrize(
    ("facts", "left"),
    [
        ({}, []),
        ({"last_on": FIRST}, [Days(on(1, 11), on(1, 31))]),
        ({"last_on": on(1, 31)}, []),
        ({"last_on": FIRST, "stopped_on": on(1, 20)}, [Days(on(1, 11), on(1, 31))]),
        ({"last_on": on(1, 19), "stopped_on": on(1, 20)}, []),
        ({"stopped_on": on(1, 20)}, []),
        ({"began_on": on(1, 12)}, [Days(FIRST, on(1, 11))]),
        ({"began_on": on(1, 12), "last_on": on(1, 14)}, [Days(FIRST, on(1, 11)), Days(on(1, 15), on(1, 31))]),
        ({"began_on": on(1, 1), "stopped_on": on(1, 9)}, [Days(FIRST, on(1, 31))]),
        ({"began_on": on(2, 1)}, [Days(FIRST, on(1, 31))]),
    ],
)
def test_an_exposure_assesses_the_days_up_to_its_end_or_to_the_stop(facts: dict[str, Any], left: list[Days]):
    stretch = Stretch(Days(FIRST, on(1, 31)), Cover.NONE)
    assert stretch.left_by([exposure(**facts)]) == left


def test_several_exposures_assess_it_together():
    stretch = Stretch(Days(FIRST), Cover.NONE)
    assert stretch.left_by([exposure(last_on=on(1, 20)), exposure(began_on=on(1, 22))]) == [Days(on(1, 21), on(1, 21))]
