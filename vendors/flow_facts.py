"""What the patient-data map is judged and drawn from: plain values, no Django. `vendors.flow_map` fills them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from vendors.clauses import SPEAKS, ReadingStatus
from vendors.covering import covering
from vendors.deadlines import AgreementDates
from vendors.kinds import AgreementKind, DataClass, FlowData, Known, PlaceKind, SubProcessorRole

#: what is called patient data here, by how it is protected: a limited data set is still PHI (45 CFR 164.514(e))
PATIENT_DATA = frozenset(
    {FlowData.PHI, FlowData.PART2, FlowData.COUNSELING_NOTES, FlowData.PSYCHOTHERAPY_NOTES, FlowData.LIMITED}
)
#: the vendor's side of the map
VENDOR_SIDE = frozenset({PlaceKind.TOOL, PlaceKind.SUB_PROCESSOR})
#: how a place without a name of its own is called
UNNAMED = {
    PlaceKind.PATIENT: "Patients",
    PlaceKind.PERSON: "People at your practice",
    PlaceKind.PAYER: "Payers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFact:
    """A tool of the vendor. `carries` lists the patient data that it touches."""

    key: str
    name: str
    purpose: str = ""
    has_ai: bool = False
    part2: bool = False
    carries: tuple[DataClass, ...] = ()
    retired: bool = False

    @property
    def touches_patient_data(self) -> bool:
        return bool(self.carries) or self.part2


@dataclass(frozen=True, slots=True, kw_only=True)
class SubProcessorFact:
    """A company behind the vendor. `listed` tells whether its confirmed list names it; None: no list is confirmed."""

    key: str
    name: str
    role: SubProcessorRole = SubProcessorRole.OTHER
    region: str = ""
    gets: Known = Known.UNKNOWN
    covered: Known = Known.UNKNOWN
    listed: bool | None = None
    removed: bool = False
    tool_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementFact:
    """An agreement as the map needs it: from when to when, for which tools, and what its clauses were found to say."""

    key: str
    kind: AgreementKind
    dates: AgreementDates
    tool_keys: frozenset[str] = frozenset()
    readings: Mapping[str, ReadingStatus]
    amends: str = ""

    @property
    def title(self) -> str:
        return self.kind.label

    def in_force(self, on: date) -> bool:
        return self.dates.in_force(on)

    def with_amendment(self, amendment: "AgreementFact") -> "AgreementFact":
        """The same agreement with the clauses that the amendment speaks of read there."""
        spoken = {code: status for code, status in amendment.readings.items() if status in SPEAKS}
        return replace(self, readings={**self.readings, **spoken})

    def holds(self, *codes: str) -> ReadingStatus | None:
        """The worst of what was read of these clauses; None while one of them was not read."""
        found = [self.readings.get(code) for code in codes]
        if any(each in (ReadingStatus.ABSENT, ReadingStatus.PARTIAL, ReadingStatus.DOES_NOT_APPLY) for each in found):
            return ReadingStatus.ABSENT
        return None if None in found else ReadingStatus.PRESENT


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodFact:
    """The document that shows how data were de-identified. `expires_on` is the last day on which it counts."""

    key: str
    label: str
    expires_on: date | None = None
    usable: bool = True

    def counts(self, on: date) -> bool:
        return self.usable and (self.expires_on is None or self.expires_on >= on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One end of a flow. `key` is the uid of its tool or sub-processor, else "" and the name tells it apart."""

    kind: PlaceKind
    name: str
    key: str = ""

    @property
    def id(self) -> str:
        """The same for the same place, in one vendor's map and across the maps of a practice."""
        return f"{self.kind}:{self.key or self.name.casefold()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFact:
    """One arrow of the map, as it stands. `number` is how page and drawing call it."""

    key: str
    number: int
    origin: Place
    target: Place
    data: FlowData
    carries: tuple[DataClass, ...] = ()
    purpose: str = ""
    region: str = ""
    ai_output: bool = False
    logged: Known = Known.UNKNOWN
    human_gate: Known = Known.UNKNOWN
    consent: Known = Known.UNKNOWN
    agreement: str = ""
    method: MethodFact | None = None

    @property
    def is_patient_data(self) -> bool:
        return self.data in PATIENT_DATA

    @property
    def reaches_vendor(self) -> bool:
        return self.target.kind in VENDOR_SIDE

    @property
    def leaves_vendor(self) -> bool:
        return self.origin.kind in VENDOR_SIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFacts:
    """The map of one vendor on a day. `regions` are where the practice lets patient data be kept; () for anywhere."""

    key: str
    name: str
    on: date
    tools: tuple[ToolFact, ...] = ()
    sub_processors: tuple[SubProcessorFact, ...] = ()
    agreements: tuple[AgreementFact, ...] = ()
    flows: tuple[FlowFact, ...] = ()
    list_confirmed: bool = False
    listed_names: frozenset[str] = frozenset()
    regions: tuple[str, ...] = ()

    def sub_processor(self, place: Place) -> SubProcessorFact | None:
        """The sub-processor at that place, or None for any other place."""
        if place.kind is not PlaceKind.SUB_PROCESSOR:
            return None
        return next((each for each in self.sub_processors if each.key == place.key), None)

    def covering(self, place: Place, kinds: frozenset[AgreementKind]) -> list[AgreementFact]:
        """The agreements of these kinds that cover the tool at that place and are in force, each as amended."""
        found = covering(self.agreements, place.key, kinds, self.on)
        return [reduce(AgreementFact.with_amendment, live, each) for each, live in found if each.in_force(self.on)]
