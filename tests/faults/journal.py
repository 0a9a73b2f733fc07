"""What an officer did, and what the site told them of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

CONFIRMED, UNKNOWN, REFUSED = "confirmed", "unknown", "refused"


@dataclass
class Act:
    """One thing that an officer wanted kept. `mark` is the text that stands for it on record: no other act has it.

    `tries` counts the sendings; `doubts` those of them after which nobody knew whether it was kept.
    """

    kind: str
    mark: str
    who: str
    facts: dict[str, Any] = field(default_factory=dict)
    state: str = UNKNOWN
    tries: int = 0
    doubts: int = 0


@dataclass
class Page:
    """One answer, as the officer saw it. `wrong` says why it was no true sentence; "" when it was one."""

    method: str
    path: str
    status: int  # 0: the connection was lost before an answer was whole
    seconds: float
    wrong: str = ""


@dataclass
class Journal:
    """All that one officer did and saw."""

    acts: list[Act] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def confirmed(self, kind: str) -> list[Act]:
        return [act for act in self.acts if act.kind == kind and act.state == CONFIRMED]


def joined(journals: list[Journal]) -> Journal:
    whole = Journal()
    for each in journals:
        whole.acts += each.acts
        whole.pages += each.pages
    return whole


def counted(journal: Journal) -> dict[str, Any]:
    """The figures of a journal for the report."""
    states, seen = Counter(act.state for act in journal.acts), Counter(page.status for page in journal.pages)
    return {
        "confirmed": states[CONFIRMED],
        "refused": states[REFUSED],
        "never known": states[UNKNOWN],
        "sent again": sum(act.tries > 1 for act in journal.acts),
        "pages": len(journal.pages),
        "pages 503": seen[503],
        "pages 500": seen[500],
        "connections lost": seen[0],
    }
