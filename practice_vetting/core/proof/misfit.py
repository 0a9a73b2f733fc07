"""Something that is not as it was recorded."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Misfit:
    """`kind`, `uid` and `label` name the record, `seq` the entry of the ledger that speaks of it (0: none does)."""

    seq: int
    kind: str
    uid: str
    label: str
    sentence: str

    def __str__(self) -> str:
        entry = f"entry {self.seq}, " if self.seq else ""
        return f"{entry}{self.kind} {self.uid} ({self.label}): {self.sentence}"
