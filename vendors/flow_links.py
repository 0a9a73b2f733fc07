"""Where a finding of the patient-data map leads, and what the link says."""

from dataclasses import dataclass

from django.urls import reverse

from vendors.flow_rules import FlowFinding, Severity
from vendors.models import Vendor
from vendors.topics import Topic


@dataclass(frozen=True)
class Found:
    """What was found alike of one flow or of several: `links` are the ways to what would change it."""

    finding: FlowFinding
    flows: str
    links: list[tuple[str, str]]

    @property
    def about_flow(self) -> bool:
        return self.finding.about_flow


def found(findings: list[FlowFinding], vendor: Vendor) -> list[Found]:
    """The findings, what must never happen first, then errors, then warnings; the same sentence once."""
    alike: dict[tuple[str, str], list[FlowFinding]] = {}
    for each in sorted(findings, key=lambda each: (not each.blocks, each.severity != Severity.FAILED, each.number)):
        alike.setdefault((each.code, each.sentence), []).append(each)
    return [
        Found(same[0], _numbers(same), list({address(each, vendor): words(each) for each in same}.items()))
        for same in alike.values()
    ]


def _numbers(same: list[FlowFinding]) -> str:
    numbers = [str(each.number) for each in same]
    return f"Flow {numbers[0]}" if len(numbers) == 1 else f"Flows {', '.join(numbers[:-1])} and {numbers[-1]}"


def address(finding: FlowFinding, vendor: Vendor) -> str:
    """The page, and the place on it, that would change the finding."""
    what, _, key = finding.target.partition(":")
    if what == "flow":
        return reverse("vendors:change_flow", args=[key])
    if what == "agreement":
        return reverse("vendors:agreement", args=[key])
    if what == "evidence":
        return reverse("vendors:evidence", args=[key])
    if what == "subprocessors":
        return reverse("vendors:sub_processors", args=[vendor.uid])
    return reverse("checklists:vendor", args=[vendor.uid]) + "#agreements"


def words(finding: FlowFinding) -> str:
    """The link's own words: "Flow 3"."""
    names = {"agreement": "The agreement", "evidence": "The document", "subprocessors": "Sub-processors"}
    what = finding.target.partition(":")[0]
    return f"Flow {finding.number}" if what == "flow" else names.get(what, "Agreements")


def topic_of(vendor: Vendor, *, flows: int, failed: int, warned: int, touches: bool) -> Topic | None:
    """The line on the vendor's page: how many flows, and what was found of them."""
    url = reverse("vendors:data_map", args=[vendor.uid])
    if not flows:
        return Topic("Patient-data map", url, "No flows yet", "open" if touches else "")
    on_file = "1 flow" if flows == 1 else f"{flows} flows"
    parts = [_counted(failed, "error"), _counted(warned, "warning")]
    found = ", ".join(part for part in parts if part) or "nothing found against them"
    return Topic("Patient-data map", url, f"{on_file}: {found}", "failed" if failed else "open" if warned else "met")


def _counted(number: int, noun: str) -> str:
    return "" if not number else f"1 {noun}" if number == 1 else f"{number} {noun}s"
