"""42 CFR Part 2 as a versioned list: what a memo asks, what its answers point to, what is checked. Pure: no Django.

The words stand in `part2/<code>.toml`. A list never changes once a memo or a check rests on it; a changed list is a new
file. What the answers point to is a draft: a person decides (product policy).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from practice_vetting.core.basis import Basis, Citation, SourceStatus, public_address
from practice_vetting.core.literate import CatalogueError, Table, read_table

CURRENT = "2026-1"
FOLDER = Path(__file__).with_suffix("")
STATEMENT_EDITION = "2026-1"
CONSENT = "I mean this as my signature, and I agree to sign electronically."

_LIST_CODE = re.compile(r"\d{4}-\d{1,2}")
_CHECK_CODE = re.compile(r"P\d{2}")
_STATEMENT = (
    "I answered these questions about {subject} on behalf of {practice}. "
    "To my knowledge the answers are complete and true.",
    "I decided whether 42 CFR Part 2 applies. My decision and my reason stand above, and are part of what I sign.",
    "I know that this has to be asked again after a year, and sooner if something changes.",
    CONSENT,
)


class About(StrEnum):
    """What a memo speaks of."""

    PRACTICE = "practice"
    TOOL = "tool"


class Said(StrEnum):
    """The answer to one question of a memo."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return {"unknown": "Not known"}.get(self, self.capitalize())


class CheckStatus(StrEnum):
    """How one point that Part 2 asks for stands at a vendor."""

    NOT_ASKED = "not_asked"
    SHOWN = "shown"
    NOT_SHOWN = "not_shown"
    DOES_NOT_APPLY = "does_not_apply"

    @property
    def label(self) -> str:
        return self.replace("_", " ").capitalize()

    @property
    def tone(self) -> str:
        """The class of its pill."""
        return {"shown": "met", "not_shown": "failed", "does_not_apply": "not_applicable"}.get(self, "plain")


@dataclass(frozen=True, slots=True)
class Question:
    """One thing asked; `because` completes "Part 2 applies, because ..." when it is answered with yes."""

    key: str
    ask: str
    hint: str
    because: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A few questions that belong together, with what they rest on."""

    key: str
    about: About
    title: str
    intro: str
    basis: Basis
    citations: tuple[str, ...]
    source_status: SourceStatus
    questions: tuple[Question, ...]

    @property
    def links(self) -> tuple[Citation, ...]:
        return _links(self.citations)


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the checks."""

    key: str
    title: str
    intro: str


@dataclass(frozen=True, slots=True)
class Check:
    """One point to look for: `show` says what the vendor, or the practice, must show."""

    code: str
    group: str
    title: str
    show: str
    basis: Basis
    citations: tuple[str, ...]
    source_status: SourceStatus

    @property
    def links(self) -> tuple[Citation, ...]:
        return _links(self.citations)


@dataclass(frozen=True, slots=True)
class Part2List:
    """One version of the list, in reading order."""

    code: str
    topics: tuple[Topic, ...]
    groups: tuple[Group, ...]
    checks: tuple[Check, ...]

    def topics_about(self, about: About) -> tuple[Topic, ...]:
        return tuple(topic for topic in self.topics if topic.about is about)

    def questions_about(self, about: About) -> tuple[Question, ...]:
        return tuple(question for topic in self.topics_about(about) for question in topic.questions)

    def check(self, code: str) -> Check:
        """The check with this code; `KeyError` when the list has none."""
        return {check.code: check for check in self.checks}[code]


@dataclass(frozen=True, slots=True)
class Pointer:
    """What the answers point to: True (applies), False, or None while too much is not known. A draft, no decision."""

    applies: bool | None
    because: tuple[str, ...]

    @property
    def word(self) -> str:
        """As it is kept with the memo."""
        return {True: "applies", False: "does_not_apply", None: "unclear"}[self.applies]

    @property
    def tone(self) -> str:
        """The class of the box in which it is told."""
        return "met" if self.applies is False else "open"

    @property
    def sentence(self) -> str:
        reasons = " ".join(f"{each[:1].upper()}{each[1:]}." for each in self.because)
        if self.applies is None:
            return f"These answers do not tell yet whether Part 2 applies. {reasons}"
        says = "applies" if self.applies else "does not apply"
        return f"These answers say that Part 2 {says}. {reasons}"


def statement_about(subject: str, practice: str) -> str:
    """The statement under a memo, in paragraphs parted by an empty line; the last is the consent to sign."""
    return "\n\n".join(_STATEMENT).format(subject=subject, practice=practice)


def points_to(about: About, answers: Mapping[str, str], listed: "Part2List") -> Pointer:
    """What the answers of a memo point to (42 CFR 2.11, 2.12(b), 2.12(d)(2)).

    Part 2 applies to a practice that is a federally assisted program, or keeps records that came from one; to a tool
    that such records reach.
    """
    if about is About.TOOL:
        return _any_of(listed, about, answers, "no such records will reach the tool")
    holds_out, provides = answers.get("holds_out"), answers.get("provides")
    assisted = _either(answers, [each.key for each in _topic(listed, "assisted").questions])
    program = _both(_truth(holds_out), _truth(provides), assisted)
    received = _truth(answers.get("receives"))
    if program or received:
        keys = [key for key in answers if answers[key] == Said.YES]
        told = keys if program else []
        return Pointer(True, _reasons(listed, about, [*told, *(["receives"] if received else [])]))
    if program is None or received is None:
        return Pointer(None, _unknown(answers))
    return Pointer(False, (_why_no_program(holds_out, provides), "you keep no records from one"))


def _why_no_program(holds_out: str | None, provides: str | None) -> str:
    if holds_out == Said.NO:
        return "you do not present yourselves as giving substance-use care"
    if provides == Said.NO:
        return "you give no substance-use care"
    return "no federal assistance makes your care a covered program"


def _any_of(listed: "Part2List", about: About, answers: Mapping[str, str], otherwise: str) -> Pointer:
    keys = [question.key for question in listed.questions_about(about)]
    found = _either(answers, keys)
    if found:
        return Pointer(True, _reasons(listed, about, [key for key in keys if answers.get(key) == Said.YES]))
    return Pointer(None, _unknown(answers)) if found is None else Pointer(False, (otherwise,))


def _reasons(listed: "Part2List", about: About, keys: Iterable[str]) -> tuple[str, ...]:
    chosen = set(keys)
    return tuple(each.because for each in listed.questions_about(about) if each.key in chosen)


def _unknown(answers: Mapping[str, str]) -> tuple[str, ...]:
    count = sum(said == Said.UNKNOWN for said in answers.values())
    return ("1 answer that decides it is not known" if count == 1 else f"{count} answers are not known",)


def _topic(listed: "Part2List", key: str) -> Topic:
    return next(topic for topic in listed.topics if topic.key == key)


def _truth(said: str | None) -> bool | None:
    return {"yes": True, "no": False}.get(said or "")


def _either(answers: Mapping[str, str], keys: Iterable[str]) -> bool | None:
    """True when one is yes, False when all are no, None otherwise."""
    found = [_truth(answers.get(key)) for key in keys]
    return True if True in found else None if None in found else False


def _both(*each: bool | None) -> bool | None:
    return False if False in each else None if None in each else True


def _links(citations: Iterable[str]) -> tuple[Citation, ...]:
    return tuple(Citation(label, public_address(label)) for label in citations)


@cache
def part2_list(code: str = CURRENT) -> Part2List:
    """The list with this code. Raises `CatalogueError` when there is none, or when it is not sound."""
    if not _LIST_CODE.fullmatch(code):
        raise CatalogueError(f"{code!r} is not the code of a Part 2 list")
    return load(FOLDER / f"{code}.toml")


def load(path: Path) -> Part2List:
    """Read and check one file. Raises `CatalogueError`, which names the file and the field."""
    root = read_table(path)
    code = root.text("code")
    if code != path.stem:
        root.refuse("code", f"is {code!r}, and the file is named {path.stem!r}")
    topics = tuple(_read_topic(table) for table in root.tables("topic"))
    groups = tuple(_read_group(table) for table in root.tables("group"))
    checks = tuple(_read_check(table) for table in root.tables("check"))
    root.done()
    keys = [question.key for topic in topics for question in topic.questions]
    codes = [check.code for check in checks]
    if len(set(keys)) != len(keys) or len(set(codes)) != len(codes):
        root.refuse("code", "a key or a code is used twice")
    if {check.group for check in checks} != {group.key for group in groups}:
        root.refuse("group", "a group is empty or not known")
    return Part2List(code, topics, groups, checks)


def _read_topic(table: Table) -> Topic:
    basis = table.choice("basis", Basis)
    topic = Topic(
        key=table.text("key"),
        about=table.choice("about", About),
        title=table.text("title"),
        intro=table.plain("intro"),
        basis=basis,
        citations=_cited(table, basis),
        source_status=table.choice("source_status", SourceStatus),
        questions=tuple(_read_question(each) for each in table.tables("question")),
    )
    table.done()
    return topic


def _read_question(table: Table) -> Question:
    words = {name: table.plain(name) for name in ("ask", "hint", "because")}
    question = Question(key=table.text("key"), **words)
    table.done()
    return question


def _read_group(table: Table) -> Group:
    group = Group(key=table.text("key"), title=table.text("title"), intro=table.plain("intro"))
    table.done()
    return group


def _read_check(table: Table) -> Check:
    basis = table.choice("basis", Basis)
    check = Check(
        code=table.text("code"),
        group=table.text("group"),
        title=table.text("title"),
        show=table.plain("show"),
        basis=basis,
        citations=_cited(table, basis),
        source_status=table.choice("source_status", SourceStatus),
    )
    table.done()
    if not _CHECK_CODE.fullmatch(check.code):
        table.refuse("code", f"{check.code!r} is not a letter P and two digits")
    return check


def _cited(table: Table, basis: Basis) -> tuple[str, ...]:
    labels = table.labels("citations")
    table.check_cited("citations", basis, labels)
    for label in labels:
        if not public_address(label):
            table.refuse("citations", f"{label!r} cannot be looked up")
    return labels
