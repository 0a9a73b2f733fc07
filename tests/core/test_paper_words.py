"""How values are put into words on paper, and how long words are kept on it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from practice_vetting.core.templatetags.paper import clipped, digits, in_utc, long_day, wraps, zoned

MOMENT = datetime(2026, 11, 10, 2, 31, 5, tzinfo=UTC)


def test_a_day_is_written_out():
    assert [long_day(date(2026, 11, 9)), long_day(None), long_day("")] == ["9 November 2026", "", ""]


def test_a_moment_is_told_in_the_zone_that_is_active_and_in_utc():
    with timezone.override(ZoneInfo("America/Los_Angeles")):
        told = [long_day(MOMENT), zoned(MOMENT), in_utc(MOMENT)]
    assert told == ["9 November 2026", "9 November 2026, 18:31 PST", "10 November 2026, 02:31:05 UTC"]


def test_no_moment_is_told_as_nothing():
    assert [zoned(None), in_utc(None)] == ["", ""]


def test_a_hash_may_break_after_every_four_digits():
    assert digits("5d41402abc4b") == "5d41<wbr>402a<wbr>bc4b"


def test_only_a_run_that_no_column_holds_is_broken():
    assert wraps("a short one") == "a short one"
    assert wraps("x" * 30) == f"{'x' * 14}<wbr>{'x' * 14}<wbr>xx"


@pytest.mark.parametrize("typed", ["<b>", "&" * 40, '"' * 30, "<script>" * 9])
def test_what_people_typed_is_escaped_and_whole(typed: str):
    shown = wraps(typed)
    unescaped = shown.replace("<wbr>", "").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    assert unescaped.replace("&amp;", "&") == typed
    assert "<" not in shown.replace("<wbr>", "")


def test_a_mark_of_our_own_cannot_be_typed():
    assert wraps("a\x00b") == "ab"


def test_a_clipped_text_tells_that_more_was_there():
    assert [clipped("a\nb", 5), clipped("abcdef", 5)] == ["a b", "abcd…"]
