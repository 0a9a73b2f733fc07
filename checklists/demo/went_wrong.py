"""The two exposures of the invented practice: one is being assessed, one is closed and waits on the yearly log."""

from typing import Any

from checklists.demo.people import ADDRESS, NAMES
from checklists.demo.story import Story
from practice_vetting.core.models import Person
from practice_vetting.core.roles import Role
from vendors.actions import exposure_decisions
from vendors.actions.exposures import change_exposure, report_exposure, stop_exposure, write_factor
from vendors.actions.reviews import add_review
from vendors.exposure_states import Decision
from vendors.kinds import ReviewFinding
from vendors.models import Exposure

_SCREENED = {
    "was_phi": "yes", "was_unsecured": "yes", "not_permitted": "yes", "exclusion": "none",
    "screening_reason": "Names and reasons for a visit, readable by whoever opened it.",
}  # fmt: skip


def trial_unasked(story: Story, days_ago: int) -> None:
    """A free trial with patient data and without an agreement: counted, screened, two of the four factors written."""

    def report(by: Person) -> None:
        report_exposure(
            vendor=story.vendor, by=by, tool=next(iter(story.tools.values())), found_how="dates",
            what_happened="The front desk used a free trial to answer messages. There was no agreement.",
            began_on=story.on(47), discovered_on=story.on(days_ago + 2),
        )  # fmt: skip

    story.note(days_ago, Role.OFFICER, report)
    _change(story, 8, people=41, residents={"CA": 38, "OR": 3}, **_SCREENED)
    _factor(story, 7, 1, "First names, telephone numbers and reasons for a visit. No record was ever attached.")
    _factor(story, 2, 2, "The company and its model provider. They signed our agreement, but only weeks later.")


def fax_to_a_stranger(story: Story, days_ago: int) -> None:
    """One page went to a wrong number: a breach of one person, told to them, and on the log until HHS is told."""

    def report(by: Person) -> None:
        report_exposure(
            vendor=story.vendor, by=by, tool=next(iter(story.tools.values())), found_how="reported",
            what_happened="One page went to a wrong number. The line had kept an old entry of our address book.",
            began_on=story.on(days_ago + 1), last_on=story.on(days_ago + 1), discovered_on=story.on(days_ago),
        )  # fmt: skip

    story.note(days_ago, Role.STAFF, report)
    how: dict[str, Any] = {
        "stopped_on": story.on(days_ago),
        "stopped_how": "The old entry was deleted, and the list checked.",
    }
    story.note(days_ago, Role.OFFICER, lambda by: stop_exposure(**_now(story), by=by, **how))
    found: dict[str, Any] = {
        "on": story.on(days_ago - 1),
        "finding": ReviewFinding.STANDS,
        "notes": "The fault was in our own list.",
    }
    story.note(days_ago - 1, Role.OFFICER, lambda by: add_review(
        agreement=story.agreements["agreement"], by=by, triggers=story.vendor.triggers.open(), **found,
    ))  # fmt: skip
    _change(story, days_ago - 2, people=1, residents={"CA": 1}, **_SCREENED)
    story.note(days_ago - 5, Role.OWNER, lambda by: exposure_decisions.decide_exposure(
        **_now(story), by=by, decision=Decision.BREACH, typed_name=NAMES[Role.OWNER], method="password",
        address=ADDRESS, reason="Somebody we do not know has read it, and we could not get it back.",
    ))  # fmt: skip
    told: dict[str, Any] = {
        "people_told_on": story.on(days_ago - 9),
        "media_told": {},
        "hhs_told_on": None,
        "part2_told_on": None,
    }
    story.note(days_ago - 9, Role.OFFICER, lambda by: exposure_decisions.record_notices(**_now(story), by=by, **told))
    story.note(days_ago - 10, Role.OWNER, lambda by: exposure_decisions.close_exposure(**_now(story), by=by))


def _now(story: Story) -> dict[str, Any]:
    exposure = Exposure.objects.get(vendor=story.vendor)
    return {"exposure": exposure, "version": exposure.version}


def _change(story: Story, days_ago: int, **changes: Any) -> None:
    story.note(days_ago, Role.OFFICER, lambda by: change_exposure(**_now(story), by=by, **changes))


def _factor(story: Story, days_ago: int, number: int, narrative: str) -> None:
    told: dict[str, Any] = {"number": number, "narrative": narrative}
    story.note(days_ago, Role.OFFICER, lambda by: write_factor(**_now(story), by=by, **told))
