"""The stories that reach a clearance: Notewell keeps it, Tidewater Billing renews it, Claridesk lost it."""

from typing import Any

from checklists.demo import kept_up, papers
from checklists.demo.past import day
from checklists.demo.rounds import add_answers, add_papers, add_report, add_rider, agree
from checklists.demo.story import Story
from checklists.states import Response
from practice_vetting.core.roles import Role
from vendors.actions.evidence import record_download
from vendors.actions.reviews import add_review
from vendors.kinds import DataClass, ReviewFinding


def notewell(story: Story) -> None:
    """Cleared with two tools; its yearly review comes soon."""
    story.added(352, Role.OFFICER)
    story.tool(
        352, Role.OFFICER, "Notewell Scribe", has_ai=True, part2=True, data_classes=[DataClass.AUDIO, DataClass.NOTES],
        purpose="Drafts the progress note from a recorded session",
    )  # fmt: skip
    story.tool(
        352, Role.OFFICER, "Notewell Plans", has_ai=True, data_classes=[DataClass.DIAGNOSES],
        purpose="Suggests goals and steps for a treatment plan",
    )  # fmt: skip
    agree(story, 346, terms="both", but={"B40": ("absent", ""), "B45": ("partial", "")})
    add_papers(story, 330, "Notewell Scribe")
    add_report(story, 330, dated_ago=342, tool="Notewell Scribe")
    story.evaluate(328, "First evaluation")
    add_answers(story, 327, tool="Notewell Scribe", but={5})
    story.answer(
        326, Role.OFFICER, 5, Response.IN_WRITING, route="qso", cites=[("agreement", "4")],
        said="Annex C makes us a qualified service organization. It names our helpers and binds them, and we resist "
        "demands in court. Counseling notes stay out.",
    )  # fmt: skip
    story.submit_and_attest(321)
    story.countersign(320)
    story.use(317, "Notewell Scribe")
    story.use(290, "Notewell Plans")
    _kept_up(story)


def _kept_up(story: Story) -> None:
    """Who is behind it, where data go, how it came into use; one list, one pilot's tool and one review still wait."""
    kept_up.sub_processors(story, 351, latest=4)
    kept_up.data_map(story, 340)
    kept_up.rolled_out(story, "Notewell Scribe", {1: 339, 2: 319, 3: 319, 4: 318, 5: 288, 6: 281})
    kept_up.rolled_out(story, "Notewell Plans", {1: 304, 2: 303})
    kept_up.part2(story, 208, "Notewell Scribe", shown=12)
    story.note(117, Role.AUDITOR, lambda by: record_download(evidence=story.evidence["agreement"], by=by))
    kept_up.amended(story, 61)
    kept_up.snoozed(story, 5, days=5, reason="Priya sends the new report by then. We read both together.")


def tidewater(story: Story) -> None:
    """Cleared a year ago; its review is 12 days late, and a second evaluation waits for the owner."""
    story.added(395, Role.OFFICER)
    story.tool(
        395, Role.OFFICER, "Tidewater Claims", has_ai=True, part2=True, data_classes=[DataClass.BILLING],
        purpose="Writes and sends insurance claims, and suggests codes",
    )  # fmt: skip
    agree(story, 389, next_review_on=day(story.today, 12))
    add_papers(story, 388, "Tidewater Claims")
    dated_on = story.on(388)
    form = papers.letter("consent", dated_on, vendor=story.facts["name"])
    story.paper(388, Role.OFFICER, "consent", form, dated_on)
    add_report(story, 388, dated_ago=390, tool="Tidewater Claims")
    story.evaluate(387, "First evaluation")
    add_answers(story, 386, tool="Tidewater Claims", but={5})
    story.answer(
        386, Role.OFFICER, 5, Response.IN_WRITING, route="consent", cites=[("consent", "1")],
        said="Your patients sign a consent for payment, and we may hold these records only under it. "
        "Every demand for them comes to you on the day it arrives.",
    )  # fmt: skip
    story.submit_and_attest(383)
    story.countersign(382)
    story.use(380, "Tidewater Claims")
    _renewed(story)


def _renewed(story: Story) -> None:
    """A second evaluation, prefilled from the first, with a fresh report."""
    add_report(story, 30, dated_ago=40, tool="Tidewater Claims")
    story.evaluate(6, "Yearly evaluation")
    story.answer(
        5, Role.OFFICER, 7, Response.IN_WRITING,
        "Here is this year's report, by the same auditors as the last.", cites=[("report", "1")],
    )  # fmt: skip
    story.submit_and_attest(3)


def claridesk(story: Story) -> None:
    """Cleared once; lapsed nine days ago, when the only proof of who can look inside expired."""
    story.added(408, Role.OFFICER)
    story.tool(
        408, Role.OFFICER, "Claridesk Calendar", data_classes=[DataClass.CONTACT, DataClass.APPOINTMENTS],
        purpose="Books appointments and sends reminders",
    )  # fmt: skip
    story.tool(
        408, Role.OFFICER, "Claridesk Assist", has_ai=True, data_classes=[DataClass.MESSAGES],
        purpose="Suggests replies to messages about appointments",
    )  # fmt: skip
    agree(story, 400)
    add_rider(story, 400)
    add_papers(story, 372, "Claridesk Assist", but={"access"})
    add_report(story, 372, dated_ago=374, tool="Claridesk Assist")
    story.evaluate(371, "First evaluation")
    add_answers(story, 370, tool="Claridesk Assist", but={8})
    story.answer(
        370, Role.STAFF, 8, Response.IN_WRITING,
        "The report says on its first page who can look inside, and how a look is approved.", cites=[("report", "1")],
    )  # fmt: skip
    story.submit_and_attest(366)
    story.countersign(365)
    story.use(362, "Claridesk Calendar")
    story.use(340, "Claridesk Assist")
    _reviewed(story, 41, "agreement")
    _reviewed(story, 41, "rider")


def _reviewed(story: Story, days_ago: int, key: str) -> None:
    """An agreement is read again, and it stands."""
    notes = "Read again, page by page. Nothing changed, and the same tools are named."
    found: dict[str, Any] = {"on": story.on(days_ago), "finding": ReviewFinding.STANDS, "notes": notes}
    story.note(days_ago, Role.OFFICER, lambda by: add_review(agreement=story.agreements[key], by=by, **found))
