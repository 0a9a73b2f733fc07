"""Steps of an exposure for tests, each with what is right; `changes` take its place."""

from datetime import date
from typing import Any

from practice_vetting.core.models import Person
from tests.factories import make_exposure
from vendors.actions.exposure_decisions import close_exposure, decide_exposure, record_notices
from vendors.actions.exposures import change_exposure, stop_exposure, write_factor
from vendors.exposure_states import Decision
from vendors.models import Exposure, Vendor

SCREENED = {"was_phi": "yes", "was_unsecured": "yes", "not_permitted": "yes", "exclusion": "none"}
SMALL = {"people": 12, "residents": {"CA": 12}}


def fresh(exposure: Exposure) -> Exposure:
    found: Exposure = Exposure.objects.get(pk=exposure.pk)
    return found


def stopped(exposure: Exposure, by: Person, **changes: Any) -> Exposure:
    facts = {"stopped_on": date(2026, 11, 6), "stopped_how": "The account was closed.", **changes}
    return stop_exposure(exposure=exposure, by=by, version=fresh(exposure).version, **facts)


def changed(exposure: Exposure, by: Person, **changes: Any) -> Exposure:
    return change_exposure(exposure=exposure, by=by, version=fresh(exposure).version, **changes)


def written(exposure: Exposure, by: Person, numbers: tuple[int, ...] = (1, 2, 3, 4)) -> Exposure:
    for number in numbers:
        words = f"What we know of factor {number}."
        exposure = write_factor(
            exposure=exposure, by=by, version=fresh(exposure).version, number=number, narrative=words
        )
    return exposure


def decided(exposure: Exposure, by: Person, decision: Decision = Decision.BREACH, **changes: Any) -> Exposure:
    facts: dict[str, Any] = {"reason": "The notes were received and kept.", "typed_name": by.name, "method": "password"}
    facts |= {"version": fresh(exposure).version, **changes}
    return decide_exposure(exposure=exposure, by=by, decision=decision, **facts)


def told(exposure: Exposure, by: Person, **days: Any) -> Exposure:
    none: dict[str, Any] = {"people_told_on": None, "media_told": {}, "hhs_told_on": None, "part2_told_on": None}
    return record_notices(exposure=exposure, by=by, version=fresh(exposure).version, **{**none, **days})


def closed(exposure: Exposure, by: Person) -> Exposure:
    return close_exposure(exposure=exposure, by=by, version=fresh(exposure).version)


def small_breach(vendor: Vendor, by: Person, **columns: Any) -> Exposure:
    """Stopped, counted and decided; nobody was told yet."""
    exposure = make_exposure(vendor=vendor, **{**SMALL, **columns})
    return decided(stopped(exposure, by), by)


def low(vendor: Vendor, by: Person, **columns: Any) -> Exposure:
    """Decided as a low probability, over four written factors."""
    exposure = make_exposure(vendor=vendor, **{**SCREENED, **columns})
    return decided(written(stopped(exposure, by), by), by, Decision.LOW)
