"""The catalogue: what every vendor is asked, as editions of literate data. Pure: no Django.

The words stand in `catalogue/<code>/*.toml`, a file for each requirement with its questions. An edition
never changes once an evaluation was answered against it; a changed text is a new edition.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from practice_vetting.core.basis import Basis, Citation, SourceStatus
from practice_vetting.core.literate import CatalogueError, Table, read_table
from vendors.clauses import clause_list

__all__ = ["CURRENT", "CatalogueError", "ChecklistItem", "Edition", "Question", "Requirement", "Route"]
__all__ += ["current", "current_on", "edition", "load"]

CURRENT = "2026-1"
FOLDER = Path(__file__).with_suffix("")
REQUIREMENTS = (1, 2, 3, 4, 5)
QUESTIONS = (1, 2, 3, 4, 5, 6, 7, 8, 9)

_EDITION_CODE = re.compile(r"\d{4}-\d{1,2}")
_ITEM_CODE = re.compile(r"C\d")


@dataclass(frozen=True, slots=True)
class Route:
    """One of the ways in which a question can be satisfied."""

    code: str
    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One of the five. `short` is the name on its seal; `basis_note` tells law from policy in plain words."""

    number: int
    slug: str
    title: str
    short: str
    plain: str
    why: str
    basis: Basis
    basis_note: str
    citations: tuple[Citation, ...]
    questions: tuple[int, ...]
    source_status: SourceStatus


@dataclass(frozen=True, slots=True)
class Question:
    """One of the nine. `ask` is put to the vendor as it stands; the rest guides whoever judges the answer."""

    number: int
    title: str
    ask: str
    why: str
    requirements: tuple[int, ...]
    acceptable: str
    red_flags: tuple[str, ...]
    evidence: tuple[str, ...]
    basis: Basis
    basis_note: str
    citations: tuple[Citation, ...]
    routes: tuple[Route, ...]
    may_not_apply: bool
    source_status: SourceStatus

    @property
    def is_advice_only(self) -> bool:
        """True when no requirement rests on it: it must be answered, and fails nothing alone."""
        return not self.requirements


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One thing to see with your own eyes before a tool is marked as in use."""

    code: str
    text: str
    requirement: int
    note: str


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything that is asked, in one version. `digest` is the SHA-256 of its files, in hex."""

    code: str
    title: str
    published_on: date
    clause_list: str
    requirements: tuple[Requirement, ...]
    questions: tuple[Question, ...]
    checklist: tuple[ChecklistItem, ...]
    digest: str

    def requirement(self, number: int) -> Requirement:
        """The requirement with this number; `KeyError` when there is none."""
        return {requirement.number: requirement for requirement in self.requirements}[number]

    def question(self, number: int) -> Question:
        """The question with this number; `KeyError` when there is none."""
        return {question.number: question for question in self.questions}[number]


@cache
def edition(code: str) -> Edition:
    """The edition with this code. Raises `CatalogueError` when there is none, or when it is not sound."""
    if not _EDITION_CODE.fullmatch(code):
        raise CatalogueError(f"{code!r} is not the code of an edition")
    return load(FOLDER / code)


def current() -> Edition:
    """The edition that a new evaluation is answered against."""
    return edition(CURRENT)


def current_on(day: date) -> Edition:
    """The newest edition published by that day; the first one for days before any was."""
    published = sorted(_every(), key=lambda each: each.published_on)
    return next((each for each in reversed(published) if each.published_on <= day), published[0])


@cache
def _every() -> tuple[Edition, ...]:
    """The editions up to the current one: a later one lies in the folder before it is asked."""
    codes = [path.name for path in FOLDER.iterdir() if _EDITION_CODE.fullmatch(path.name)]
    every = [edition(code) for code in codes]
    return tuple(each for each in every if each.published_on <= current().published_on)


def load(folder: Path) -> Edition:
    """Read and check one edition's folder. Raises `CatalogueError`, which names the file and the field."""
    root = read_table(folder / "edition.toml")
    about = root.table("edition")
    requirements, questions = [], [_question(table) for table in root.tables("question")]
    for number in REQUIREMENTS:
        requirement, its_questions = _requirement_file(folder / f"requirement-{number}.toml")
        requirements.append(requirement)
        questions += its_questions
    loaded = Edition(
        code=about.text("code"),
        title=about.text("title"),
        published_on=about.value("published_on", date),
        clause_list=clause_list(about.text("clause_list")).code,
        requirements=tuple(requirements),
        questions=tuple(sorted(questions, key=lambda question: question.number)),
        checklist=_checklist_file(folder / "checklist.toml"),
        digest=digest(folder),
    )
    about.done()
    root.done()
    if loaded.code != folder.name:
        about.refuse("code", f"is {loaded.code!r}, and the folder is named {folder.name!r}")
    _check(loaded)
    return loaded


def digest(folder: Path) -> str:
    """The SHA-256, in hex, over the names and bytes of the folder's data files, in the order of names."""
    whole = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        content = path.read_bytes()
        whole.update(f"{path.name} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def _requirement_file(path: Path) -> tuple[Requirement, list[Question]]:
    root = read_table(path)
    requirement = _requirement(root.table("requirement"))
    questions = [_question(table) for table in root.tables("question")]
    root.done()
    if path.stem != f"requirement-{requirement.number}":
        root.refuse("requirement.number", f"is {requirement.number}, which is not the number in the file's name")
    return requirement, questions


def _requirement(table: Table) -> Requirement:
    basis = table.choice("basis", Basis)
    requirement = Requirement(
        number=table.number("number"),
        slug=table.text("slug"),
        title=table.text("title"),
        short=table.text("short"),
        plain=table.plain("plain"),
        why=table.plain("why"),
        basis=basis,
        basis_note=table.plain("basis_note"),
        citations=table.citations("citations", basis),
        questions=table.numbers("questions"),
        source_status=table.choice("source_status", SourceStatus),
    )
    table.done()
    return requirement


def _question(table: Table) -> Question:
    basis = table.choice("basis", Basis)
    question = Question(
        number=table.number("number"),
        title=table.text("title"),
        ask=table.plain("ask"),
        why=table.plain("why"),
        requirements=table.numbers("requirements"),
        acceptable=table.plain("acceptable"),
        red_flags=table.plains("red_flags", least=3, most=5),
        evidence=table.plains("evidence"),
        basis=basis,
        basis_note=table.plain("basis_note"),
        citations=table.citations("citations", basis),
        routes=tuple(_route(each) for each in table.tables("routes")),
        may_not_apply=table.flag("may_not_apply"),
        source_status=table.choice("source_status", SourceStatus),
    )
    table.done()
    codes = [route.code for route in question.routes]
    if len(codes) == 1 or len(set(codes)) != len(codes):
        table.refuse("routes", "needs two routes or more, each with a code of its own, or none at all")
    return question


def _route(table: Table) -> Route:
    route = Route(code=table.text("code"), label=table.text("label"), hint=table.plain("hint"))
    table.done()
    return route


def _checklist_file(path: Path) -> tuple[ChecklistItem, ...]:
    root = read_table(path)
    items = []
    for table in root.tables("item"):
        item = ChecklistItem(
            code=table.text("code"),
            text=table.plain("text"),
            requirement=table.number("requirement"),
            note=table.plain("note"),
        )
        table.done()
        if not _ITEM_CODE.fullmatch(item.code):
            table.refuse("code", f"{item.code!r} is not a letter C and a digit")
        items.append(item)
    root.done()
    return tuple(items)


def _check(loaded: Edition) -> None:
    """What no single file can tell: all are there, each once, and they point at each other both ways."""
    _same("edition.toml", "question.number", [each.number for each in loaded.questions], QUESTIONS)
    slugs = {requirement.slug for requirement in loaded.requirements}
    _same("edition.toml", "requirement.slug", [len(slugs)], [len(REQUIREMENTS)])
    for requirement in loaded.requirements:
        pointing = [each.number for each in loaded.questions if requirement.number in each.requirements]
        _same(f"requirement-{requirement.number}.toml", "requirement.questions", requirement.questions, pointing)
    for question in loaded.questions:
        if not set(question.requirements) <= set(REQUIREMENTS):
            raise CatalogueError(f"edition.toml: question {question.number}.requirements: one is not known")
    codes = [item.code for item in loaded.checklist]
    _same("checklist.toml", "item.code", codes, sorted(set(codes)))
    covered = sorted({item.requirement for item in loaded.checklist})
    _same("checklist.toml", "item.requirement", covered, REQUIREMENTS)


def _same(file: str, field: str, found: Iterable[object], wanted: Iterable[object]) -> None:
    if list(found) != list(wanted):
        raise CatalogueError(f"{file}: {field}: found {list(found)}, and needed {list(wanted)}")
