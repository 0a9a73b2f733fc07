"""The practice sets its ladder, the day of its summary, and how long a snooze may last."""

from typing import Any

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Stale
from practice_vetting.core.models import Person, Practice


@action("practice.reminders_set", says="set the reminders of")
def set_reminders(*, practice: Practice, by: Person, version: int, **changes: Any) -> Practice:
    """Change when this practice tells of its deadlines. Raises Stale when somebody else changed it first."""
    current = Practice.objects.select_for_update(no_key=True).get(pk=practice.pk)
    if current.version != version:
        raise Stale(current)
    before = {name: getattr(current, name) for name in changes}
    for name, value in changes.items():
        setattr(current, name, value)
    current.version += 1
    current.save(update_fields=[*changes, "version"])
    ledger.record(current, **{name: value for name, value in changes.items() if before[name] != value})
    return current
