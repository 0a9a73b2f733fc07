"""The ten rules of the patient-data map: each is hit by what breaks it, and left alone by what keeps it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from vendors.clauses import ReadingStatus
from vendors.deadlines import AgreementDates
from vendors.flow_facts import AgreementFact, FlowFact, MapFacts, MethodFact, Place, SubProcessorFact, ToolFact
from vendors.flow_rules import RULES, FlowFinding, Severity, judge, worst
from vendors.kinds import AgreementKind, DataClass, FlowData, Known, PlaceKind, SubProcessorRole

TODAY = date(2026, 11, 22)
SIGNED = AgreementDates(practice_signed_on=date(2026, 1, 5), vendor_signed_on=date(2026, 1, 6))
PRESENT, ABSENT = ReadingStatus.PRESENT, ReadingStatus.ABSENT

STAFF = Place(kind=PlaceKind.PERSON, name="People at your practice")
RECORD = Place(kind=PlaceKind.PRACTICE_SYSTEM, name="Patient record")
SCRIBE = Place(kind=PlaceKind.TOOL, name="Scribe", key="scribe")
MODEL = Place(kind=PlaceKind.SUB_PROCESSOR, name="Big Model", key="model")
CHAT = Place(kind=PlaceKind.CONSUMER_TOOL, name="Free Chat")
PAYER = Place(kind=PlaceKind.PAYER, name="Payers")
STRANGER = Place(kind=PlaceKind.OTHER, name="Data Shop")


def baa(**columns: Any) -> AgreementFact:
    given = {"key": "baa", "kind": AgreementKind.BAA, "dates": SIGNED, "tool_keys": frozenset({"scribe"})}
    return AgreementFact(**{"readings": {"B35": PRESENT, "B50": PRESENT, "B51": PRESENT}, **given, **columns})


def sub(**columns: Any) -> SubProcessorFact:
    given = {"key": "model", "name": "Big Model", "role": SubProcessorRole.MODEL, "region": "United States"}
    return SubProcessorFact(**{"covered": Known.YES, "listed": True, **given, **columns})


def method(**columns: Any) -> MethodFact:
    return MethodFact(**{"key": "e", "label": "E-04", **columns})


def flow(origin: Place, target: Place, data: FlowData = FlowData.PHI, **columns: Any) -> FlowFact:
    """A flow against which nothing speaks, but for what `columns` say."""
    given: dict[str, Any] = {"key": "f", "number": 1, "carries": (DataClass.NOTES,), "purpose": "To draft the note"}
    given |= {"logged": Known.YES, "human_gate": Known.YES, "region": "United States"}
    return FlowFact(origin=origin, target=target, data=data, **{**given, **columns})


def facts(*flows: FlowFact, **columns: Any) -> MapFacts:
    given: dict[str, Any] = {"key": "v", "name": "Notewell", "on": TODAY, "list_confirmed": True}
    given |= {"tools": (ToolFact(key="scribe", name="Scribe"),), "agreements": (baa(),), "sub_processors": (sub(),)}
    return MapFacts(flows=flows, **{**given, **columns})


def found(one: FlowFact, **columns: Any) -> list[tuple[str, Severity]]:
    return [(each.code, each.severity) for each in judge(facts(one, **columns))]


TO_TOOL, TO_MODEL = flow(STAFF, SCRIBE), flow(SCRIBE, MODEL)
PART2_IN, PART2_ON = flow(STAFF, SCRIBE, FlowData.PART2), flow(SCRIBE, MODEL, FlowData.PART2)
CLEAN = flow(SCRIBE, MODEL, FlowData.DE_IDENTIFIED, method=method())
AI_OUT = flow(SCRIBE, RECORD, ai_output=True)
FAILED, OPEN = Severity.FAILED, Severity.OPEN
NOT_COVERED = baa(tool_keys=frozenset())
RUN_OUT = baa(dates=replace(SIGNED, ends_on=date(2026, 11, 21)))
LAST_DAY = baa(dates=replace(SIGNED, ends_on=TODAY))

#: rule -> what breaks it: the flow, what else is on file, and what is found
HITS: dict[str, list[tuple[FlowFact, dict[str, Any], tuple[str, Severity]]]] = {
    "agreement": [
        (TO_TOOL, {"agreements": ()}, ("no-agreement", FAILED)),
        (TO_TOOL, {"agreements": (NOT_COVERED,)}, ("no-agreement", FAILED)),
        (TO_TOOL, {"agreements": (RUN_OUT,)}, ("no-agreement", FAILED)),
        (TO_TOOL, {"agreements": (baa(kind=AgreementKind.QSOA),)}, ("no-agreement", FAILED)),
        (replace(TO_TOOL, agreement="old"), {}, ("agreement-over", OPEN)),
        (TO_MODEL, {"sub_processors": (sub(covered=Known.NO),)}, ("no-flow-down", FAILED)),
        (TO_MODEL, {"sub_processors": (sub(covered=Known.UNKNOWN),)}, ("flow-down-unknown", OPEN)),
        (flow(STAFF, STRANGER), {}, ("no-agreement-known", OPEN)),
        (flow(STAFF, SCRIBE, FlowData.LIMITED), {"agreements": ()}, ("no-agreement", FAILED)),
    ],
    "method": [
        (replace(CLEAN, method=None), {}, ("no-method", FAILED)),
        (replace(CLEAN, method=method(expires_on=date(2026, 11, 21))), {}, ("method-expired", FAILED)),
        (replace(CLEAN, method=method(usable=False)), {}, ("method-expired", FAILED)),
    ],
    "audio": [(replace(CLEAN, carries=(DataClass.AUDIO,)), {}, ("audio-de-identified", FAILED))],
    "part2": [
        (PART2_IN, {"agreements": (baa(readings={"B50": PRESENT, "B51": ABSENT}),)}, ("part2-no-agreement", FAILED)),
        (PART2_IN, {"agreements": (baa(readings={"B50": PRESENT}),)}, ("part2-unread", OPEN)),
        (PART2_ON, {"sub_processors": (sub(covered=Known.NO),)}, ("part2-agent", FAILED)),
        (TO_MODEL, {"sub_processors": (sub(covered=Known.BY_LIST),)}, ("flow-down-unknown", OPEN)),
        (PART2_ON, {"sub_processors": (sub(covered=Known.UNKNOWN),)}, ("part2-agent", OPEN)),
        (flow(SCRIBE, PAYER, FlowData.PART2), {}, ("part2-third-party", FAILED)),
        (flow(RECORD, PAYER, FlowData.PART2, consent=Known.NO), {}, ("part2-third-party", FAILED)),
        (flow(RECORD, PAYER, FlowData.PART2), {}, ("part2-third-party", OPEN)),
    ],
    "separate notes": [
        (flow(STAFF, SCRIBE, FlowData.PSYCHOTHERAPY_NOTES), {}, ("separate-notes", FAILED)),
        (flow(SCRIBE, MODEL, FlowData.COUNSELING_NOTES), {}, ("separate-notes", FAILED)),
    ],
    "human gate": [
        (replace(AI_OUT, human_gate=Known.NO), {}, ("no-human-gate", FAILED)),
        (replace(AI_OUT, human_gate=Known.UNKNOWN), {}, ("human-gate-unknown", OPEN)),
        (replace(TO_TOOL, ai_output=True, human_gate=Known.NO), {}, ("tool-without-human-gate", OPEN)),
    ],
    "logged": [
        (replace(TO_TOOL, logged=Known.NO), {}, ("not-logged", FAILED)),
        (replace(TO_TOOL, logged=Known.UNKNOWN), {}, ("log-unknown", OPEN)),
    ],
    "consumer tool": [(flow(STAFF, CHAT), {}, ("consumer-tool", FAILED))],
    "region": [
        (replace(TO_TOOL, region="Elsewhere"), {"regions": ("United States",)}, ("region-outside", FAILED)),
        (replace(TO_TOOL, region=""), {"agreements": (baa(readings={}),)}, ("region-unknown", OPEN)),
        (replace(TO_MODEL, region=""), {"sub_processors": (sub(region=""),)}, ("region-unknown", OPEN)),
    ],
    "listed": [
        (TO_MODEL, {"sub_processors": (sub(listed=False),)}, ("not-on-list", FAILED)),
        (TO_MODEL, {"sub_processors": (sub(removed=True),)}, ("not-on-list", FAILED)),
        (flow(MODEL, SCRIBE), {"sub_processors": (sub(listed=False),)}, ("not-on-list", FAILED)),
        (TO_MODEL, {"sub_processors": (sub(listed=None),)}, ("no-list", OPEN)),
        (flow(SCRIBE, STRANGER, agreement="baa"), {}, ("not-on-list", FAILED)),
        (flow(SCRIBE, STRANGER, agreement="baa"), {"list_confirmed": False}, ("no-list", OPEN)),
    ],
}  # fmt: skip
#: rule -> what keeps it: nothing at all is found
MISSES: dict[str, list[tuple[FlowFact, dict[str, Any]]]] = {
    "agreement": [
        (TO_TOOL, {}),
        (TO_TOOL, {"agreements": (LAST_DAY,)}),
        (TO_MODEL, {}),
        (flow(RECORD, PAYER), {"agreements": ()}),
        (flow(STAFF, STRANGER, agreement="baa"), {}),
        (flow(STAFF, SCRIBE, FlowData.NONE), {"agreements": ()}),
    ],
    "method": [(CLEAN, {}), (replace(CLEAN, method=method(expires_on=TODAY)), {}), (TO_TOOL, {})],
    "audio": [(flow(STAFF, SCRIBE, carries=(DataClass.AUDIO,)), {})],
    "part2": [
        (PART2_IN, {}),
        (PART2_IN, {"agreements": (baa(readings={}), baa(key="q", kind=AgreementKind.QSOA))}),
        (replace(PART2_IN, consent=Known.YES), {"agreements": (baa(readings={}),)}),
        (PART2_ON, {}),
        (flow(SCRIBE, PAYER, FlowData.PART2, consent=Known.YES), {}),
        (flow(STAFF, RECORD, FlowData.PART2), {}),
    ],
    "separate notes": [(flow(STAFF, RECORD, FlowData.PSYCHOTHERAPY_NOTES), {}), (TO_TOOL, {})],
    "human gate": [
        (AI_OUT, {}),
        (replace(TO_TOOL, ai_output=True, human_gate=Known.UNKNOWN), {}),
        (flow(SCRIBE, STAFF, ai_output=True, human_gate=Known.NO), {}),
    ],
    "logged": [(TO_TOOL, {}), (replace(CLEAN, logged=Known.NO), {})],
    "consumer tool": [(flow(STAFF, CHAT, FlowData.DE_IDENTIFIED, method=method()), {})],
    "region": [
        (replace(TO_TOOL, region="united states"), {"regions": ("United States",)}),
        (replace(TO_TOOL, region="Elsewhere"), {}),
        (replace(TO_TOOL, region=""), {}),  # the agreement says it: B35
        (replace(TO_MODEL, region=""), {}),  # the sub-processor says it
    ],
    "listed": [(TO_MODEL, {}), (flow(SCRIBE, STRANGER, agreement="baa"), {"listed_names": frozenset({"data shop"})})],
}  # fmt: skip


def test_every_rule_has_what_breaks_and_what_keeps_it():
    assert (set(HITS), set(MISSES), len(RULES)) == (set(RULES), set(RULES), 10)


@pytest.mark.parametrize(("rule", "case"), [(rule, case) for rule, cases in HITS.items() for case in cases])
def test_a_rule_finds_what_breaks_it(rule: str, case: tuple[FlowFact, dict[str, Any], tuple[str, Severity]]):
    one, on_file, expected = case
    assert expected in found(one, **on_file)


@pytest.mark.parametrize(("rule", "case"), [(rule, case) for rule, cases in MISSES.items() for case in cases])
def test_nothing_is_found_where_a_rule_is_kept(rule: str, case: tuple[FlowFact, dict[str, Any]]):
    one, on_file = case
    assert found(one, **on_file) == []


def everything() -> list[FlowFinding]:
    cases = [case for cases in HITS.values() for case in cases]
    return [finding for one, on_file, _ in cases for finding in judge(facts(one, **on_file))]


def test_every_finding_is_a_short_sentence_with_what_to_do_next():
    long = [each.sentence for each in everything() if len(each.sentence.split()) > 25 or not each.change.endswith(".")]
    assert long == []


def test_no_finding_calls_our_policy_law_and_every_citation_can_be_looked_up():
    unread = [each.code for each in everything() if each.source and not each.source.url]
    uncited = [each.code for each in everything() if each.basis.is_law_now and not each.citation]
    policies = {each.code for each in everything() if not each.basis.is_law_now}
    assert (unread, uncited) == ([], [])
    assert policies >= {"separate-notes", "no-human-gate", "audio-de-identified", "region-outside", "not-on-list"}


def test_what_must_never_happen_stands_first():
    notes = flow(STAFF, CHAT, FlowData.PSYCHOTHERAPY_NOTES, logged=Known.NO)
    first, *_ = judge(facts(notes))
    assert (first.blocks, first.severity) == (True, FAILED)


def test_the_worst_of_a_flow_is_what_its_arrow_shows():
    bad, asked, good = flow(STAFF, CHAT), flow(STAFF, SCRIBE, logged=Known.UNKNOWN), TO_MODEL
    flows = [replace(each, key=key) for key, each in {"bad": bad, "asked": asked, "good": good}.items()]
    assert worst(judge(facts(*flows))) == {"bad": FAILED, "asked": OPEN}


AMENDS = {"key": "more", "kind": AgreementKind.AMENDMENT, "amends": "baa"}


@pytest.mark.parametrize(
    ("amendment", "codes"),
    [
        ({}, []),
        ({"amends": "another"}, ["no-agreement"]),
        ({"tool_keys": frozenset({"another"})}, ["no-agreement"]),
        ({"dates": AgreementDates()}, ["no-agreement"]),
    ],
)
def test_an_amendment_in_force_may_bring_the_tool_under_an_agreement(amendment: dict[str, Any], codes: list[str]):
    agreements = (baa(tool_keys=frozenset()), baa(**{**AMENDS, **amendment}))
    assert [code for code, _ in found(TO_TOOL, agreements=agreements)] == codes


def test_what_an_amendment_promises_counts_with_its_agreement():
    agreements = (baa(readings={}), baa(**AMENDS))
    assert found(PART2_IN, agreements=agreements) == []


def test_no_finding_leads_to_a_list_that_nobody_can_change():
    (outside,) = judge(facts(replace(TO_TOOL, region="Elsewhere"), regions=("United States",)))
    assert outside.change == "Ask the vendor for a place that you allow."
