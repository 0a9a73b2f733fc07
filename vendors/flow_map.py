"""From rows to the facts of the patient-data map: all that its rules and its drawing read, in so many queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet

from vendors.clauses import ReadingStatus
from vendors.flow_facts import (
    UNNAMED,
    AgreementFact,
    FlowFact,
    MapFacts,
    MethodFact,
    Place,
    SubProcessorFact,
    ToolFact,
)
from vendors.flow_links import topic_of
from vendors.flow_rules import FlowFinding, Severity, judge, worst
from vendors.kinds import AgreementKind, DataClass, FlowData, Known, ListState, PlaceKind, SubProcessorRole
from vendors.models import (
    Agreement,
    DataFlow,
    Evidence,
    SubProcessor,
    SubProcessorList,
    Tool,
    Vendor,
)
from vendors.topics import Topic


@dataclass(frozen=True)
class Row:
    """A flow as page and document list it: the record, the fact, and what was found of it."""

    flow: DataFlow
    fact: FlowFact
    findings: list[FlowFinding]
    state: Severity | None


@dataclass(frozen=True)
class VendorMap:
    """The map of one vendor on a day: its facts, its flows with what was found, and the flows that have ended."""

    vendor: Vendor
    facts: MapFacts
    rows: list[Row]
    ended: list[DataFlow]

    @property
    def findings(self) -> list[FlowFinding]:
        return [finding for row in self.rows for finding in row.findings]

    @property
    def failed(self) -> int:
        """How many errors its page lists: the same sentence about several flows is one."""
        return len({(each.code, each.sentence) for each in self.findings if each.severity is Severity.FAILED})

    @property
    def warned(self) -> int:
        return len({(each.code, each.sentence) for each in self.findings if each.severity is not Severity.FAILED})


def with_maps(vendors: QuerySet[Vendor]) -> QuerySet[Vendor]:
    """The vendors with everything that their maps need: so many queries, however many vendors and flows there are."""
    flows = DataFlow.objects.select_related(
        "from_tool", "to_tool", "from_sub_processor", "to_sub_processor", "agreement", "method_evidence__file"
    )
    agreements = Agreement.objects.prefetch_related("tools", "readings")
    return vendors.select_related("practice").prefetch_related(
        "tools",
        Prefetch("sub_processors", SubProcessor.objects.prefetch_related("tools")),
        "sub_processor_lists",
        Prefetch("agreements", agreements),
        Prefetch("data_flows", flows),
    )


def map_of(vendor: Vendor, on: date, *, first: int = 1) -> VendorMap:
    """The vendor's map on a day, its flows numbered from `first` on.

    `vendor` comes from `with_maps`, or was loaded whole in another way.
    """
    facts = facts_of(vendor, on, first=first)
    findings = judge(facts)
    states, every = worst(findings), sorted(vendor.data_flows.all(), key=lambda flow: flow.pk)
    by_key = {flow.uid: flow for flow in every}
    rows = [
        Row(by_key[fact.key], fact, [each for each in findings if each.flow == fact.key], states.get(fact.key))
        for fact in facts.flows
    ]
    return VendorMap(vendor, facts, rows, [flow for flow in every if has_ended(flow, on)])


def maps_of(vendors: Iterable[Vendor], on: date) -> list[VendorMap]:
    """The maps of several vendors, numbered through."""
    maps: list[VendorMap] = []
    for vendor in vendors:
        maps.append(map_of(vendor, on, first=1 + sum(len(each.rows) + len(each.ended) for each in maps)))
    return maps


def topic(vendor: Vendor, on: date) -> Topic | None:
    """How the vendor's map stands, in one line."""
    if not vendor.data_flows.exists():
        touches = any(tool.touches_patient_data and tool.is_in_use(on) for tool in vendor.tools.all())
        return topic_of(vendor, flows=0, failed=0, warned=0, touches=touches)
    seen = map_of(with_maps(Vendor.objects.filter(pk=vendor.pk)).get(), on)
    return topic_of(vendor, flows=len(seen.rows), failed=seen.failed, warned=seen.warned, touches=True)


def facts_of(vendor: Vendor, on: date, *, first: int = 1) -> MapFacts:
    """What the rules and the drawing read. Flows are numbered by their age, and one that ended keeps its number."""
    confirmed = _confirmed(vendor.sub_processor_lists.all())
    names = frozenset(str(row.get("name", "")).casefold() for row in confirmed.rows) if confirmed else frozenset()
    keys = {agreement.pk: agreement.uid for agreement in vendor.agreements.all()}
    numbered = enumerate(sorted(vendor.data_flows.all(), key=lambda flow: flow.pk), start=first)
    return MapFacts(
        key=vendor.uid,
        name=vendor.name,
        on=on,
        tools=tuple(_tool(tool, on) for tool in vendor.tools.all()),
        sub_processors=tuple(_sub_processor(sub, confirmed, names, on) for sub in vendor.sub_processors.all()),
        agreements=tuple(_agreement(agreement, keys) for agreement in vendor.agreements.all()),
        flows=tuple(_flow(flow, number) for number, flow in numbered if not has_ended(flow, on)),
        list_confirmed=confirmed is not None,
        listed_names=names,
    )


def has_ended(flow: DataFlow, on: date) -> bool:
    return flow.ended_on is not None and flow.ended_on <= on


def place_of(kind: str, name: str, tool: Tool | None, sub: SubProcessor | None) -> Place:
    """One end of a flow, as people call it."""
    named = tool or sub
    if named:
        return Place(kind=PlaceKind(kind), name=named.name, key=named.uid)
    return Place(kind=PlaceKind(kind), name=name or UNNAMED.get(PlaceKind(kind), PlaceKind(kind).label))


def _confirmed(lists: Iterable[SubProcessorList]) -> SubProcessorList | None:
    """The newest list that a person confirmed."""
    confirmed = [each for each in lists if each.state == ListState.CONFIRMED]
    return max(confirmed, key=lambda each: (each.received_on, each.pk), default=None)


def _tool(tool: Tool, on: date) -> ToolFact:
    return ToolFact(
        key=tool.uid,
        name=tool.name,
        purpose=tool.purpose,
        has_ai=tool.has_ai,
        part2=tool.part2,
        carries=tuple(DataClass(each) for each in tool.data_classes),
        retired=tool.retired_on is not None and tool.retired_on <= on,
    )


def _sub_processor(
    sub: SubProcessor, confirmed: SubProcessorList | None, names: frozenset[str], on: date
) -> SubProcessorFact:
    """One that was written down since the last list came is on no list yet, and still the vendor's word."""
    newer = confirmed is not None and sub.since > confirmed.received_on
    return SubProcessorFact(
        key=sub.uid,
        name=sub.name,
        role=SubProcessorRole(sub.role_of),
        region=sub.region,
        gets=Known(sub.gets_patient_data),
        covered=Known(sub.covered),
        listed=(newer or sub.name.casefold() in names) if confirmed else None,
        removed=sub.removed_on is not None and sub.removed_on <= on,
        tool_keys=frozenset(tool.uid for tool in sub.tools.all()),
    )


def _agreement(agreement: Agreement, keys: dict[int, str]) -> AgreementFact:
    return AgreementFact(
        key=agreement.uid,
        kind=AgreementKind(agreement.kind_of),
        dates=agreement.dates,
        tool_keys=frozenset(tool.uid for tool in agreement.tools.all()),
        readings={reading.code: ReadingStatus(reading.status) for reading in agreement.readings.all()},
        amends=keys.get(agreement.amends_id or 0, ""),
    )


def _flow(flow: DataFlow, number: int) -> FlowFact:
    return FlowFact(
        key=flow.uid,
        number=number,
        origin=place_of(flow.from_kind, flow.from_name, flow.from_tool, flow.from_sub_processor),
        target=place_of(flow.to_kind, flow.to_name, flow.to_tool, flow.to_sub_processor),
        data=FlowData(flow.data),
        carries=tuple(DataClass(each) for each in flow.carries),
        purpose=flow.purpose,
        region=flow.region,
        ai_output=flow.ai_output,
        logged=Known(flow.logged),
        human_gate=Known(flow.human_gate),
        consent=Known(flow.consent),
        agreement=flow.agreement.uid if flow.agreement else "",
        method=_method(flow.method_evidence),
    )


def _method(evidence: Evidence | None) -> MethodFact | None:
    if evidence is None:
        return None
    usable: Any = evidence.is_usable and not evidence.file.is_infected
    return MethodFact(key=evidence.uid, label=evidence.label, expires_on=evidence.expires_on, usable=usable)
