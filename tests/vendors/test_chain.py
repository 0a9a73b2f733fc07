"""The companies behind an AI tool: who lacks cover, and the drawing that says so in words."""

from dataclasses import dataclass
from datetime import date

import pytest

from vendors.chain import BOX, GAP, TOOL, chain, cut, unasked, uncovered


@dataclass
class Sub:
    name: str
    role_of: str = "hosting"
    gets_patient_data: str = "yes"
    covered: str = "yes"
    removed_on: date | None = None


def test_who_gets_patient_data_and_is_not_known_to_be_covered_is_named():
    subs = [
        Sub("Covered"),
        Sub("Refused", covered="no"),
        Sub("Never asked", covered="unknown"),
        Sub("Sees none", gets_patient_data="no", covered="no"),
        Sub("Gone", covered="no", removed_on=date(2026, 1, 1)),
        Sub("Mystery", gets_patient_data="unknown", covered="no"),
    ]
    assert [each.name for each in uncovered(subs)] == ["Refused", "Never asked"]
    assert [each.name for each in unasked(subs)] == ["Mystery"]


@pytest.mark.parametrize(
    ("gets", "covered", "state", "says"),
    [
        ("yes", "yes", "covered", "Gets patient data. Its agreement covers it."),
        ("yes", "no", "uncovered", "Gets patient data. No agreement covers it."),
        ("yes", "by_list", "uncovered", "Gets patient data. Covered by its list only."),
        ("yes", "unknown", "uncovered", "Gets patient data. Cover not known."),
        ("no", "unknown", "none", "Gets no patient data."),
        ("unknown", "unknown", "unknown", "Not known if it gets patient data."),
    ],
)
def test_each_state_is_said_in_words(gets: str, covered: str, state: str, says: str):
    link = chain("Scribe", [Sub("X", gets_patient_data=gets, covered=covered)]).links[0]
    assert (link.state, link.says) == (state, says)


def test_models_come_first_and_each_has_room():
    drawn = chain("Scribe", [Sub("Host"), Sub("Mind", "model"), Sub("Ear", "speech"), Sub("X", removed_on=date.min)])
    assert [(each.name, each.y) for each in drawn.links] == [
        ("Mind", TOOL + GAP), ("Ear", TOOL + BOX + 2 * GAP), ("Host", TOOL + 2 * BOX + 3 * GAP),
    ]  # fmt: skip
    assert drawn.height >= drawn.links[-1].y + BOX


def test_the_drawing_has_a_sentence_for_who_does_not_see_it():
    drawn = chain("Scribe", [Sub("Host"), Sub("Mind", "model", covered="no")])
    assert drawn.summary == ("2 companies stand behind Scribe. Of those that get patient data, 1 has no known cover.")


def test_long_names_are_cut_in_the_drawing_and_whole_beside_it():
    name = "Parrot Speech and Dictation Services of North America"
    link = chain("Scribe", [Sub(name)]).links[0]
    assert (link.name, link.short, len(cut(name))) == (name, "Parrot Speech and Dictation Ser…", 32)
