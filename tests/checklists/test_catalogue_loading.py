"""An edition is read once, has a fingerprint, and is refused when anything in it is wrong."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checklists import catalogue
from checklists.catalogue import CatalogueError, current, edition
from practice_vetting.core.basis import Basis

FIRST = edition("2026-1")


def test_an_edition_is_read_once() -> None:
    assert edition("2026-1") is current()


@pytest.mark.parametrize("find", [FIRST.requirement, FIRST.question])
def test_a_number_that_is_not_there_is_a_key_error(find: Callable[[int], object]) -> None:
    with pytest.raises(KeyError):
        find(10)


@pytest.mark.parametrize("code", ["../2026-1", "", "latest", "2026-1/"])
def test_what_is_not_the_code_of_an_edition_is_never_looked_up(code: str) -> None:
    with pytest.raises(CatalogueError, match="is not the code of an edition"):
        edition(code)


def test_an_edition_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CatalogueError, match=r"^edition\.toml: cannot be read$"):
        edition("1999-1")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(catalogue.FOLDER / "2026-1", tmp_path / "2026-1"))


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(CatalogueError) as refused:
        catalogue.load(folder)
    return str(refused.value)


def test_an_unchanged_copy_is_the_same_edition(copy: Path) -> None:
    assert catalogue.load(copy) == FIRST


def test_the_digest_is_sha256_and_changes_with_a_single_letter(copy: Path) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", FIRST.digest)
    change(copy, "checklist.toml", "Check too", "Check now")
    assert catalogue.load(copy).digest != FIRST.digest


def test_the_digest_tells_apart_the_same_words_in_another_file(copy: Path) -> None:
    before = catalogue.digest(copy)
    (copy / "checklist.toml").rename(copy / "list.toml")
    assert catalogue.digest(copy) != before


@pytest.mark.parametrize("file", ["edition.toml", "requirement-1.toml", "requirement-5.toml", "checklist.toml"])
def test_an_edition_without_one_of_its_files_is_refused(copy: Path, file: str) -> None:
    (copy / file).unlink()
    assert refusal(copy) == f"{file}: cannot be read"


BROKEN: list[Any] = [
    (
        "edition.toml",
        'code = "2026-1"',
        'code = "2026-2"',
        "edition.code: is '2026-2', and the folder is named '2026-1'",
    ),
    ("edition.toml", "= 2026-11-21", '= "today"', "edition.published_on: must be of type date, and is str"),
    ("edition.toml", "requirements = []", "requirements = [9]", "question 7.requirements: one is not known"),
    ("edition.toml", "[edition]", 'colour = "red"\n\n[edition]', "colour: is not a field that is known here"),
    (
        "edition.toml",
        'code = "2026-1"',
        'code = "2026-1"\nnote = "x"',
        "edition.note: is not a field that is known here",
    ),
    (
        "requirement-1.toml",
        "number = 1",
        "number = 2",
        "requirement.number: is 2, which is not the number in the file's name",
    ),
    (
        "requirement-1.toml",
        "[1, 2, 6, 8]",
        "[1, 2, 6]",
        "requirement.questions: found [1, 2, 6], and needed [1, 2, 6, 8]",
    ),
    (
        "requirement-1.toml",
        "[1, 2, 6, 8]",
        "[1, 2, 6, 6]",
        "requirement.questions: says the same thing twice",
    ),
    ("requirement-1.toml", '"Signed agreement first"', '" "', "requirement.short: is empty"),
    (
        "requirement-1.toml",
        'basis = "rule"',
        'basis = "law"',
        "requirement.basis: 'law' is not one of " + ", ".join(Basis),
    ),
    ("requirement-1.toml", "https://", "http://", "requirement.citations[1].url: must begin with https://"),
    (
        "requirement-1.toml",
        "The date decides.",
        "so " * 25 + "so.",
        "question[1].why: has a sentence of 26 words; 25 is the most",
    ),
    (
        "requirement-2.toml",
        'code = "agreements"',
        'code = "deidentified"',
        "question[1].routes: needs two routes or more, each with a code of its own, or none at all",
    ),
    (
        "requirement-2.toml",
        "may_not_apply = false",
        "may_not_apply = 0",
        "question[1].may_not_apply: must be of type bool, and is int",
    ),
    (
        "requirement-2.toml",
        'basis = "product-policy"',
        'basis = "rule"\nread = true',
        "requirement.read: is not a field that is known here",
    ),
    (
        "requirement-3.toml",
        "questions = [4, 8]",
        "questions = [4]",
        "requirement.questions: found [4], and needed [4, 8]",
    ),
    ("requirement-4.toml", 'label = "The patient\'s consent"', "", "question[1].routes[2].label: is missing"),
    ("checklist.toml", 'code = "C1"', 'code = "1"', "item[1].code: '1' is not a letter C and a digit"),
    (
        "checklist.toml",
        "requirement = 4",
        "requirement = 3",
        "item.requirement: found [1, 2, 3, 5], and needed [1, 2, 3, 4, 5]",
    ),
    (
        "checklist.toml",
        'code = "C2"',
        'code = "C1"',
        "item.code: found ['C1', 'C1', 'C3', 'C4', 'C5', 'C6'], and needed ['C1', 'C3', 'C4', 'C5', 'C6']",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "said"), BROKEN)
def test_a_broken_edition_is_refused_with_its_file_and_field(
    copy: Path, file: str, old: str, new: str, said: str
) -> None:
    change(copy, file, old, new)
    assert refusal(copy) == f"{file}: {said}"


def test_a_question_that_stands_twice_is_refused(copy: Path) -> None:
    change(copy, "requirement-1.toml", "number = 2", "number = 1")
    numbers = "found [1, 1, 3, 4, 5, 6, 7, 8, 9], and needed [1, 2, 3, 4, 5, 6, 7, 8, 9]"
    assert refusal(copy) == f"edition.toml: question.number: {numbers}"


def test_a_question_that_points_where_nobody_points_back_is_refused(copy: Path) -> None:
    change(copy, "edition.toml", "requirements = []", "requirements = [2]")
    assert refusal(copy) == "requirement-2.toml: requirement.questions: found [3], and needed [3, 7]"


def test_two_requirements_of_one_slug_are_refused(copy: Path) -> None:
    change(copy, "requirement-4.toml", 'slug = "part-2"', 'slug = "action-log"')
    assert refusal(copy) == "edition.toml: requirement.slug: found [4], and needed [5]"


def test_an_unknown_clause_list_is_refused(copy: Path) -> None:
    change(copy, "edition.toml", 'clause_list = "2026-1"', 'clause_list = "1999-1"')
    assert refusal(copy) == "1999-1.toml: cannot be read"


@pytest.mark.parametrize(
    ("flags", "count"), [(["One.", "Two."], 2), (["One.", "Two.", "Three.", "Four.", "Five.", "Six."], 6)]
)
def test_a_question_has_three_to_five_red_flags(copy: Path, flags: list[str], count: int) -> None:
    content = (copy / "requirement-5.toml").read_text(encoding="utf-8")
    start, end = content.index("red_flags = ["), content.index("evidence = [")
    change(copy, "requirement-5.toml", content[start:end], f"red_flags = {flags}\n")
    said = f"requirement-5.toml: question[1].red_flags: holds {count} texts; 3 to 5 are needed"
    assert refusal(copy) == said


REQUIREMENT_FIELDS = ["number", "slug", "title", "short", "plain", "why", "basis", "basis_note"]
QUESTION_FIELDS = [
    "number",
    "title",
    "ask",
    "why",
    "requirements",
    "acceptable",
    "red_flags",
    "evidence",
    "basis",
]


def without(folder: Path, file: str, heading: str, field: str) -> None:
    content = (folder / file).read_text(encoding="utf-8")
    part = content[content.index(heading) :]
    change(folder, file, part, part.replace(f"\n{field} = ", f"\nno_{field} = ", 1))


@pytest.mark.parametrize("field", [*REQUIREMENT_FIELDS, "questions", "source_status"])
def test_every_field_of_a_requirement_must_be_there(copy: Path, field: str) -> None:
    without(copy, "requirement-2.toml", "[requirement]", field)
    assert refusal(copy) == f"requirement-2.toml: requirement.{field}: is missing"


@pytest.mark.parametrize("field", [*QUESTION_FIELDS, "basis_note", "source_status"])
def test_every_field_of_a_question_must_be_there(copy: Path, field: str) -> None:
    without(copy, "requirement-2.toml", "[[question]]", field)
    assert refusal(copy) == f"requirement-2.toml: question[1].{field}: is missing"


def test_a_rule_without_its_citation_is_refused(copy: Path) -> None:
    change(copy, "requirement-3.toml", "citations = [", "citations = []\nformer = [")
    said = "requirement-3.toml: requirement.citations: the basis 'rule' needs a citation"
    assert refusal(copy) == said
