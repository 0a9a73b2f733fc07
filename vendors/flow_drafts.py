"""Flows that what is on file makes likely: drafts, which a person confirms or leaves. Pure: no Django."""

from collections.abc import Iterator
from dataclasses import dataclass

from vendors.flow_facts import UNNAMED, MapFacts, Place, SubProcessorFact, ToolFact
from vendors.kinds import DataClass, FlowData, Known, PlaceKind, SubProcessorRole

_STAFF, _PATIENTS, _PAYERS = (
    Place(kind=kind, name=UNNAMED[kind]) for kind in (PlaceKind.PERSON, PlaceKind.PATIENT, PlaceKind.PAYER)
)
_RECORD = Place(kind=PlaceKind.PRACTICE_SYSTEM, name="Patient record")

_WHY = {
    SubProcessorRole.MODEL: "The AI model drafts or answers",
    SubProcessorRole.SPEECH: "Speech is turned into text",
    SubProcessorRole.HOSTING: "The data are stored",
    SubProcessorRole.MESSAGING: "Messages are sent",
    SubProcessorRole.PAYMENT: "Payments are made",
}
#: where nobody asked whether it gets patient data, its work makes it likely
_LIKELY = frozenset({SubProcessorRole.MODEL, SubProcessorRole.SPEECH, SubProcessorRole.HOSTING})
_OF_AI = frozenset({SubProcessorRole.MODEL, SubProcessorRole.SPEECH})
#: what of a tool's data such a company gets; the others get all of it
_ONLY = {
    SubProcessorRole.SPEECH: frozenset({DataClass.AUDIO}),
    SubProcessorRole.MESSAGING: frozenset({DataClass.CONTACT, DataClass.APPOINTMENTS, DataClass.MESSAGES}),
    SubProcessorRole.PAYMENT: frozenset({DataClass.CONTACT, DataClass.BILLING}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A flow that may exist. `because` says what on file makes it likely."""

    origin: Place
    target: Place
    data: FlowData
    purpose: str
    because: str
    carries: tuple[DataClass, ...] = ()
    region: str = ""
    ai_output: bool = False

    @property
    def key(self) -> str:
        """The same as long as the same ends are suggested."""
        return f"{self.origin.id}>{self.target.id}"


def drafts(facts: MapFacts) -> list[Draft]:
    """What the vendor's tools and sub-processors make likely, without what the map has already."""
    known = {_ends(flow.origin, flow.target) for flow in facts.flows}
    made: dict[str, Draft] = {}
    for tool in facts.tools:
        if tool.touches_patient_data and not tool.retired:
            for draft in (*_of_tool(tool), *_behind(tool, facts)):
                made.setdefault(draft.key, draft)
    return [each for each in made.values() if _ends(each.origin, each.target) not in known]


def _ends(origin: Place, target: Place) -> tuple[str, ...]:
    """A flow to another system of the practice is not suggested beside one that is there, whatever it is called."""
    return origin.kind, origin.key, target.kind, target.key


def place_of_tool(tool: ToolFact) -> Place:
    return Place(kind=PlaceKind.TOOL, name=tool.name, key=tool.key)


def _data(tool: ToolFact) -> FlowData:
    return FlowData.PART2 if tool.part2 else FlowData.PHI


def _of_tool(tool: ToolFact) -> Iterator[Draft]:
    here, touched = place_of_tool(tool), tool.carries
    yield Draft(
        origin=_STAFF, target=here, data=_data(tool), carries=touched,
        purpose=tool.purpose or f"Work with {tool.name}", because=f"{tool.name} touches patient data.",
    )  # fmt: skip
    from_patients = tuple(each for each in touched if each in (DataClass.MESSAGES, DataClass.FORMS))
    if from_patients:
        yield Draft(
            origin=_PATIENTS, target=here, data=_data(tool), carries=from_patients,
            purpose="Patients write messages or fill in forms", because=f"{tool.name} takes messages or forms.",
        )  # fmt: skip
    if DataClass.BILLING in touched:
        yield Draft(
            origin=here, target=_PAYERS, data=_data(tool), carries=(DataClass.BILLING,),
            purpose="Claims are sent", because=f"{tool.name} touches insurance and claims.",
        )  # fmt: skip
    if tool.has_ai:
        yield Draft(
            origin=here, target=_RECORD, data=_data(tool), ai_output=True,
            carries=tuple(each for each in touched if each is not DataClass.AUDIO),
            purpose="What the AI wrote is kept", because=f"AI is in {tool.name}.",
        )  # fmt: skip


def _behind(tool: ToolFact, facts: MapFacts) -> Iterator[Draft]:
    for sub in facts.sub_processors:
        carried = tuple(each for each in tool.carries if each in _ONLY.get(sub.role, tool.carries))
        if _serves(sub, tool) and (carried or sub.gets is Known.YES):
            yield Draft(
                origin=place_of_tool(tool),
                target=Place(kind=PlaceKind.SUB_PROCESSOR, name=sub.name, key=sub.key),
                data=_data(tool), carries=carried or tool.carries, region=sub.region,
                purpose=_WHY.get(sub.role, f"Service of {sub.name}"),
                because=f"{sub.name} gets patient data."
                if sub.gets is Known.YES
                else f"{sub.name} is on file as: {sub.role.label}. Nobody asked what it gets.",
            )  # fmt: skip


def _serves(sub: SubProcessorFact, tool: ToolFact) -> bool:
    if sub.removed or sub.gets is Known.NO or (sub.gets is Known.UNKNOWN and sub.role not in _LIKELY):
        return False
    if sub.tool_keys:
        return tool.key in sub.tool_keys
    return tool.has_ai or sub.role not in _OF_AI
