"""What a content tells of sub-processors, flows, exposures, memos and the like, as things to compare. Pure.

Each gives things as checklists.differences compares them: by key, the name for a person and the facts.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Data = Mapping[str, Any]
Rows = list[tuple[str, str, Data, dict[str, str]]]


def sub_processors(content: Data) -> Rows:
    names = {"Name": "name", "Kind": "role", "What_it_does": "does", "Where": "region", "Tools": "tools"}
    names |= {"Gets_patient_data": "gets_patient_data", "Its_own_agreement_covers_it": "covered"}
    names |= {"Not_named_since": "removed_on"}
    return [(each["uid"], each["name"], each, names) for each in content.get("sub_processors", ())]


def flows(content: Data) -> Rows:
    names = {"From": "source", "To": "target", "Data": "data", "Which": "carries", "Why": "purpose"}
    names |= {"What_protects_it": "safeguard", "Where": "region", "Agreement": "agreement", "Method": "method"}
    names |= {"Logged": "logged", "A_person_checks": "human_gate"}
    shown = content.get("map", {}).get("flows", ())
    return [(each["uid"], f"{each['source']} to {each['target']}", each, names) for each in shown]


def exposures(content: Data) -> Rows:
    names = {"State": "state", "What_happened": "what_happened", "Discovered": "discovered_on", "People": "people"}
    names |= {"Stopped": "stopped_on", "Data": "data", "Decision": "decision", "Why": "decision_reason"}
    names |= {"People_told": "people_told_on", "Media_told": "media_told", "HHS_told": "hhs_told_on"}
    names |= {"Part_2_report": "part2_told_on", "Closed": "closed_on"}
    return [(each["uid"], each["label"], each, names) for each in content.get("exposures", ())]


def memos(content: Data) -> Rows:
    names = {"Part_2_applies": "applies", "Why": "reason", "Signed_by": "signed_by", "Signed": "signed_at"}
    return [(each["uid"], each["subject"], each, names) for each in _part2(content, "memos")]


def checks(content: Data) -> Rows:
    names = {"Found": "status", "Note": "note", "Evidence": "evidence"}
    return [(each["code"], f"{each['code']} {each['title']}", each, names) for each in _part2(content, "checks")]


def _part2(content: Data, name: str) -> Iterable[Data]:
    told: Iterable[Data] = content.get("part2", {}).get(name, ())
    return told


def triggers(content: Data) -> Rows:
    names = {"What_changed": "what", "When": "happened_on", "Review_due": "due_on", "Answered": "answered_on"}
    names |= {"Set_aside_because": "set_aside_reason"}
    return [(each["uid"], each["kind"], each, names) for each in content.get("triggers", ())]


def rollout(content: Data) -> Rows:
    names = {"Done": "done_on", "By": "done_by", "What_shows_it": "note", "Decision": "decision"}
    names |= {"Taken_back": "taken_back_on"}
    return [(each["uid"], f"{each['tool']}, step {each['step']}", each, names) for each in content.get("rollout", ())]


SECTIONS = (
    ("behind", "Sub-processors", sub_processors),
    ("map", "Data flows", flows),
    ("exposures", "Exposures", exposures),
    ("memos", "Part 2 memos", memos),
    ("checks", "Part 2 checks", checks),
    ("triggers", "What made a review due", triggers),
    ("rollout", "Rollout", rollout),
)
