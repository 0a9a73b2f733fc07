"""Once everything is back: it is told in each ledger, and no second factor goes by an old request."""

from datetime import datetime
from typing import Any

from practice_vetting.core import ledger
from practice_vetting.core.accounts.factor_reset import stop_reset
from practice_vetting.core.actions import action
from practice_vetting.core.models import FactorReset, Mail, MailState, Practice


@action("practice.restored", says="restored from a backup")
def tell_restored(*, practice: Practice, by: None, made_at: datetime, software: str) -> None:
    """Tell in the practice's ledger that what happened after `made_at` is not in it."""
    parked = Mail.objects.filter(practice=practice, state=MailState.PARKED).count()
    ledger.record(practice, backup_of=made_at.isoformat(), software=software, mails_not_sent_again=parked)


def settle(made_at: datetime, software: str) -> int:
    """Tell every practice, and stop each waiting reset of a second factor: it may have been stopped since.

    The number of resets that were stopped.
    """
    for practice in Practice.objects.order_by("id"):
        tell_restored(practice=practice, by=None, made_at=made_at, software=software)
    nobody: Any = None
    waiting = list(FactorReset.objects.pending().select_related("person", "practice"))
    for reset in waiting:
        stop_reset(reset=reset, by=nobody)
    return len(waiting)
