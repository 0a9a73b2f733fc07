"""The clauses an agreement must or should hold, as a versioned list of literate data. Pure: no Django.

The words stand in `clauses/<code>.toml`. A list never changes once a practice has read an agreement
against it; a changed list is a new file.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

from practice_vetting.core.basis import Basis, Citation, SourceStatus, public_address
from practice_vetting.core.literate import CatalogueError, Table, read_table

CURRENT = "2026-1"
FOLDER = Path(__file__).with_suffix("")

_LIST_CODE = re.compile(r"\d{4}-\d{1,2}")
_CLAUSE_CODE = re.compile(r"B\d{2}")


class ReadingStatus(StrEnum):
    """What a person found when looking for one clause in one agreement."""

    PRESENT = "present"
    PARTIAL = "partial"
    ABSENT = "absent"
    DOES_NOT_APPLY = "does_not_apply"

    @property
    def label(self) -> str:
        """The word on the button."""
        return {"partial": "Partly there", "does_not_apply": "Does not apply"}.get(self, self.capitalize())


#: an amendment that was read so speaks of the clause; one in which it is absent leaves it as it was
SPEAKS = frozenset({ReadingStatus.PRESENT, ReadingStatus.PARTIAL})


class Need(StrEnum):
    """When an agreement cannot do without a clause. The empty word means that it only should have it."""

    ALWAYS = "always"
    PART2 = "part2"
    ROUTE_B = "route_b"
    NEVER = ""


class Group(NamedTuple):
    """A heading of the list, with one sentence that says what stands under it."""

    key: str
    title: str
    intro: str


@dataclass(frozen=True, slots=True)
class Window:
    """The number of days that a clause gives, and its limits; each may be None.

    Over `fail_over` it is more than a rule allows, which `fail_citation` names. Over `warn_over`, or under
    `warn_under`, it is not what we advise. `needed`: without a number the clause is only partly there.
    """

    label: str
    needed: bool
    warn_over: int | None
    warn_under: int | None
    fail_over: int | None
    fail_citation: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One point to look for in an agreement, with the words that ask a vendor for it."""

    code: str
    group: str
    title: str
    pass_test: str
    fail_signal: str
    basis: Basis
    citations: tuple[str, ...]
    needed_for: Need
    may_not_apply: bool
    ask: str
    source_status: SourceStatus
    days: Window | None = None

    @property
    def links(self) -> tuple[Citation, ...]:
        """The citations with the public addresses where they can be read."""
        return tuple(Citation(label, public_address(label)) for label in self.citations)


@dataclass(frozen=True, slots=True)
class ClauseList:
    """One version of the list, in reading order. `digest` is the SHA-256 of its file, in hex."""

    code: str
    clauses: tuple[Clause, ...]
    groups: tuple[Group, ...]
    digest: str

    def clause(self, code: str) -> Clause:
        """The clause with this code; `KeyError` when the list has none."""
        for clause in self.clauses:
            if clause.code == code:
                return clause
        raise KeyError(code)

    def in_group(self, key: str) -> tuple[Clause, ...]:
        """The clauses under one heading."""
        return tuple(clause for clause in self.clauses if clause.group == key)

    def needed(self, *, part2: bool, route_b: bool) -> tuple[Clause, ...]:
        """The clauses that an agreement must hold, given what else is true of the vendor."""
        asked = {Need.ALWAYS: True, Need.PART2: part2, Need.ROUTE_B: route_b, Need.NEVER: False}
        return tuple(clause for clause in self.clauses if asked[clause.needed_for])


@cache
def clause_list(code: str = CURRENT) -> ClauseList:
    """The list with this code. Raises `CatalogueError` when there is none, or when it is not sound."""
    if not _LIST_CODE.fullmatch(code):
        raise CatalogueError(f"{code!r} is not the code of a clause list")
    return load(FOLDER / f"{code}.toml")


def load(path: Path) -> ClauseList:
    """Read and check one file. Raises `CatalogueError`, which names the file and the field."""
    root = read_table(path)
    code = root.text("code")
    if code != path.stem:
        root.refuse("code", f"is {code!r}, and the file is named {path.stem!r}")
    groups = tuple(_group(table) for table in root.tables("group"))
    clauses = tuple(_clause(table) for table in root.tables("clause"))
    root.done()
    _check(root, groups, clauses)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ClauseList(code=code, clauses=clauses, groups=groups, digest=digest)


def _group(table: Table) -> Group:
    group = Group(key=table.text("key"), title=table.text("title"), intro=table.plain("intro"))
    table.done()
    return group


def _clause(table: Table) -> Clause:
    basis = table.choice("basis", Basis)
    citations = table.labels("citations")
    table.check_cited("citations", basis, citations)
    clause = Clause(
        code=table.text("code"),
        group=table.text("group"),
        title=table.text("title"),
        pass_test=table.plain("pass_test"),
        fail_signal=table.plain("fail_signal"),
        basis=basis,
        citations=citations,
        needed_for=table.choice("needed_for", Need),
        may_not_apply=table.flag("may_not_apply"),
        ask=table.plain("ask"),
        source_status=table.choice("source_status", SourceStatus),
        days=_window(table.table("days")) if table.has("days") else None,
    )
    table.done()
    if not _CLAUSE_CODE.fullmatch(clause.code):
        table.refuse("code", f"{clause.code!r} is not a letter B and two digits")
    for label in citations:
        if not public_address(label):
            table.refuse("citations", f"{label!r} cannot be looked up")
    return clause


def _window(table: Table) -> Window:
    limits = {
        name: table.number(name) if table.has(name) else None for name in ("warn_over", "warn_under", "fail_over")
    }
    cited = table.text("fail_citation") if limits["fail_over"] else ""
    if cited and not public_address(cited):
        table.refuse("fail_citation", f"{cited!r} cannot be looked up")
    window = Window(label=table.text("label"), needed=table.flag("needed"), fail_citation=cited, **limits)
    table.done()
    return window


def _check(root: Table, groups: tuple[Group, ...], clauses: tuple[Clause, ...]) -> None:
    """What no single entry can tell: codes are unique, each group is known, none is empty."""
    codes = [clause.code for clause in clauses]
    if len(set(codes)) != len(codes):
        root.refuse("clause", "a code is used twice")
    keys = [group.key for group in groups]
    if len(set(keys)) != len(keys):
        root.refuse("group", "a key is used twice")
    for clause in clauses:
        if clause.group not in keys:
            root.refuse(f"clause {clause.code}", f"the group {clause.group!r} is not known")
    for key in keys:
        if key not in {clause.group for clause in clauses}:
            root.refuse(f"group {key}", "holds no clause")
