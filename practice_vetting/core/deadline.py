"""A day by which somebody must act: what the apps hand to the reminders. Pure: no Django."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Deadline:
    """One thing to do by `due_on`, a calendar day of the practice.

    `kind` and `subject_uid` name it for good; `url` is the path of the page where it is done, `action` what
    to do there, as a sentence without its full stop. On `lapses_on` something ends by itself that rests on it:
    nobody can snooze it past a warning before that day. None: nothing is known to lapse, so the due date counts.
    `practice_id` tells whose it is among those of several practices.
    """

    kind: str
    subject_kind: str
    subject_uid: str
    title: str
    vendor_name: str
    due_on: date
    url: str
    action: str
    lapses_on: date | None = None
    practice_id: int = 0

    @property
    def key(self) -> tuple[str, str, date]:
        return self.kind, self.subject_uid, self.due_on
