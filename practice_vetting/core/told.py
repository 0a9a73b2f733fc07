"""One entry of the ledger in words."""

from dataclasses import dataclass

from practice_vetting.core.models import LedgerEntry


@dataclass(frozen=True)
class Told:
    """One entry as a sentence: PERSON SAYS LABEL, with where it leads and what is worth adding."""

    entry: LedgerEntry
    says: str
    label: str
    url: str
    changes_url: str
    lines: list[str]
