"""What people do with the patient-data map: add a flow, change it, end it, confirm what was suggested."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from vendors.flow_drafts import Draft
from vendors.flow_facts import UNNAMED, Place
from vendors.kinds import FlowData, PlaceKind
from vendors.models import DataFlow, SubProcessor, Tool, Vendor

#: these have a name of their own
_NEED_A_NAME = {PlaceKind.PRACTICE_SYSTEM, PlaceKind.CONSUMER_TOOL, PlaceKind.OTHER}


@action("dataflow.added", says="added to the patient-data map:")
def add_flow(*, vendor: Vendor, by: Person, form_id: str | None = None, **facts: Any) -> DataFlow:
    """Add a flow to the vendor's map. `facts` are columns of DataFlow. Raises Refused for what cannot be."""
    home = Vendor.objects.select_for_update(no_key=True, of=("self",)).select_related("practice").get(pk=vendor.pk)
    if home.ended_on:
        raise Refused(f"You ended your work with {home.name}, so its map stays as it is.")
    flow = DataFlow(practice=home.practice, vendor=home, form_id=form_id, **facts)
    _refuse_what_cannot_be(flow)
    flow.save(force_insert=True)
    ledger.record(flow, vendor=home.uid, **_told(flow))
    return flow


@action("dataflow.changed", says="changed on the patient-data map:")
def change_flow(*, dataflow: DataFlow, by: Person, version: int, **changes: Any) -> DataFlow:
    """Change what is known of a flow. Raises Stale when somebody else was first, or Refused."""
    current = _locked(dataflow, version)
    changed = sorted(name for name, value in changes.items() if getattr(current, name) != value)
    for name in changed:
        setattr(current, name, changes[name])
    _refuse_what_cannot_be(current)
    current.version += 1
    current.save(update_fields=[*changed, "version"])
    ledger.record(current, changed=changed, **_told(current))
    return current


@action("dataflow.ended", says="ended on the patient-data map:")
def end_flow(*, dataflow: DataFlow, by: Person, version: int, on: date, reason: str = "") -> DataFlow:
    """Record that from that day on the data no longer go there. The flow stays on file. Raises Stale or Refused."""
    current = _locked(dataflow, version)
    if on > current.practice.today():
        raise Refused("This day has not come yet. End the flow when it has.", field="on")
    current.ended_on, current.end_reason = on, reason.strip()
    current.version += 1
    current.save(update_fields=["ended_on", "end_reason", "version"])
    ledger.record(current, on=on, reason=current.end_reason)
    return current


@action("dataflow.confirmed", says="confirmed flows on the patient-data map of")
def confirm_drafts(*, vendor: Vendor, by: Person, chosen: Iterable[Draft]) -> list[DataFlow]:
    """Add the drafts that a person confirmed. Raises Refused when none was chosen."""
    tools = {tool.uid: tool for tool in vendor.tools.all()}
    subs = {sub.uid: sub for sub in vendor.sub_processors.all()}
    added = [add_flow(vendor=vendor, by=by, **_columns(draft, tools, subs)) for draft in chosen]
    if not added:
        raise Refused("Mark at least one flow that is true.", field="chosen")
    ledger.record(vendor, flows=[flow.uid for flow in added])
    return added


def _columns(draft: Draft, tools: dict[str, Tool], subs: dict[str, SubProcessor]) -> dict[str, Any]:
    return {
        **end_columns("from", draft.origin, tools, subs),
        **end_columns("to", draft.target, tools, subs),
        "data": draft.data,
        "carries": list(draft.carries),
        "purpose": draft.purpose[:300],
        "region": draft.region,
        "ai_output": draft.ai_output,
    }


def end_columns(side: str, place: Place, tools: dict[str, Tool], subs: dict[str, SubProcessor]) -> dict[str, Any]:
    """The four columns of one end ("from" or "to")."""
    own = not place.key and place.name != UNNAMED.get(place.kind)
    return {
        f"{side}_kind": place.kind,
        f"{side}_name": place.name if own else "",
        f"{side}_tool": tools[place.key] if place.kind is PlaceKind.TOOL else None,
        f"{side}_sub_processor": subs[place.key] if place.kind is PlaceKind.SUB_PROCESSOR else None,
    }


def _locked(flow: DataFlow, version: int) -> DataFlow:
    found = DataFlow.objects.select_for_update(no_key=True, of=("self",)).select_related("vendor", "practice")
    current: DataFlow = found.get(pk=flow.pk)
    if current.version != version:
        raise Stale(current)
    if current.ended_on is not None:
        raise Refused("This flow has ended, so its record stays as it is. Add a new one instead.")
    return current


def _refuse_what_cannot_be(flow: DataFlow) -> None:
    """Refuse the first thing that does not fit together, beside its field."""
    for side, field in (("from", "origin_name"), ("to", "target_name")):
        if getattr(flow, f"{side}_kind") in _NEED_A_NAME and not getattr(flow, f"{side}_name"):
            raise Refused("Write what it is called.", field=field)
    if _end(flow, "from") == _end(flow, "to"):
        raise Refused("A flow goes from one place to another. Choose two.", field="target")
    named = (flow.from_tool, flow.to_tool, flow.from_sub_processor, flow.to_sub_processor, flow.agreement)
    if any(each is not None and each.vendor_id != flow.vendor_id for each in (*named, flow.method_evidence)):
        raise Refused("Something chosen here belongs to another vendor. Load the page again.")
    if flow.data != FlowData.NONE and not flow.carries:
        raise Refused("Mark what is in the data, or choose “No patient data” above.", field="carries")


def _end(flow: DataFlow, side: str) -> tuple[Any, ...]:
    columns = ("kind", "name", "tool_id", "sub_processor_id")
    return tuple(getattr(flow, f"{side}_{column}") for column in columns)


def _told(flow: DataFlow) -> dict[str, Any]:
    """What the ledger keeps of a flow in words that stand alone."""
    ends = (("from", flow.from_tool or flow.from_sub_processor), ("to", flow.to_tool or flow.to_sub_processor))
    named = {side: each.name if each else getattr(flow, f"{side}_name") for side, each in ends}
    kinds = {f"{side}_kind": getattr(flow, f"{side}_kind") for side in named}
    return {**named, **kinds, "data": flow.data}
