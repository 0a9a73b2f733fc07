"""Whether everything is as it was: files by their hashes, ledgers by their chains, documents by their seals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import CommandError

from practice_vetting.core import ledger, progress
from practice_vetting.core.documents.verification import LARGEST, verify
from practice_vetting.core.files.keeping import Damaged, Infected, read
from practice_vetting.core.models import Document, LedgerHead, Practice, StoredFile

_MISFIT = "DOES NOT FIT"  # how `verify_history` begins what it found


@dataclass(frozen=True)
class Point:
    """One thing that was looked at, in words."""

    holds: bool
    words: str


def prove(*, heads: list[list[Any]] | None, missing: list[str]) -> Iterator[Point]:
    """Look at everything again, where it lies now. `heads` are the ends of the ledgers as they have to be, if known."""
    if heads is not None:
        yield _heads(heads)
    yield _history()
    yield _files(missing)
    yield _documents()


def _heads(expected: list[list[Any]]) -> Point:
    found = [list(head) for head in LedgerHead.objects.order_by("practice_uid").values_list()]
    return Point(found == expected, f"The ledgers end where they ended: {_count(len(expected), 'ledger')}")


def _history() -> Point:
    """By the fuller check of all history where the software has it, else by the chains alone."""
    if "verify_history" in get_commands():
        said = StringIO()
        try:
            call_command("verify_history", stdout=said, stderr=said)
        except CommandError as problem:
            return Point(False, f"The history does not fit: {problem} {_first_misfit(said.getvalue())}".strip())
        return Point(True, "All history fits the ledgers")
    broken = [f"{practice.name} at {entry}" for practice in Practice.objects.all() for entry in _broken(practice)]
    return Point(
        not broken, "The chain of each ledger holds" if not broken else f"A ledger breaks: {', '.join(broken)}"
    )


def _first_misfit(said: str) -> str:
    lines = (line.partition(_MISFIT) for line in said.splitlines())
    return next((words.strip() for _, found, words in lines if found), "")


def _broken(practice: Practice) -> list[Any]:
    entry = ledger.broken_at(practice.uid)
    return [entry] if entry else []


def _files(missing: list[str]) -> Point:
    def fits(stored: StoredFile) -> bool:
        try:
            read(stored).close()
        except Infected:
            return True  # withheld, and so it stays
        except Damaged:
            return False
        return True

    rows = StoredFile.objects.filter(purged_at=None).select_related("practice")
    return _each(rows, fits, "file", "as kept", skip=lambda stored: stored.path in missing)


def _documents() -> Point:
    def fits(document: Document) -> bool:
        try:
            with read(document.file) as file:
                return file.size > LARGEST or verify(file.read()).is_valid
        except Damaged:
            return False

    sealed = Document.objects.filter(file__content_type="application/pdf", file__purged_at=None)
    return _each(sealed.select_related("file__practice"), fits, "sealed document", "valid")


def _each(
    rows: Any, fits: Callable[[Any], bool], noun: str, so: str, skip: Callable[[Any], bool] = lambda row: False
) -> Point:
    count, wrong = 0, []
    for row in progress.each(f"Looking at each {noun} again", rows.order_by("pk").iterator(200), rows.count()):
        if not skip(row):
            count += 1
            wrong += [] if fits(row) else [str(row)]
    if wrong:
        named = ", ".join(wrong[:3]) + (" and others" if len(wrong) > 3 else "")
        return Point(False, f"{len(wrong)} of {_count(count, noun)} not {so}: {named}")
    return Point(True, f"{_count(count, noun)} {so}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
