"""Changes an entry of an installation's ledger past it, lets the night compare everything, and says in JSON what came.

python -m tests.integration.check_history
"""

import json
import sys

import django

if __name__ == "__main__":
    django.setup()

from django.db import connection  # noqa: E402

from practice_vetting.core import triggers  # noqa: E402
from practice_vetting.core.models import HistoryCheck, LedgerEntry, Reminder  # noqa: E402
from practice_vetting.core.proof import check  # noqa: E402


def main() -> None:
    check.keep_all()
    triggers.drop_all()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_ledgerentry SET person_name = 'Nobody' WHERE seq = 5")
    triggers.install()
    check.keep_all()
    told = {
        "problems": [each.problem.partition(": ")[2] for each in HistoryCheck.objects.order_by("pk")],
        "mailed": sorted(each.person.name for each in Reminder.objects.filter(kind="history")),
        "in the ledger": LedgerEntry.objects.filter(verb="history.misfit_found").count(),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
