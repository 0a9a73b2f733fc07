"""The clause list says what the rules say, no more, and a broken list is refused."""

import re
import tomllib
from pathlib import Path

import pytest

from practice_vetting.core.basis import Basis, Citation
from practice_vetting.core.literate import CatalogueError, longest_sentence
from vendors import clauses
from vendors.clauses import Clause, ReadingStatus, clause_list

RULE = ["B01", "B02", *(f"B{number:02}" for number in range(5, 18))]
IF_WRITTEN = ["B03", "B04", "B31"]
GOOD_PRACTICE = ["B18", "B19", "B20", "B21", "B30", "B32", "B33", "B34", "B35", "B36", "B37", "B38", "B39"]
GOOD_PRACTICE += ["B40", "B42", "B43", "B44", "B45", "B46", "B47"]
PART_2 = ["B50", "B51", "B52", "B53", "B54", "B55", "B56"]

FIRST_EDITION = clause_list("2026-1")


def codes(found: tuple[Clause, ...]) -> list[str]:
    return [clause.code for clause in found]


def with_basis(*bases: Basis) -> list[str]:
    return [clause.code for clause in FIRST_EDITION.clauses if clause.basis in bases]


def texts(clause: Clause) -> tuple[str, ...]:
    return (clause.title, clause.pass_test, clause.fail_signal, clause.ask)


def spoken_by_us(text: str) -> str:
    """The text without what somebody else is quoted as saying."""
    return re.sub(r"“[^”]*”", "“”", text)


@pytest.mark.parametrize(
    ("group", "wanted"),
    [("rule", RULE), ("if-written", IF_WRITTEN), ("good-practice", GOOD_PRACTICE), ("part2", PART_2)],
)
def test_each_group_holds_exactly_its_clauses(group: str, wanted: list[str]) -> None:
    assert codes(FIRST_EDITION.in_group(group)) == wanted


def test_the_groups_stand_in_reading_order() -> None:
    assert [key for key, _title, _intro in FIRST_EDITION.groups] == [
        "rule",
        "if-written",
        "good-practice",
        "part2",
    ]


def test_each_group_is_introduced_in_one_sentence() -> None:
    assert [group.key for group in FIRST_EDITION.groups if len(re.findall(r"[.?!](\s|$)", group.intro)) != 1] == []


def test_exactly_the_clauses_required_by_rule_are_called_so() -> None:
    assert with_basis(Basis.RULE) == RULE


def test_exactly_three_rights_exist_only_if_the_parties_write_them() -> None:
    assert with_basis(Basis.PERMITTED) == IF_WRITTEN


def test_what_rests_on_the_proposal_is_marked_as_proposed() -> None:
    assert with_basis(Basis.PROPOSED) == ["B45", "B46", "B47"]


def test_what_rests_on_the_proposal_says_that_it_is_not_in_force() -> None:
    proposed = [clause for clause in FIRST_EDITION.clauses if clause.basis == Basis.PROPOSED]
    assert [clause.code for clause in proposed if "not in force" not in clause.pass_test] == []


def test_part_2_clauses_rest_on_the_rule_if_it_applies_but_for_breach_reports() -> None:
    assert with_basis(Basis.RULE_IF) == ["B50", "B51", "B52", "B54", "B55", "B56"]
    assert FIRST_EDITION.clause("B53").basis == Basis.BEST_PRACTICE


def test_all_other_clauses_are_good_practice() -> None:
    assert with_basis(Basis.BEST_PRACTICE) == [*GOOD_PRACTICE[:-3], "B53"]


@pytest.mark.parametrize(
    ("part2", "route_b", "extra"),
    [
        (False, False, []),
        (True, False, PART_2),
        (False, True, ["B30", "B37"]),
        (True, True, ["B30", "B37", *PART_2]),
    ],
)
def test_an_agreement_needs_the_rule_clauses_and_what_the_vendor_calls_for(
    part2: bool, route_b: bool, extra: list[str]
) -> None:
    assert codes(FIRST_EDITION.needed(part2=part2, route_b=route_b)) == RULE + extra


def test_needed_always_is_exactly_what_the_rule_lists() -> None:
    assert [clause.code for clause in FIRST_EDITION.clauses if clause.needed_for == "always"] == RULE


def test_only_duties_done_for_the_practice_may_not_apply() -> None:
    assert [clause.code for clause in FIRST_EDITION.clauses if clause.may_not_apply] == ["B13"]


def test_the_days_to_report_a_breach_are_practice_and_the_60_days_are_the_rules_limit() -> None:
    clause = FIRST_EDITION.clause("B19")
    assert clause.basis == Basis.BEST_PRACTICE
    assert "The rule's limit is 60 days" in clause.pass_test


def test_a_clause_links_to_where_its_rule_can_be_read() -> None:
    assert FIRST_EDITION.clause("B07").links == (
        Citation("45 CFR 164.504(e)(2)(ii)(C)", "https://www.ecfr.gov/current/title-45/section-164.504"),
        Citation("45 CFR 164.410", "https://www.ecfr.gov/current/title-45/section-164.410"),
    )


def test_only_paragraphs_that_exist_are_cited_from_the_security_rules_contract_section() -> None:
    cited = {label for clause in FIRST_EDITION.clauses for label in clause.citations if "164.314(a)(2)(i)" in label}
    assert sorted(cited) == [f"45 CFR 164.314(a)(2)(i)({letter})" for letter in "ABC"]


def test_no_sentence_is_longer_than_25_words() -> None:
    long = [clause.code for clause in FIRST_EDITION.clauses for text in texts(clause) if longest_sentence(text) > 25]
    assert long == []


def test_every_request_asks_kindly_and_in_one_or_two_sentences() -> None:
    asks = {clause.code: clause.ask for clause in FIRST_EDITION.clauses}
    assert [code for code, ask in asks.items() if len(re.findall(r"[.?!](\s|$)", ask)) > 2] == []
    assert [code for code, ask in asks.items() if "please" not in ask.lower()] == []


@pytest.mark.parametrize(
    "claim",
    [
        r"HIPAA[- ](certified|compliant|certificate)",
        r"Part 2[- ]compliant",
        r"HIPAA (requires|demands|mandates)|required by HIPAA",
        r"seven years|7 years",
        r"SOC 2 certif",
        r"guarantee",
    ],
)
def test_no_clause_repeats_a_claim_that_is_not_so(claim: str) -> None:
    saying = [
        clause.code
        for clause in FIRST_EDITION.clauses
        for text in texts(clause)
        if re.search(claim, spoken_by_us(text), re.IGNORECASE)
    ]
    assert saying == []


def test_place_and_audit_rights_are_not_called_hipaas() -> None:
    assert "HIPAA has no rule on place." in FIRST_EDITION.clause("B35").pass_test
    assert FIRST_EDITION.clause("B36").basis == Basis.BEST_PRACTICE


def test_the_reading_statuses_are_the_four_that_are_stored() -> None:
    assert [(status.value, status.label) for status in ReadingStatus] == [
        ("present", "Present"),
        ("partial", "Partly there"),
        ("absent", "Absent"),
        ("does_not_apply", "Does not apply"),
    ]


def test_a_list_is_read_once() -> None:
    assert clause_list() is clause_list()


def test_the_current_list_is_the_first_of_2026() -> None:
    assert clause_list().code == "2026-1"


def test_a_clause_that_is_not_in_the_list_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="B41"):
        FIRST_EDITION.clause("B41")


@pytest.mark.parametrize("code", ["../secrets", "2026-1.toml", "", "latest"])
def test_what_is_not_the_code_of_a_list_is_never_looked_up(code: str) -> None:
    with pytest.raises(CatalogueError, match="is not the code of a clause list"):
        clause_list(code)


def test_a_list_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CatalogueError, match=r"^1999-1\.toml: cannot be read$"):
        clause_list("1999-1")


def broken(folder: Path, old: str, new: str) -> str:
    """What is said when the first place with the old words has the new ones instead."""
    content = (clauses.FOLDER / "2026-1.toml").read_text(encoding="utf-8")
    assert old in content
    path = folder / "2026-1.toml"
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        clauses.load(path)
    return str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('code = "2026-1"', 'code = "2026-2"', "code: is '2026-2', and the file is named '2026-1'"),
        ('code = "B02"', 'code = "B01"', "clause: a code is used twice"),
        ('code = "B02"', 'code = "X02"', "clause[2].code: 'X02' is not a letter B and two digits"),
        ('key = "part2"', 'key = "rule"', "group: a key is used twice"),
        ('key = "part2"', 'key = "rider"', "clause B50: the group 'part2' is not known"),
        ('group = "rule"', 'group = "laws"', "clause B01: the group 'laws' is not known"),
        ('basis = "rule"', 'basis = "law"', "clause[1].basis: 'law' is not one of " + ", ".join(Basis)),
        (
            'citations = ["45 CFR 164.504(e)(2)(i)"]',
            "citations = []",
            "clause[1].citations: the basis 'rule' needs a citation",
        ),
        ("45 CFR 164.504(e)(2)(i)", "The Rule", "clause[1].citations: 'The Rule' cannot be looked up"),
        (
            'needed_for = "always"',
            'needed_for = "often"',
            "clause[1].needed_for: 'often' is not one of always, part2, route_b, ",
        ),
        ('source_status = "V"', "", "clause[1].source_status: is missing"),
        (
            'source_status = "V"',
            'source_status = "V"\nnote = "x"',
            "clause[1].note: is not a field that is known here",
        ),
        (
            "may_not_apply = true",
            'may_not_apply = "yes"',
            "clause[11].may_not_apply: must be of type bool, and is str",
        ),
        ('fail_signal = "Nothing on corrections."', 'fail_signal = ""', "clause[9].fail_signal: is empty"),
        (
            "Nothing on corrections.",
            "so " * 26,
            "clause[9].fail_signal: has a sentence of 26 words; 25 is the most",
        ),
    ],
)
def test_a_broken_list_is_refused_with_its_file_and_field(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert broken(tmp_path, old, new) == f"2026-1.toml: {said}"


def test_a_group_without_a_clause_is_refused(tmp_path: Path) -> None:
    empty = '[[group]]\nkey = "rest"\ntitle = "The rest"\nintro = "Nothing yet."\n\n[[group]]\nkey = "rule"'
    assert broken(tmp_path, '[[group]]\nkey = "rule"', empty) == "2026-1.toml: group rest: holds no clause"


@pytest.mark.parametrize(
    "field",
    [
        "code",
        "group",
        "title",
        "pass_test",
        "fail_signal",
        "basis",
        "citations",
        "needed_for",
        "ask",
        "source_status",
    ],
)
def test_every_field_of_a_clause_must_be_there(tmp_path: Path, field: str) -> None:
    content = (clauses.FOLDER / "2026-1.toml").read_text(encoding="utf-8")
    first = content[content.index("[[clause]]") : content.index('code = "B02"')]
    said = broken(tmp_path, first, first.replace(f"\n{field} = ", f"\nno_{field} = "))
    assert said == f"2026-1.toml: clause[1].{field}: is missing"


def test_the_file_holds_what_the_reader_gives() -> None:
    raw = tomllib.loads((clauses.FOLDER / "2026-1.toml").read_text(encoding="utf-8"))
    assert len(FIRST_EDITION.clauses) == len(raw["clause"]) == 45


def test_a_published_list_does_not_change() -> None:
    """Agreements were read against these words. When they must change, write a new list instead."""
    assert FIRST_EDITION.digest == "0e94055cd6f98607ce8ca8870d761ed15c3874fc24dd97ee38f873ad8bbeba31"
