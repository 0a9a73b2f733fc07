"""Which agreements cover a tool on a day, amendments counted. Pure: no Django, no clock.

The verdict, the map of patient data and the search for early patient data read the same answer here.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Protocol, TypeVar

from vendors.deadlines import AgreementDates
from vendors.kinds import AMENDING_KINDS, AgreementKind


class Covering(Protocol):
    """What is asked of an agreement: `amends` is the key of the one that it changes in part."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> AgreementKind: ...
    @property
    def dates(self) -> AgreementDates: ...
    @property
    def tool_keys(self) -> frozenset[str]: ...
    @property
    def amends(self) -> str: ...


A = TypeVar("A", bound=Covering)


def amendments(agreements: Iterable[A], agreement: A, tool_key: str) -> list[A]:
    """What was signed to change the agreement for this tool, the oldest first, whatever its dates."""
    found = (each for each in agreements if each.amends == agreement.key and each.kind in AMENDING_KINDS)
    named = [each for each in found if not each.tool_keys or tool_key in each.tool_keys]
    return sorted(named, key=lambda each: (each.dates.starts_on or date.max, each.key))


def covering(agreements: Sequence[A], tool_key: str, kinds: Collection[str], on: date) -> list[tuple[A, list[A]]]:
    """The agreements of these kinds that name the tool, whatever their dates, each with its amendments of that day.

    An amendment in force may name a tool that its agreement does not: then both together cover it. One that names
    tools speaks for these alone, one that names none for all.
    """
    found = []
    for each in agreements:
        if each.kind in kinds:
            live = [one for one in amendments(agreements, each, tool_key) if one.dates.in_force(on)]
            if any(tool_key in one.tool_keys for one in [each, *live]):
                found.append((each, live))
    return found
