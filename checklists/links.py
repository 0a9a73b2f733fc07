"""Where a finding leads: the page, and the place on it, that would change it."""

from django.urls import reverse

from vendors.models import Vendor


def address(target: str, *, vendor: Vendor, evaluation_uid: str = "") -> str:
    """The address of a finding's target, such as "question:4" or "clause:KEY:B07"."""
    what, _, key = target.partition(":")
    if what == "question" and evaluation_uid:
        return reverse("checklists:evaluation", args=[evaluation_uid]) + f"#question-{key}"
    if what == "clause":
        agreement, _, code = key.partition(":")
        return reverse("vendors:agreement", args=[agreement]) + f"#{code}"
    if what == "part2":
        return reverse("vendors:part2_checks", args=[vendor.uid]) + f"#{key}"
    if what == "agreement":
        return reverse("vendors:agreement", args=[key])
    if what == "exposure":
        recorded = reverse("vendors:exposure", args=[key]) if key else ""
        return recorded or f"{reverse('vendors:exposure_list')}?vendor={vendor.uid}"
    if what == "tool":
        return reverse("vendors:change_tool", args=[key])
    places = {"agreements": "#agreements", "tools": "#tools"}
    return reverse("checklists:vendor", args=[vendor.uid]) + places.get(what, "#evaluations")


def words(target: str) -> str:
    """The link's own words: "Question 4"."""
    what, _, key = target.partition(":")
    names = {
        "question": f"Question {key}",
        "clause": f"Clause {key.rpartition(':')[2]}",
        "part2": f"Check {key}",
        "agreement": "The agreement",
        "agreements": "Agreements",
        "tool": "The tool",
        "tools": "Tools",
        "exposure": "The exposure",
    }
    return names.get(what, "Evaluation")
