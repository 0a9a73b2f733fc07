"""Asks for one document of this kind, as an officer's page would, and says under which uid.

python -m tests.faults.ask KIND NUMBER
"""

import sys

import django

if __name__ == "__main__":
    django.setup()

from practice_vetting.core import ledger  # noqa: E402
from practice_vetting.core.actions import action  # noqa: E402
from practice_vetting.core.documents import jobs  # noqa: E402
from practice_vetting.core.models import Job, Membership, Person  # noqa: E402
from practice_vetting.core.roles import Role  # noqa: E402


@action("test.asked", says="asked for a document about")
def ask(*, subject: Membership, by: Person, kind: str, key: str) -> Job:
    job = jobs.enqueue(kind=kind, subject=subject, key=key, by=by)
    ledger.record(subject)
    return job


if __name__ == "__main__":
    member = Membership.objects.filter(role=Role.OFFICER).select_related("person", "practice").order_by("id")[0]
    sys.stdout.write(ask(subject=member, by=member.person, kind=sys.argv[1], key=" ".join(sys.argv[1:])).uid)
