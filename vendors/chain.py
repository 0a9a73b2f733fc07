"""The companies behind a vendor and its AI tools: who gets patient data without cover, and the chain drawn. Pure.

A vendor that passes patient data on must bind who gets it to the same duties by an agreement ("flow-down"): 45 CFR
164.502(e)(1)(ii), 164.504(e)(5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from vendors.kinds import Known, SubProcessorRole


class Behind(Protocol):
    """A company behind a vendor, as vendors.SubProcessor is one."""

    name: Any
    role_of: Any
    gets_patient_data: Any
    covered: Any
    removed_on: Any


B = TypeVar("B", bound=Behind)


def uncovered(sub_processors: Iterable[B]) -> list[B]:
    """Those that get patient data, and whose own agreement is not known to cover it."""
    return [
        each
        for each in sub_processors
        if each.removed_on is None and each.gets_patient_data == Known.YES and each.covered != Known.YES
    ]


def unasked(sub_processors: Iterable[B]) -> list[B]:
    """Those of whom nobody knows whether they get patient data."""
    return [each for each in sub_processors if each.removed_on is None and each.gets_patient_data == Known.UNKNOWN]


# --- the drawing --------------------------------------------------------------------------------------

WIDTH, BOX, GAP, TOOL = 340, 64, 14, 52  # of the drawing, a company, the space between, the tool
_INDENT = 34
_LONGEST = 32  # letters of a name that fit a box

_ORDER = {role.value: place for place, role in enumerate(SubProcessorRole)}


@dataclass(frozen=True, slots=True)
class Link:
    """One company in the chain. `state` is covered, uncovered, unknown or none; `says` tells the same in words."""

    name: str
    short: str
    role: str
    state: str
    data: str
    cover: str
    y: int = 0

    @property
    def says(self) -> str:
        return f"{self.data} {self.cover}".strip()

    @property
    def middle(self) -> int:
        return self.y + BOX // 2

    @property
    def lines(self) -> tuple[int, int, int]:
        """Where its three lines of text stand."""
        return self.y + 20, self.y + 38, self.y + 55


@dataclass(frozen=True, slots=True)
class Chain:
    """A tool and the companies behind it, placed on a drawing of WIDTH by `height`."""

    tool: str
    short: str
    links: tuple[Link, ...]

    @property
    def height(self) -> int:
        return TOOL + len(self.links) * (BOX + GAP) + 2

    @property
    def last(self) -> int:
        return self.links[-1].middle if self.links else TOOL

    @property
    def summary(self) -> str:
        """The drawing in one sentence, for who does not see it."""
        bare = sum(link.state == "uncovered" for link in self.links)
        count = len(self.links)
        companies = f"{count} company stands" if count == 1 else f"{count} companies stand"
        lacking = "1 has no known cover" if bare == 1 else f"{bare} have no known cover"
        told = lacking if bare else "none is known to lack cover"
        return f"{companies} behind {self.tool}. Of those that get patient data, {told}."


def chain(tool: str, sub_processors: Sequence[Behind]) -> Chain:
    """The companies behind one tool, model and speech first, each at its place."""
    standing = [each for each in sub_processors if each.removed_on is None]
    standing.sort(key=lambda each: (_ORDER.get(each.role_of, 99), each.name.casefold()))
    return Chain(tool, cut(tool), tuple(_link(each, number) for number, each in enumerate(standing)))


def _link(sub: Behind, number: int) -> Link:
    state, data, cover = _said(sub.gets_patient_data, sub.covered)
    role = SubProcessorRole(sub.role_of).label
    return Link(sub.name, cut(sub.name), role, state, data, cover, TOOL + GAP + number * (BOX + GAP))


def _said(gets: str, covered: str) -> tuple[str, str, str]:
    if gets == Known.NO:
        return "none", "Gets no patient data.", ""
    data = "Gets patient data." if gets == Known.YES else "Not known if it gets patient data."
    if covered == Known.YES:
        return "covered" if gets == Known.YES else "unknown", data, "Its agreement covers it."
    if covered == Known.BY_LIST:
        return "uncovered" if gets == Known.YES else "unknown", data, "Covered by its list only."
    if gets == Known.YES:
        return "uncovered", data, "No agreement covers it." if covered == Known.NO else "Cover not known."
    return "unknown", data, "No cover." if covered == Known.NO else ""


def cut(name: str) -> str:
    """A name as it fits a box; the list beside the drawing has it whole."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1].rstrip()}…"
