"""The list about 42 CFR Part 2: what the answers of a memo point to, and what its words may not hold."""

import tomllib

import pytest

from vendors.part2 import CURRENT, FOLDER, About, Said, part2_list, points_to

LISTED = part2_list()
ALL_NO = {question.key: "no" for question in LISTED.questions_about(About.PRACTICE)}
PROGRAM = {"holds_out": "yes", "provides": "yes"}
WAYS = ["fed_run", "fed_license", "fed_funds", "fed_local", "fed_tax"]


def pointed(**said: str) -> bool | None:
    return points_to(About.PRACTICE, ALL_NO | said, LISTED).applies


@pytest.mark.parametrize("way", WAYS)
def test_a_program_is_covered_by_each_way_of_federal_assistance(way: str):
    assert pointed(**PROGRAM, **{way: "yes"}) is True


@pytest.mark.parametrize(
    ("said", "applies"),
    [
        ({}, False),
        (PROGRAM, False),  # no federal assistance (2.12(b))
        ({"holds_out": "yes", "fed_tax": "yes"}, False),  # presented, not given
        ({"provides": "yes", "fed_tax": "yes"}, False),  # given, not presented (2.11)
        ({"receives": "yes"}, True),  # a lawful holder (2.12(d)(2))
        ({"receives": "unknown"}, None),
        (PROGRAM | {"fed_tax": "unknown"}, None),
        (PROGRAM | {"fed_tax": "unknown", "fed_run": "yes"}, True),
        ({"fed_tax": "unknown"}, False),  # it decides nothing where no such care is given
        ({"holds_out": "unknown", "provides": "yes", "fed_run": "yes"}, None),
    ],
)
def test_what_the_answers_point_to(said: dict[str, str], applies: bool | None):
    assert pointed(**said) is applies


def test_the_draft_says_why():
    said = ALL_NO | PROGRAM | {"fed_tax": "yes"}
    assert points_to(About.PRACTICE, said, LISTED).sentence == (
        "These answers say that Part 2 applies. You present yourselves as giving substance-use care. "
        "You give it. You are tax-exempt, or gifts to you are deductible."
    )


@pytest.mark.parametrize(
    ("said", "applies"),
    [(("no", "no", "no"), False), (("no", "yes", "no"), True), (("no", "no", "unknown"), None)],
)
def test_a_tool_is_reached_by_any_such_records(said: tuple[str, ...], applies: bool | None):
    keys = [question.key for question in LISTED.questions_about(About.TOOL)]
    assert points_to(About.TOOL, dict(zip(keys, said, strict=True)), LISTED).applies is applies


def test_the_checks_are_twenty_in_order():
    assert [check.code for check in LISTED.checks] == [f"P{number:02}" for number in range(1, 21)]


def test_every_source_can_be_opened():
    links = [link.url for each in (*LISTED.topics, *LISTED.checks) for link in each.links]
    assert [url for url in links if not url.startswith("https://www.")] == []


def test_the_wording_of_the_notice_is_not_kept():
    text = " ".join((FOLDER / f"{CURRENT}.toml").read_text().lower().split())
    assert [words for words in ("has been disclosed to you", "prohibits unauthorized", "$500") if words in text] == []
    assert tomllib.loads((FOLDER / f"{CURRENT}.toml").read_text())["code"] == CURRENT


def test_not_known_is_an_answer():
    assert [said.label for said in Said] == ["Yes", "No", "Not known"]
