"""A new list beside the rows that stand: new, changed, gone, same, and what only looks the same."""

from dataclasses import dataclass
from math import isqrt
from random import Random
from time import process_time

import pytest

from vendors import sub_processor_changes
from vendors.company_names import identity, looks_like
from vendors.sub_processor_changes import (
    LEAVE,
    MOST_PAIRS,
    TAKE,
    Unclear,
    compare,
    in_words,
    resolve,
    seen,
    uncompared,
    with_alike,
)


@dataclass
class Sub:
    uid: str
    name: str
    does: str = ""
    region: str = ""
    gets_patient_data: str = "unknown"
    covered: str = "unknown"
    version: int = 1


def row(name: str, does: str = "", region: str = "", gets: str = "", covered: str = "") -> dict[str, str]:
    return {"name": name, "does": does, "region": region, "role": "other", "gets": gets, "covered": covered}


HARBOR = Sub("a", "Cloud Harbor", "Hosting", "US")
QUILL = Sub("b", "Quill Models", "Drafts")
PARROT = Sub("c", "Parrot Speech", "Speech to text")


@pytest.mark.parametrize(
    "name", ["cloud harbor", "  Cloud   Harbor ", "CLOUD HARBOR, INC.", "Cloud-Harbor GmbH", "Cloud Harbor d.o.o."]
)
def test_case_spaces_and_form_of_company_make_no_other_company(name: str):
    assert identity(name) == "cloud harbor"


def test_a_name_that_is_nothing_but_a_form_is_still_a_name():
    assert (identity("Co"), identity("!!")) == ("co", "!!")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Northern Web Services", "NWS", True),
        ("Quill Models", "Quill Model Works", True),
        ("Quill", "Quill Platform (QP)", True),
        ("Cloud Harbor", "Ledgerly", False),
        ("AI", "AI Labs", False),
    ],
)
def test_names_that_look_alike_are_a_question(one: str, other: str, alike: bool):
    assert (looks_like(one, other), looks_like(other, one)) == (alike, alike)


def test_each_difference_is_told_once():
    listed = [row("Cloud Harbor, Inc.", "Hosting", "EU"), row("Ledgerly"), row("quill models")]
    found = compare(listed, [HARBOR, QUILL, PARROT])
    assert [(each.kind, each.name) for each in found] == [
        ("new", "Ledgerly"),
        ("changed", "Cloud Harbor"),
        ("gone", "Parrot Speech"),
        ("same", "Quill Models"),
    ]
    assert [(each.label, each.before, each.after) for each in found[1].fields] == [("Where", "US", "EU")]


def test_what_a_list_leaves_out_takes_nothing_away():
    assert [each.kind for each in compare([row("Cloud Harbor")], [HARBOR])] == ["same"]


def test_a_claim_about_patient_data_is_a_change():
    found = compare([row("Cloud Harbor", gets="yes", covered="no")], [HARBOR])
    assert [(each.label, each.before, each.after) for each in found[0].fields] == [
        ("Gets patient data", "Not known", "Yes"),
        ("Its own agreement covers patient data", "Not known", "No"),
    ]


def test_a_renamed_company_is_asked_about_and_then_changed_not_doubled():
    changes = compare(with_alike([row("Quill Model Works", "Drafts more")], [QUILL]), [QUILL])
    new, gone = changes
    assert (new.kind, [each.uid for each in new.alike]) == ("new", ["b"])
    assert (gone.kind, gone.maybe) == ("gone", "Quill Model Works")
    steps = resolve(changes, {new.key: "b", gone.key: TAKE})
    assert [(step.do, step.of.uid) for step in steps] == [("change", "b")]
    assert in_words(steps) == (
        "Changed: Quill Models (name: Quill Models → Quill Model Works; what it does: Drafts → Drafts more)."
    )


def test_what_is_left_stays_and_the_rest_is_said_in_words():
    changes = compare([row("Ledgerly"), row("Extra")], [HARBOR, PARROT])
    decisions = {"row-0": TAKE, "row-1": LEAVE, "gone-a": LEAVE, "gone-c": TAKE}
    steps = resolve(changes, decisions)
    assert [step.do for step in steps] == ["end", "add"]
    assert in_words(steps) == "New: Ledgerly. No longer named: Parrot Speech."


@pytest.mark.parametrize("decisions", [{}, {"row-0": "zzz"}, {"row-0": "b", "row-1": "b"}])
def test_decisions_that_do_not_fit_are_refused(decisions: dict[str, str]):
    changes = compare(with_alike([row("Quill Model Works"), row("Quill Models Two")], [QUILL]), [QUILL])
    with pytest.raises(Unclear):
        resolve(changes, {"gone-b": TAKE, **decisions})


def long_names(count: int, seed: int) -> list[str]:
    """Names of the same letters in another order: nothing tells them apart but counting."""
    order = Random(seed)
    return ["".join(order.sample("ab cd" * 40, 200)).strip() + f" {seed}{number}" for number in range(count)]


def test_the_names_of_a_large_list_are_compared_soon():
    side = isqrt(MOST_PAIRS)
    standing = [Sub(str(number), name) for number, name in enumerate(long_names(side, 1))]
    begun = process_time()
    with_alike([row(name) for name in long_names(side, 2)], standing)
    assert process_time() - begun < 3


def test_looking_again_counts_no_letters(monkeypatch: pytest.MonkeyPatch):
    rows = with_alike([row("Quill Model Works"), row("Ledgerly")], [QUILL, PARROT])
    monkeypatch.setattr(sub_processor_changes, "looks_like", None)
    changes = compare(rows, [QUILL, PARROT])
    assert [[each.uid for each in change.alike] for change in changes] == [["b"], [], [], []]
    assert not uncompared(changes)


def test_too_many_names_are_not_compared_and_that_is_said():
    side = isqrt(MOST_PAIRS) + 1
    standing = [Sub(str(number), f"Harbor {number}") for number in range(side)]
    changes = compare(with_alike([row(f"Harbour {number}") for number in range(side)], standing), standing)
    assert (uncompared(changes), any(change.alike for change in changes)) == (True, False)


def test_the_mark_of_the_rows_moves_with_each_of_them():
    assert seen([HARBOR, QUILL]) == seen([QUILL, HARBOR])
    assert seen([HARBOR]) != seen([Sub("a", "Cloud Harbor", version=2)])
