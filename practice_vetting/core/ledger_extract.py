"""A part of a practice's ledger as files that are checked without us: some entries in full, and the whole chain."""

import csv
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from practice_vetting.core import ledger
from practice_vetting.core.models import LedgerEntry

#: what a line of the chain says of each entry; `content` is the SHA-256 of all that the entry says (ledger.content_of)
LINKS = ("seq", "previous", "content", "digest")


def numbers_about(practice_uid: str, *, uids: Collection[str], until: int) -> dict[str, Any]:
    """How many entries up to number `until` are about the records of these uids, and the SHA-256 of their numbers.

    The numbers are hashed in ascending order with a comma between two, so that a list without one of them is told.
    """
    numbers = _entries(practice_uid, until).filter(record_uid__in=uids).values_list("seq", flat=True)
    return listed(list(numbers))


def listed(numbers: Iterable[int]) -> dict[str, Any]:
    found = sorted(numbers)
    return {"entries": len(found), "sha256": ledger.sha256(",".join(map(str, found)))}


def write_entries(out: Path, practice_uid: str, *, uids: Collection[str], until: int) -> dict[str, Any]:
    """Every entry up to number `until` about the records of these uids, one a line of JSON; answers as numbers_about.

    `content` is the very text whose SHA-256 stands in the chain: an array of the columns ledger.BOUND.
    """
    numbers = []
    with out.open("x", encoding="utf-8", newline="\n") as file:
        for entry in _entries(practice_uid, until).filter(record_uid__in=uids).iterator(2000):
            line = {"seq": entry.seq, "content": ledger.content_of(entry)}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            numbers.append(entry.seq)
    return listed(numbers)


def write_chain(out: Path, practice_uid: str, *, until: int) -> None:
    """Number, previous digest, hash of the content and digest of every entry up to `until`, and nothing of what they
    say."""
    with out.open("x", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(LINKS)
        table.writerows(_links(practice_uid, until))


def _links(practice_uid: str, until: int) -> Iterator[tuple[Any, ...]]:
    for entry in _entries(practice_uid, until).iterator(2000):
        yield entry.seq, entry.previous, ledger.sha256(ledger.content_of(entry)), entry.digest


def _entries(practice_uid: str, until: int) -> Any:
    return LedgerEntry.objects.filter(practice_uid=practice_uid, seq__lte=until).order_by("seq")
