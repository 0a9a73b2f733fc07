"""An agreement that names where it covers its tools, and leaves out daily use, clears nobody."""

from datetime import date

import pytest
import time_machine

from checklists.facts import judge_unevaluated
from tests.checklists.conftest import read_every_clause
from tests.conftest import Cast
from tests.factories import change, make_agreement, make_standing, make_tool, make_vendor
from vendors.models import Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
SIGNED = date(2026, 11, 3)


@time_machine.travel("2026-11-22T12:00:00Z", tick=False)
def test_the_verdict_says_that_daily_use_is_left_out(cast: Cast):
    vendor = make_vendor(practice=cast.practice)
    make_standing(vendor=vendor)
    make_tool(vendor=vendor, in_use_since=SIGNED, first_phi_on=SIGNED)
    agreement = make_agreement(vendor=vendor, practice_signed_on=SIGNED, vendor_signed_on=SIGNED)
    read_every_clause(agreement=agreement, by=cast.officer)

    def said() -> list[str]:
        verdict = judge_unevaluated(Vendor.objects.get(pk=vendor.pk), on=cast.practice.today())
        return [each.sentence for each in verdict.missing if each.code == "not-for-daily-use"]

    assert said() == []
    change(agreement, environments=["trial"], plan="Free")
    told = "covers only “Trial or pilot”, on the plan “Free”. Daily use is left out."
    assert [each.split("” ", 1)[1] for each in said()] == [told]
    change(agreement, environments=["trial", "production"])
    assert said() == []
