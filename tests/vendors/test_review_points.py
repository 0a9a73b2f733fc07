"""What a review asks is decided by pure rules: everything once a year, else only what may have changed."""

from datetime import date

import pytest

from practice_vetting.core.basis import Basis
from vendors.kinds import TriggerKind
from vendors.review_points import POINTS, due_with, in_short, keys_of, points_to_ask, problems, year_is_over

KEYS = [point.key for point in POINTS]


def test_the_yearly_review_asks_everything_whatever_else_is_open():
    assert points_to_ask([], yearly=True) == points_to_ask(["model"], yearly=True) == POINTS


def test_a_trigger_asks_its_own_points_and_two_ask_both_in_order():
    asked = points_to_ask(["law", "sub_processor"], yearly=False)
    assert [point.key for point in asked] == ["sub_processors", "clauses", "law"]


def test_a_review_that_nothing_asked_for_asks_everything():
    assert points_to_ask([], yearly=False) == POINTS


def test_every_kind_asks_known_points_and_is_told_in_a_few_words():
    assert [kind for kind in TriggerKind if not keys_of(kind) or not set(keys_of(kind)) <= set(KEYS)] == []
    assert [kind for kind in TriggerKind if not 0 < len(in_short([kind])) <= 20] == []


def test_every_point_has_its_own_key_a_sentence_a_basis_and_an_address_to_read():
    assert len(set(KEYS)) == len(KEYS)
    assert [each.key for each in POINTS if not each.says.endswith(".") or len(each.says.split()) > 25] == []
    assert {each.basis for each in POINTS} == {Basis.BEST_PRACTICE}
    assert [each.key for each in POINTS if not each.links or not all(link.url for link in each.links)] == []


@pytest.mark.parametrize(
    ("regular", "waiting", "expected"),
    [
        (date(2027, 1, 1), [], date(2027, 1, 1)),
        (date(2027, 1, 1), [date(2026, 5, 1), date(2026, 4, 1)], date(2026, 4, 1)),
        (date(2026, 3, 1), [date(2026, 4, 1)], date(2026, 3, 1)),
        (None, [], None),
    ],
)
def test_the_next_review_is_the_yearly_one_or_the_earliest_that_waits(regular, waiting, expected):
    assert due_with(regular, waiting) == expected


@pytest.mark.parametrize(("days", "over"), [(date(2027, 1, 20), True), (date(2027, 1, 21), False), (None, True)])
def test_the_year_is_over_when_the_yearly_review_begins_to_be_asked_for(days, over):
    assert year_is_over(days, date(2026, 11, 21)) is over


def test_a_no_needs_a_note():
    points = [{"key": "model", "still": False, "note": " "}, {"key": "law", "still": True, "note": ""}]
    assert list(problems(points)) == ["model"]
