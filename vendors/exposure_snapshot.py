"""The exact content that a decision about an exposure is made over: plain data that stands alone. No names of patients.

Same rows, same text. The document of the decision is made from this text alone.
"""

from datetime import date
from typing import Any

from practice_vetting.core.models import Practice
from practice_vetting.core.states import STATES
from practice_vetting.core.version import software_version
from vendors.breach_clocks import Clock
from vendors.exposure_states import FACTORS, Decision, Exclusion
from vendors.models import Exposure, ExposureEvidence

FORMAT = "practice-vetting-exposure/1"
#: the questions that come before the four factors (regulation: 164.402, 164.502(a)), with the column of each answer
QUESTIONS = (
    ("was_phi", "Was it patient data?", "45 CFR 160.103, 164.514(b)"),
    ("was_unsecured", "Was it unsecured?", "45 CFR 164.402"),
    ("not_permitted", "Was it permitted?", "45 CFR 164.402, 164.502(a)"),
    ("exclusion", "Does one of the three exclusions apply?", "45 CFR 164.402(1)"),
)
_ANSWERS = {"yes": "Yes", "no": "No", "": "Not answered"}


def build(exposure: Exposure, *, on: date, decided: dict[str, Any]) -> dict[str, Any]:
    """Everything that is written about the exposure on the day `on`, with the decision and who made it (`decided`)."""
    discovery = exposure.discovery
    breach = decided["decision"] == Decision.BREACH
    return {
        "format": FORMAT,
        "software": software_version(),
        "judged_on": on,
        "practice": practice_data(exposure.practice),
        "vendor": {"uid": exposure.vendor.uid, "name": exposure.vendor.name, "summary": exposure.vendor.summary},
        "exposure": _facts(exposure),
        "discovery": {"counts_on": discovery.on, "why": discovery.why, "cite": discovery.cite},
        "questions": questions_of(exposure),
        "screening_reason": exposure.screening_reason,
        "factors": factors_of(exposure),
        "clocks": [clock_data(each) for each in exposure.clocks] if breach else [],
        "decided": decided,
    }


def practice_data(practice: Practice) -> dict[str, Any]:
    names = ("uid", "name", "time_zone", "part2")
    return {name: getattr(practice, name) for name in names} | {"states": sorted(practice.states)}


def _facts(exposure: Exposure) -> dict[str, Any]:
    names = [
        "uid", "label", "what_happened", "began_on", "last_on", "discovered_on", "vendor_discovered_on",
        "vendor_is_agent", "stopped_on", "stopped_how", "part2", "people", "delay_kind", "delay_asked_on",
    ]  # fmt: skip
    return {name: getattr(exposure, name) for name in names} | {
        "tool": exposure.tool.name if exposure.tool else "",
        "found_how": exposure.get_found_how_display(),
        "reported_by": exposure.reported_by.name if exposure.reported_by else "",
        "reported_at": exposure.created_at,
        "data": exposure.data_labels,
        "residents": residents_of(exposure),
        "delay_last_on": exposure.delay.last_on if exposure.delay else None,
    }


def residents_of(exposure: Exposure) -> list[dict[str, Any]]:
    """How many people live in which state, the most first."""
    names = dict(STATES)
    counted = sorted(exposure.residents.items(), key=lambda each: (-each[1], each[0]))
    return [{"state": names.get(state, state), "people": number} for state, number in counted]


def questions_of(exposure: Exposure) -> list[dict[str, str]]:
    """The four first questions with their answers in words."""
    return [
        {"title": title, "cite": cite, "answer": _answer(name, getattr(exposure, name))}
        for name, title, cite in QUESTIONS
    ]


def _answer(name: str, value: str) -> str:
    if name == "exclusion" and value:
        return Exclusion(value).label
    if name == "not_permitted" and value:  # asked the other way round than the rule has it
        return _ANSWERS["no" if value == "yes" else "yes"]
    return _ANSWERS[value]


def factors_of(exposure: Exposure) -> list[dict[str, Any]]:
    """The four factors with their narratives and the documents under each."""
    under = list(exposure.evidence.select_related("evidence__file"))
    return [
        {
            "number": each.number,
            "title": each.title,
            "asks": each.asks,
            "cite": each.cite,
            "narrative": exposure.factors.get(str(each.number), ""),
            "evidence": [_document(link) for link in under if link.factor == each.number],
        }
        for each in FACTORS
    ]


def _document(link: ExposureEvidence) -> dict[str, Any]:
    evidence = link.evidence
    return {
        "uid": evidence.uid, "label": evidence.label, "title": evidence.title, "file_name": evidence.file_name,
        "sha256": evidence.file.sha256, "size": evidence.file.size,
    }  # fmt: skip


def clock_data(clock: Clock) -> dict[str, Any]:
    names = ("key", "notice", "who", "last_on", "why", "cite")
    return {name: getattr(clock, name) for name in names} | {"basis_label": clock.basis.label}
