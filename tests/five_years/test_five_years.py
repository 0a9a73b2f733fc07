"""Five years of 200 vendors, day by day: what is told, changed and raised is what an oracle worked out by itself."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as post

from checklists import tasks as checklist_tasks
from practice_vetting.core import tasks
from practice_vetting.core.models import LedgerEntry, Mail, MailState, Reminder
from tests.checklists.paper import undone
from tests.five_years.lives import LONG, VENDORS
from tests.five_years.oracle import Oracle, Sent, Told
from tests.five_years.plan import DAY, FIRST, PLACES, Plan, made, place_of
from tests.five_years.world import World
from vendors.models import Agreement, Evidence, Exposure, Part2Memo, ReviewTrigger, Vendor

#: a message as it left: when, its Message-ID, its text
Left = tuple[datetime, str, str]

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def play(plan: Plan, clock: Any) -> tuple[World, list[Left]]:
    """What people and the beat (settings.CELERY_BEAT_SCHEDULE) do in the five years, and what left the house."""
    world, left = World(), []
    post.outbox = []  # what other tests sent
    for moment in plan.moments():
        clock.move_to(moment.at, tick=False)
        for act in moment.acts:
            world.act(act)
        if moment.judges:
            checklist_tasks.judge_due()
        if moment.sends:
            tasks.send_reminders()
        left += [(moment.at, str(each.extra_headers["Message-ID"]), str(each.body)) for each in post.outbox]
        post.outbox.clear()
    return world, left


def names() -> dict[str, str]:
    """What each record is called in the plan, by its uid."""
    found = dict(Vendor.objects.values_list("uid", "name"))
    for model in (Agreement, Exposure):
        found |= dict(model.objects.values_list("uid", "vendor__name"))
    for uid, vendor, title in Evidence.objects.values_list("uid", "vendor__name", "title"):
        found[uid] = f"{vendor}/{title}"
    for uid, vendor, kind, on in ReviewTrigger.objects.values_list("uid", "vendor__name", "kind_of", "on"):
        found[uid] = f"{vendor}/{kind}/{on}"
    for uid, on in Part2Memo.objects.values_list("uid", "signed_on"):
        found[uid] = f"memo {on}"
    return found


def came(world: World) -> Told:
    """What the product told and changed, in the oracle's words."""
    called = names() | {each.uid: each.name for each in world.practices}
    told, items = Told(), dict[int, set[Any]]()
    for each in Reminder.objects.all():
        items.setdefault(each.mail_id, set()).add((each.kind, called[each.subject_uid], each.due_on, each.rung))
    for letter in Mail.objects.select_related("person").order_by("sent_at"):
        assert letter.state == MailState.SENT
        assert letter.sent_at
        told.mails.append((letter.sent_at, world.names[letter.person.email], frozenset(items[letter.pk])))
    for entry in LedgerEntry.objects.filter(verb="standing.changed").order_by("at", "pk"):
        before, after = entry.detail["before"], entry.detail["after"]
        if before != after:
            day = entry.at.astimezone(ZoneInfo(PLACES[place_of(entry.record_label)].zone)).date()
            told.standings.append((day, entry.record_label, before, after))
    for each in ReviewTrigger.objects.select_related("vendor"):
        day = each.created_at.astimezone(ZoneInfo(PLACES[place_of(each.vendor.name)].zone)).date()
        told.changes.add((day, each.vendor.name, each.kind_of, each.on, each.due_on))
    return told


@dataclass(frozen=True)
class Years:
    """What the oracle says, what came, each message that left, and what each mail's row holds: its pages."""

    due: Told
    came: Told
    left: list[Left]
    letters: dict[str, tuple[datetime, list[str]]]


def letters() -> dict[str, tuple[datetime, list[str]]]:
    rows = Mail.objects.prefetch_related("reminders")
    return {each.message_id: (each.sent_at, [one.path for one in each.reminders.all()]) for each in rows}


def differences(ours: Iterable[Any], theirs: Iterable[Any]) -> str:
    """The first moment on which both differ, with what each has alone; "" when they are the same."""
    due, came = Counter(ours), Counter(theirs)
    apart = [(*each, "missing") for each in due - came] + [(*each, "too much") for each in came - due]
    apart.sort(key=str)
    if not apart:
        return ""
    same_day = [each for each in apart if each[0] == apart[0][0]]
    return "\n".join([f"{len(apart)} differ; on the first day:", *map(str, same_day)])


def items_of(mails: Iterable[Sent]) -> Iterator[tuple[Any, ...]]:
    for moment, person, items in mails:
        yield from ((moment, person, *item) for item in items)


@pytest.fixture(scope="module")
def years(django_db_setup: None, django_db_blocker: Any) -> Iterator[Years]:
    plan = made()
    start = datetime(FIRST.year, 1, 1, 10, tzinfo=UTC)
    with django_db_blocker.unblock(), undone(), time_machine.travel(start, tick=False) as clock:
        world, left = play(plan, clock)
        yield Years(Oracle(plan).run(), came(world), left, letters())


def test_every_mail_comes_on_its_day_once_with_all_that_is_due(years: Years):
    assert differences(items_of(years.due.mails), items_of(years.came.mails)) == ""
    assert differences(years.due.mails, years.came.mails) == ""


def test_every_mail_leaves_the_house_once_and_leads_to_all_that_it_tells(years: Years):
    assert sorted((key, at) for at, key, _ in years.left) == sorted((key, at) for key, (at, _) in years.letters.items())
    assert [key for _, key, text in years.left if not all(path in text for path in years.letters[key][1])] == []


def test_every_standing_changes_on_its_day(years: Years):
    assert differences(years.due.standings, years.came.standings) == ""


def test_every_change_makes_a_review_due_with_the_days_of_the_fact(years: Years):
    assert differences(years.due.changes, years.came.changes) == ""


def test_the_plan_holds_what_it_is_for(years: Years):
    """Two hundred vendors; each kind of reminder, of change and of standing; the leap day and what an outage kept."""
    kinds = {kind for *_, items in years.due.mails for kind, *_ in items}
    assert kinds >= {"agreement-review", "review-trigger", "evidence-expiry", "part2-memo", "standing", "summary"}
    assert kinds >= {"exposure-people", "exposure-media", "exposure-media-ny", "exposure-hhs", "exposure-hhs-log"}
    assert {kind for _, _, kind, *_ in years.due.changes} >= {"expired", "term_end", "incident", "data_class"}
    assert len({vendor for _, vendor, *_ in years.due.standings}) == VENDORS
    assert {after for *_, after in years.due.standings} == {"proposed", "cleared", "lapsed", "ended"}
    assert date(2028, 2, 29) in {due for *_, items in years.due.mails for _, _, due, _ in items}
    back = [each for each in years.due.mails if each[0].date() == LONG[1] + DAY]
    assert sorted(person for _, person, _ in back) == ["officer 0", "owner 0", "owner 1"]
