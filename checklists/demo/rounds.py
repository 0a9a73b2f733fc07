"""What several stories share: an agreement signed and read, the usual papers, and nine good answers."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from checklists.demo import papers
from checklists.demo.past import day
from checklists.demo.story import Story
from checklists.states import Response
from practice_vetting.core.roles import Role

_LEAVING = "\n\n".join(
    [
        "Dear Dana,",
        "when you leave, you get everything as CSV and PDF within 30 days. We and both sub-processors then delete it. "
        "Backups follow within 35 days more, and a certificate confirms it.",
        "Kind regards",
    ]
)


def agree(
    story: Story, days_ago: int, *, terms: str = "agreement", next_review_on: date | None = None,
    but: Mapping[str, tuple[str, str]] | None = None,
) -> None:  # fmt: skip
    """Both sides sign the agreement, the practice a day after the vendor; two days later every clause is read."""
    plan = f"{story.facts['name']} Practice plan"
    signed: dict[str, Any] = {"vendor_on": story.on(days_ago + 4), "practice_on": story.on(days_ago + 3)}
    story.agreement(days_ago + 3, "agreement", plan=plan, terms=terms, next_review_on=next_review_on, **signed)
    story.read(days_ago, "agreement", but=but)


def add_rider(story: Story, days_ago: int) -> None:
    """The Part 2 agreement, signed by both on one day and read on it."""
    plan = f"{story.facts['name']} Practice plan"
    on = story.on(days_ago)
    story.agreement(days_ago, "rider", plan=plan, vendor_on=on, practice_on=on)
    story.read(days_ago, "rider")


def add_papers(story: Story, days_ago: int, tool: str, *, but: Collection[str] = ()) -> None:
    """The papers that prove the nine answers; staff puts the plainer ones on file."""
    on, vendor = story.on(days_ago + 1), story.facts["name"]
    made = {
        "access": lambda: papers.letter("access", on, vendor=vendor),
        "flow": lambda: papers.flow(vendor, tool),
        "log": lambda: papers.log(tool, on),
        "test": lambda: papers.letter("test", on, vendor=vendor, tool=tool),
        "mail": lambda: papers.mail(story.facts, "Re: The day we leave", _LEAVING, on),
    }
    for key, make in made.items():
        if key not in but:
            story.paper(days_ago, Role.STAFF if key in ("log", "mail") else Role.OFFICER, key, make(), on)


def add_report(story: Story, days_ago: int, *, dated_ago: int, tool: str) -> None:
    """An independent report. It counts for one year from its date."""
    on = day(story.today, dated_ago)
    file = papers.letter("report", on, vendor=story.facts["name"], tool=tool)
    title = f"SOC 2 Type II report of {story.facts['name']}, {on.year}"
    story.paper(days_ago, Role.OFFICER, "report", file, on, title=title, pages_that_matter="1")


def add_answers(story: Story, days_ago: int, *, tool: str, but: Collection[int] = ()) -> None:
    """The nine answers of a good vendor, a few a day; the staff writes down what it was told."""
    for told in papers.words("answers")["answer"]:
        number = told["question"]
        if number not in but:
            said = told["said"].format(tool=tool, vendor=story.facts["name"])
            ago = days_ago - (number - 1) // 4
            who = Role.STAFF if number in (4, 6) else Role.OFFICER
            given = {"route": told.get("route", ""), "cites": told["cites"]}
            story.answer(ago, who, number, Response.IN_WRITING, said, **given)
