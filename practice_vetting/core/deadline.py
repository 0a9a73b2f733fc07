"""A day by which somebody must act: what the apps hand to the reminders. Pure: no Django."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Deadline:
    """One thing to do by `due_on`, a calendar day of the practice.

    `kind` and `subject_uid` name it for good; `url` is the path of the page where it is done, `action` what
    to do there, as a sentence without its full stop.
    """

    kind: str
    subject_kind: str
    subject_uid: str
    title: str
    vendor_name: str
    due_on: date
    url: str
    action: str
