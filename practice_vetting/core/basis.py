"""What a demand rests on: a rule, a condition, a proposal, a state's law, or somebody's choice.

Every requirement, question and clause shows its basis, so that a reader can tell law from policy.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Basis(StrEnum):
    """Why something is asked. The value is the word used in data files and in stored snapshots."""

    RULE = "rule"
    RULE_IF = "rule-cond"
    ADDRESSABLE = "addressable"
    PERMITTED = "permitted"
    PROPOSED = "proposed"
    STATE = "state"
    BEST_PRACTICE = "best-practice"
    PRODUCT_POLICY = "product-policy"

    @property
    def label(self) -> str:
        """A few plain words for a badge."""
        return _WORDS[self][0]

    @property
    def meaning(self) -> str:
        """One sentence for the reader who asks what the badge says."""
        return _WORDS[self][1]

    @property
    def is_law_now(self) -> bool:
        """True when a regulation in force says it, at least for the practices it applies to."""
        return self in {Basis.RULE, Basis.RULE_IF, Basis.ADDRESSABLE}


_WORDS: dict[Basis, tuple[str, str]] = {
    Basis.RULE: ("Required by rule", "A federal regulation in force says this."),
    Basis.RULE_IF: (
        "Required by rule, if it applies",
        "A federal regulation says this when a condition is met.",
    ),
    Basis.ADDRESSABLE: (
        "Addressable under the rule",
        "Do it, or write down why not and do something that works as well.",
    ),
    Basis.PERMITTED: (
        "Allowed if agreed",
        "The rule lets the parties write this in. Without it, the vendor may not.",
    ),
    Basis.PROPOSED: (
        "Proposed, not law",
        "A federal proposal of January 2025 says this. It is not in force.",
    ),
    Basis.STATE: (
        "State law",
        "Some states require this. Check the states your patients live in.",
    ),
    Basis.BEST_PRACTICE: (
        "Good practice",
        "No rule says this. Careful practices ask for it all the same.",
    ),
    Basis.PRODUCT_POLICY: (
        "Our policy",
        "Practice Vetting asks for this by its own choice. HIPAA does not.",
    ),
}


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a reader can check a claim: a short name of the source and its public https address."""

    label: str
    url: str


class SourceStatus(StrEnum):
    """How well a stated fact was checked: the weakest source among those an entry rests on."""

    READ = "V"
    QUOTED = "V2"
    RECALLED = "M"

    @property
    def label(self) -> str:
        """Plain words for a reader who wants to know how far to trust the citation."""
        return {
            SourceStatus.READ: "Checked in the rule or on an official page",
            SourceStatus.QUOTED: "Checked in a source that quotes the rule",
            SourceStatus.RECALLED: "Not checked yet",
        }[self]


_CFR = re.compile(r"(?P<title>\d+) CFR (?P<section>\d+\.\d+)")
_FEDERAL_REGISTER = re.compile(r"(?P<volume>\d+) FR (?P<page>\d+)")


def public_address(label: str) -> str:
    """The address where anybody can read the cited federal text, or "" when the label names none.

    Understood are the Code of Federal Regulations ("45 CFR 164.504(e)(2)(i)", at its section) and the
    Federal Register ("89 FR 12472").
    """
    if found := _CFR.match(label):
        return f"https://www.ecfr.gov/current/title-{found['title']}/section-{found['section']}"
    if found := _FEDERAL_REGISTER.match(label):
        return f"https://www.federalregister.gov/citation/{found['volume']}-FR-{found['page']}"
    return ""
