"""A vendor as of a past day: what is told of it equals what was told on that day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from checklists import dossier, snapshot, standing
from practice_vetting.core import reminders
from tests.checklists import paper, year, year_kept
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

MAKING = ("made_at", "asked_by", "software", "as_of")
LATER = datetime(2028, 9, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Kept:
    """The year as it was told, and each day's content as it was kept at the end of that day."""

    cast: Cast
    contents: dict[date, str]


def text_of(content: dict[str, Any]) -> str:
    """What does not tell of the making."""
    return snapshot.text_of({name: value for name, value in content.items() if name not in MAKING})


def live(told: year.Year) -> str:
    return text_of(dossier.build(told.vendor, at=datetime.now(UTC)))


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[Kept]:
    with django_db_blocker.unblock(), paper.undone(), time_machine.travel(datetime(2027, 7, 1, tzinfo=UTC)) as clock:
        told = year.Year(paper.cast_of())
        coming = sorted(year_kept.happenings(told).items(), key=lambda each: each[0].astimezone(UTC))
        contents = {}
        for day, end in year.ends_of_days():
            clock.move_to(end.replace(hour=8, minute=0, second=0, microsecond=0), tick=False)
            standing.judge_due()
            reminders.send_all()
            while coming and coming[0][0] <= end:
                moment, happening = coming.pop(0)
                clock.move_to(moment, tick=False)
                happening()
            clock.move_to(end, tick=False)
            if day >= year.ADDED:
                contents[day] = live(told)
        yield Kept(told.cast, contents)


def then(kept: Kept, day: date, **more: Any) -> dict[str, Any]:
    return dossier.build(year.Year(kept.cast).vendor, at=LATER, as_of=day, **more)


def test_each_day_of_a_year_is_told_as_it_was_kept_on_that_day(kept: Kept):
    assert len(kept.contents) == 364
    assert [day for day in kept.contents if text_of(then(kept, day)) != kept.contents[day]] == []
