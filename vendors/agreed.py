"""From agreements to what days are judged by: when each stood, for which tools, and what was read in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vendors.clauses import ReadingStatus
from vendors.deadlines import AgreementDates
from vendors.kinds import AgreementKind
from vendors.models import Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedFact:
    """One agreement, as vendors.early_data asks for it."""

    key: str
    kind: AgreementKind
    dates: AgreementDates
    tool_keys: frozenset[str]
    readings: Mapping[str, ReadingStatus]
    days: Mapping[str, int]
    amends: str


def agreed_facts(agreements: Iterable[Agreement]) -> list[AgreedFact]:
    """Each with its tools and readings, as their relations hold them: in memory when the vendor was loaded whole."""
    known = list(agreements)
    keys = {each.pk: each.uid for each in known}
    return [
        AgreedFact(
            key=each.uid,
            kind=AgreementKind(each.kind_of),
            dates=each.dates,
            tool_keys=frozenset(tool.uid for tool in each.tools.all()),
            readings={reading.code: ReadingStatus(reading.status) for reading in each.readings.all()},
            days={reading.code: reading.days for reading in each.readings.all() if reading.days is not None},
            amends=keys.get(each.amends_id or 0, ""),
        )
        for each in known
    ]
