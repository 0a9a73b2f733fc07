"""What a rule returns: findings, each with its reason, what would change it, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from practice_vetting.core.basis import Basis


class State(StrEnum):
    """How a requirement, or one reason for it, stands."""

    MET = "met"
    OPEN = "open"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"

    @property
    def label(self) -> str:
        """A word or two for a badge."""
        return {"not_applicable": "Does not apply"}.get(self, self.capitalize())

    @property
    def severity(self) -> int:
        """2 stops a vendor, 1 keeps it from being cleared, 0 does neither."""
        return {"failed": 2, "open": 1}.get(self, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason. Advice carries requirement 0, and blocks only while its state is open.

    `change` starts with a verb and is "" when nothing is to be done. `target` names what to open:
    "question:4", "agreement:KEY", "clause:KEY:B07", "tool:KEY", "exposure:KEY", "agreements", "tools" or "exposure".
    `until` is the first day on which this finding may change by itself.
    """

    requirement: int
    state: State
    code: str
    sentence: str
    target: str
    basis: Basis
    change: str = ""
    until: date | None = None


def worst(findings: Iterable[Finding]) -> int:
    """The highest severity among the findings; 0 when there are none."""
    return max((finding.state.severity for finding in findings), default=0)


def long_date(day: date) -> str:
    """A day as a sentence writes it: 3 November 2026."""
    return f"{day.day} {day:%B %Y}"
