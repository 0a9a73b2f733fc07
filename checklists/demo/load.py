"""Loading the invented practice: every story's steps in the order of their moments, all of it or nothing."""

from collections.abc import Callable
from datetime import date

from django.db import transaction

from checklists.demo import cleared, others
from checklists.demo.past import ZONE, Diary, Step, in_order
from checklists.demo.people import BEGAN, Cast, came_in, signing_in
from checklists.demo.story import Story
from checklists.tasks import judge_due
from practice_vetting.core import clock, progress, reminders

#: so many days ago the first reminder was due: 60 days before the first review
REMINDED = 110

_STORIES: list[tuple[Callable[[Story], None], dict[str, str]]] = [
    (cleared.claridesk, {
        "name": "Claridesk", "summary": "Calendar and messages for the front desk",
        "contact_name": "Noor Vance", "contact_email": "noor@claridesk.example",
    }),
    (cleared.tidewater, {
        "name": "Tidewater Billing", "summary": "Insurance claims and payments",
        "contact_name": "Greta Molina", "contact_email": "greta@tidewater-billing.example",
    }),
    (cleared.notewell, {
        "name": "Notewell", "summary": "Drafts notes and treatment plans",
        "contact_name": "Priya Halloran", "contact_email": "priya@notewell.example",
    }),
    (others.brindlefax, {
        "name": "Brindlefax", "summary": "Fax by e-mail",
        "contact_name": "Otis Crane", "contact_email": "otis@brindlefax.example",
    }),
    (others.rosterwick, {
        "name": "Rosterwick", "summary": "Shift plans of our own staff",
        "contact_name": "Paul Albrecht", "contact_email": "hello@rosterwick.example",
    }),
    (others.formthistle, {
        "name": "Formthistle", "summary": "Intake forms and questionnaires",
        "contact_name": "Bea Lindgren", "contact_email": "bea@formthistle.example",
    }),
    (others.chatspark, {
        "name": "ChatSpark", "summary": "Answers messages on our website",
        "contact_name": "Theo Marsh", "contact_email": "theo@chatspark.example",
    }),
    (others.pinelark, {
        "name": "Pinelark Video", "summary": "Video sessions",
        "contact_name": "Lou Abara", "contact_email": "lou@pinelark-video.example",
    }),
]  # fmt: skip


@transaction.atomic
def load(password: str) -> Cast:
    """Fill an empty installation. Raises RuntimeError when it is set up already."""
    cast = Cast(password)
    today = clock.today(ZONE)
    stories = _told(cast, today)
    steps = in_order([came_in(cast, today), *(story.diary for story in stories), _clockwork(today)])
    every = sorted([*steps, *signing_in(cast, steps)], key=lambda step: step.at)
    for step in progress.each("Living through the year", every, len(every)):
        _do(step)
    return cast


def _told(cast: Cast, today: date) -> list[Story]:
    stories = []
    for place, (tell, facts) in enumerate(_STORIES, start=1):
        domain = facts["contact_email"].partition("@")[2]
        stories.append(Story(cast, today, place, website=f"https://{domain}", **facts))
        tell(stories[-1])
    return stories


def _clockwork(today: date) -> Diary:
    """Every day the clock judges whose day has come, so that a vendor lapses on its own day, and mails reminders."""
    diary = Diary(today, place=9)
    for days_ago in range(BEGAN - 1, 0, -1):
        diary.note(days_ago, "", judge_due)
        if days_ago <= REMINDED:
            diary.note(days_ago, "", reminders.send_all)
    return diary


def _do(step: Step) -> None:
    with clock.set_to(step.at):
        step.do()
