"""What may be wrong with a flow of patient data: ten rules, each a pure function. No Django, no clock.

They are findings of the map, beside its arrows; the verdict does not rest on them. What nobody asked is open (a
warning), what is known to be wrong has failed (an error).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from practice_vetting.core.basis import Basis, Citation, public_address
from vendors.clauses import ReadingStatus
from vendors.flow_facts import FlowFact, MapFacts, Place, SubProcessorFact
from vendors.kinds import AgreementKind, DataClass, FlowData, Known, PlaceKind

#: 45 CFR 164.502(e): only these let patient data move
_BAA = frozenset({AgreementKind.BAA})
#: 42 CFR 2.11: any of them may carry the two promises
_PART2 = frozenset(AgreementKind)  # an amendment may bring them in, too
_PROMISES = ("B50", "B51")
_NOTES = frozenset({FlowData.COUNSELING_NOTES, FlowData.PSYCHOTHERAPY_NOTES})
_SYSTEMS = frozenset({PlaceKind.TOOL, PlaceKind.SUB_PROCESSOR, PlaceKind.PRACTICE_SYSTEM})
_ABROAD = frozenset({PlaceKind.TOOL, PlaceKind.SUB_PROCESSOR, PlaceKind.OTHER})
_THIRD_PARTIES = frozenset({PlaceKind.OTHER, PlaceKind.PAYER})
_ENTERS = frozenset({PlaceKind.PRACTICE_SYSTEM, PlaceKind.PAYER, PlaceKind.PATIENT})


class Severity(StrEnum):
    """How bad a finding is. Its value is the class of its pill too, and `word` what the pill says."""

    FAILED = "failed"
    OPEN = "open"

    @property
    def word(self) -> str:
        return {"failed": "Error", "open": "Warning"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFinding:
    """One thing that is wrong or not known with one flow.

    `change` starts with a verb. `target` names what to open: "flow:KEY", "agreement:KEY", "agreements",
    "evidence:KEY" or "subprocessors". `blocks` marks what must never happen, whatever else is on file.
    """

    code: str
    flow: str
    number: int
    severity: Severity
    sentence: str
    change: str
    target: str
    basis: Basis
    citation: str = ""
    blocks: bool = False

    @property
    def about_flow(self) -> bool:
        """Whether the flow itself is what would be changed."""
        return self.target.startswith("flow:")

    @property
    def source(self) -> Citation | None:
        """Where the rule can be read."""
        return Citation(self.citation, public_address(self.citation)) if self.citation else None


@dataclass(frozen=True, slots=True)
class _About:
    """The flow in question, and a short way to say something of it."""

    facts: MapFacts
    flow: FlowFact

    def finding(self, code: str, severity: Severity, sentence: str, change: str, **more: object) -> FlowFinding:
        given = {"target": f"flow:{self.flow.key}", **more}
        return FlowFinding(
            code=code, flow=self.flow.key, number=self.flow.number, severity=severity, sentence=sentence,
            change=change, **given,  # type: ignore[arg-type]
        )  # fmt: skip

    @property
    def to(self) -> str:
        return self.flow.target.name


Rule = Callable[[_About], Iterator[FlowFinding]]


def judge(facts: MapFacts) -> list[FlowFinding]:
    """Every finding of the vendor's map on its day, by flow, the worst of each flow first."""
    found = []
    for flow in facts.flows:
        about = _About(facts, flow)
        of_flow = [finding for rule in RULES.values() for finding in rule(about)]
        found += sorted(of_flow, key=lambda each: (each.severity != Severity.FAILED, not each.blocks))
    return found


def worst(findings: list[FlowFinding]) -> dict[str, Severity]:
    """Flow -> the worst that was found of it. A flow with nothing against it is left out."""
    states: dict[str, Severity] = {}
    for each in findings:
        if states.get(each.flow) is not Severity.FAILED:
            states[each.flow] = each.severity
    return states


def _agreement(about: _About) -> Iterator[FlowFinding]:
    """1. Patient data reach a tool under an agreement in force only, a sub-processor under one of its own."""
    flow = about.flow
    if not flow.is_patient_data:
        return
    if flow.target.kind is PlaceKind.TOOL:
        yield from _own_agreement(about)
    elif sub := about.facts.sub_processor(flow.target):
        yield from _flow_down(about, sub)
    elif flow.target.kind is PlaceKind.OTHER and not _rests_on_one(about):
        yield about.finding(
            "no-agreement-known", Severity.OPEN,
            f"Nobody recorded an agreement in force under which {about.to} gets patient data.",
            "Choose the agreement it rests on, or write the reason into “What protects it”.",
            basis=Basis.RULE, citation="45 CFR 164.502(e)(1)(i)",
        )  # fmt: skip


def _own_agreement(about: _About) -> Iterator[FlowFinding]:
    covering = about.facts.covering(about.flow.target, _BAA)
    if not covering:
        yield about.finding(
            "no-agreement", Severity.FAILED,
            f"Patient data reaches {about.to}, and no business associate agreement (BAA) in force covers it.",
            "Stop this flow until both sides have signed an agreement that names the tool.",
            target="agreements", basis=Basis.RULE, citation="45 CFR 164.502(e)(1)(i)",
        )  # fmt: skip
    elif about.flow.agreement and not _rests_on_one(about):
        yield about.finding(
            "agreement-over", Severity.OPEN,
            f"The agreement named for the flow to {about.to} is not in force. Another one is.",
            "Choose the agreement that is in force.",
            basis=Basis.RULE, citation="45 CFR 164.502(e)(2)",
        )  # fmt: skip


def _rests_on_one(about: _About) -> bool:
    """Whether the agreement that the flow names is in force."""
    named = (each for each in about.facts.agreements if each.key == about.flow.agreement)
    return any(each.in_force(about.facts.on) for each in named)


def _flow_down(about: _About, sub: SubProcessorFact) -> Iterator[FlowFinding]:
    cited = {"target": "subprocessors", "basis": Basis.RULE, "citation": "45 CFR 164.502(e)(1)(ii)"}
    if sub.covered is Known.NO:
        yield about.finding(
            "no-flow-down", Severity.FAILED,
            f"Patient data reaches {sub.name}, which has no agreement of its own with the vendor for it.",
            "Ask the vendor to sign one with it, or to keep patient data away from it.", **cited,
        )  # fmt: skip
    elif sub.covered is not Known.YES:  # what a list says is not asked yet
        yield about.finding(
            "flow-down-unknown", Severity.OPEN,
            f"Nobody has asked if {sub.name} has an agreement with the vendor that covers patient data.",
            "Ask the vendor for that in writing, and record it with the sub-processor.", **cited,
        )  # fmt: skip


def _method(about: _About) -> Iterator[FlowFinding]:
    """2. Data count as de-identified only with a document that shows the method, and that still counts."""
    flow = about.flow
    if flow.data is not FlowData.DE_IDENTIFIED:
        return
    cited = {"basis": Basis.RULE, "citation": "45 CFR 164.514(b)"}
    if flow.method is None:
        yield about.finding(
            "no-method", Severity.FAILED,
            f"The data to {about.to} are called de-identified, and no document shows how that is done.",
            "Choose the document that shows the method, or mark them as patient data.", **cited,
        )  # fmt: skip
    elif not flow.method.counts(about.facts.on):
        yield about.finding(
            "method-expired", Severity.FAILED,
            f"{flow.method.label} shows how the data to {about.to} are de-identified, but it counts no more.",
            "Ask the vendor for a new one.", **{**cited, "target": f"evidence:{flow.method.key}"},
        )  # fmt: skip


def _audio(about: _About) -> Iterator[FlowFinding]:
    """3. A voice is on the list of identifiers: recordings are never taken for de-identified (our reading)."""
    if about.flow.data is FlowData.DE_IDENTIFIED and DataClass.AUDIO in about.flow.carries:
        yield about.finding(
            "audio-de-identified", Severity.FAILED,
            "Session audio is called de-identified. A voice itself can tell who is speaking.",
            "Mark it as patient data, and cover it with an agreement.",
            basis=Basis.PRODUCT_POLICY, citation="45 CFR 164.514(b)(2)(i)(P)",
        )  # fmt: skip


def _part2(about: _About) -> Iterator[FlowFinding]:
    """4. Substance-use records go to a vendor bound by Part 2, or with consent, and no further than its agents."""
    flow = about.flow
    if flow.data is not FlowData.PART2 or flow.consent is Known.YES:
        return
    if flow.target.kind is PlaceKind.TOOL:
        yield from _promises(about)
    elif sub := about.facts.sub_processor(flow.target):
        if sub.covered is not Known.YES:
            yield about.finding(
                "part2-agent", Severity.FAILED if sub.covered is Known.NO else Severity.OPEN,
                f"Substance-use records reach {sub.name}, and nothing shows that it is bound as the vendor’s agent.",
                "Ask the vendor for its agreement with this company.",
                target="subprocessors", basis=Basis.RULE_IF, citation="89 FR 12504",
            )  # fmt: skip
    elif flow.target.kind in _THIRD_PARTIES:
        yield from _third_party(about)


def _promises(about: _About) -> Iterator[FlowFinding]:
    held = {each.key: each.holds(*_PROMISES) for each in about.facts.covering(about.flow.target, _PART2)}
    cited = {"basis": Basis.RULE_IF, "citation": "42 CFR 2.11"}
    if ReadingStatus.PRESENT in held.values():
        return
    unread = next((key for key, reading in held.items() if reading is None), "")
    if unread:
        yield about.finding(
            "part2-unread", Severity.OPEN,
            f"Nobody has read if the agreement for {about.to} holds the two promises of Part 2.",
            "Read clauses B50 and B51 in it.", **{**cited, "target": f"agreement:{unread}"},
        )  # fmt: skip
        return
    yield about.finding(
        "part2-no-agreement", Severity.FAILED,
        f"Substance-use records reach {about.to} without a qualified service organization agreement (QSOA) "
        "or a patient’s consent.",
        "Have the vendor sign clauses B50 and B51, or record that consent covers it.",
        **{**cited, "target": "agreements"},
    )  # fmt: skip


def _third_party(about: _About) -> Iterator[FlowFinding]:
    sure = about.flow.leaves_vendor or about.flow.consent is Known.NO
    yield about.finding(
        "part2-third-party", Severity.FAILED if sure else Severity.OPEN,
        f"Substance-use records go on to {about.to}, which is no agent of the vendor, and no consent is on record.",
        "Stop it, or record that the patient’s written consent covers it.",
        basis=Basis.RULE_IF, citation="42 CFR 2.12(c)(4)" if about.flow.leaves_vendor else "42 CFR 2.31",
    )  # fmt: skip


def _separate_notes(about: _About) -> Iterator[FlowFinding]:
    """5. Counseling and psychotherapy notes go to no vendor (our policy, on what the rules ask for them)."""
    flow = about.flow
    if flow.data in _NOTES and flow.target.kind in {*_ABROAD, PlaceKind.CONSUMER_TOOL}:
        counseling = flow.data is FlowData.COUNSELING_NOTES
        yield about.finding(
            "separate-notes", Severity.FAILED,
            f"{flow.data.label} reach {about.to}. They are kept apart, and go to no vendor.",
            "Stop this flow, and take these notes out of what the tool can see.",
            basis=Basis.PRODUCT_POLICY,
            citation="42 CFR 2.31(b)" if counseling else "45 CFR 164.508(a)(2)", blocks=True,
        )  # fmt: skip


def _human_gate(about: _About) -> Iterator[FlowFinding]:
    """6. What AI wrote enters no record, claim or message before a person has checked it."""
    flow = about.flow
    if flow.ai_output and flow.target.kind is PlaceKind.TOOL and flow.human_gate is Known.NO:
        yield about.finding(  # no place says whether a tool is a record: a person does
            "tool-without-human-gate", Severity.OPEN,
            f"What the AI writes reaches {about.to} before a person checks it. That must not be a record or a claim.",
            "Where it is one, let a person check and sign each one first.", basis=Basis.PRODUCT_POLICY,
        )  # fmt: skip
    if not flow.ai_output or flow.target.kind not in _ENTERS or flow.human_gate is Known.YES:
        return
    known = flow.human_gate is Known.NO
    yield about.finding(
        "no-human-gate" if known else "human-gate-unknown", Severity.FAILED if known else Severity.OPEN,
        f"What the AI writes reaches {about.to} before a person checks it."
        if known
        else f"Nobody recorded if a person checks what the AI writes before it reaches {about.to}.",
        "Let a person check and sign each one first, or stop it."
        if known
        else "Find out, and say so on the flow.",
        basis=Basis.PRODUCT_POLICY,
    )  # fmt: skip


def _logged(about: _About) -> Iterator[FlowFinding]:
    """7. Systems that hold patient data record what happens with them."""
    flow = about.flow
    if not flow.is_patient_data or flow.logged is Known.YES or not _SYSTEMS & {flow.origin.kind, flow.target.kind}:
        return
    known = flow.logged is Known.NO
    yield about.finding(
        "not-logged" if known else "log-unknown", Severity.FAILED if known else Severity.OPEN,
        f"Patient data goes to {about.to}, and no log tells of it."
        if known
        else f"Nobody recorded if a log tells what goes to {about.to}.",
        "Ask for a log that says who, what and when." if known else "Find out, and say so on the flow.",
        basis=Basis.RULE, citation="45 CFR 164.312(b)",
    )  # fmt: skip


def _consumer(about: _About) -> Iterator[FlowFinding]:
    """8. Patient data never go to a tool that somebody uses with a personal account."""
    if about.flow.is_patient_data and about.flow.target.kind is PlaceKind.CONSUMER_TOOL:
        yield about.finding(
            "consumer-tool", Severity.FAILED,
            f"Patient data reaches {about.to}, a consumer tool. No agreement can cover that.",
            "Stop it today. Then look into what has reached it already.",
            basis=Basis.RULE, citation="45 CFR 164.502(e)(1)(i)", blocks=True,
        )  # fmt: skip


def _region(about: _About) -> Iterator[FlowFinding]:
    """9. Patient data are kept where the practice lets them be (HIPAA has no rule on place; some states do)."""
    flow = about.flow
    if not flow.is_patient_data or flow.target.kind not in _ABROAD:
        return
    sub = about.facts.sub_processor(flow.target)
    region = flow.region or (sub.region if sub else "")
    if not region:
        if not _residency_agreed(about):
            yield about.finding(
                "region-unknown", Severity.OPEN,
                f"Nobody recorded where {about.to} keeps the data, and no agreement says it (clause B35).",
                "Ask the vendor, and write the place on the flow.", basis=Basis.BEST_PRACTICE,
            )  # fmt: skip
    elif about.facts.regions and region.casefold() not in {each.casefold() for each in about.facts.regions}:
        yield about.finding(
            "region-outside", Severity.FAILED,
            f"{about.to} keeps the data in {region}. Your practice allows {', '.join(about.facts.regions)}.",
            "Ask the vendor for a place that you allow.", basis=Basis.PRODUCT_POLICY,
        )  # fmt: skip


def _residency_agreed(about: _About) -> bool:
    covering = about.facts.covering(about.flow.target, _BAA)
    return any(each.holds("B35") is ReadingStatus.PRESENT for each in covering)


def _listed(about: _About) -> Iterator[FlowFinding]:
    """10. Whoever gets data behind the vendor stands on the list that the vendor gave and a person confirmed."""
    flow = about.flow
    if flow.data is FlowData.NONE:
        return
    for place in (flow.origin, flow.target):
        listed = _named(about, place)
        if listed is False:
            yield about.finding(
                "not-on-list", Severity.FAILED,
                f"{place.name} takes part in this flow, and the vendor’s list of sub-processors does not name it.",
                "Ask the vendor about it, and for a new list.",
                target="subprocessors", basis=Basis.BEST_PRACTICE, citation="45 CFR 164.308(b)(2)",
            )  # fmt: skip
        elif listed is None and place is flow.target:
            yield about.finding(
                "no-list", Severity.OPEN,
                f"{place.name} gets data, and no list of the vendor’s sub-processors is confirmed yet.",
                "Ask the vendor for its list, and confirm it.",
                target="subprocessors", basis=Basis.BEST_PRACTICE, citation="45 CFR 164.308(b)(2)",
            )  # fmt: skip


def _named(about: _About, place: Place) -> bool | None:
    """Whether the confirmed list names who is at that place; True for places that no such list would name."""
    if sub := about.facts.sub_processor(place):
        return False if sub.removed else sub.listed
    behind = place.kind is PlaceKind.OTHER and place is about.flow.target and about.flow.leaves_vendor
    if not behind:
        return True
    return place.name.casefold() in about.facts.listed_names if about.facts.list_confirmed else None


#: what the rule is called -> the rule
RULES: dict[str, Rule] = {
    "agreement": _agreement,
    "method": _method,
    "audio": _audio,
    "part2": _part2,
    "separate notes": _separate_notes,
    "human gate": _human_gate,
    "logged": _logged,
    "consumer tool": _consumer,
    "region": _region,
    "listed": _listed,
}
