"""What the verdict knows of 42 CFR Part 2 beside answers and agreements. Pure: no Django, no clock."""

from dataclasses import dataclass
from datetime import date

from practice_vetting.core.basis import Basis
from vendors.deadlines import lapses_on


@dataclass(frozen=True, slots=True)
class MemoFact:
    """The newest signed memo whether Part 2 applies: to one tool, or to the practice (`tool_key` is "")."""

    key: str
    about: str
    applies: bool
    signed_on: date
    ask_again_on: date
    tool_key: str = ""

    @property
    def lapses_on(self) -> date:
        """The first day on which it proves nothing any more."""
        return lapses_on(self.ask_again_on)

    def is_current(self, on: date) -> bool:
        return self.signed_on <= on < self.lapses_on


@dataclass(frozen=True, slots=True)
class CheckFact:
    """A point that Part 2 asks for, which a person found not shown."""

    code: str
    title: str
    basis: Basis
