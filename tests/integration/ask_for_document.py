"""Asks for one long document in an installation that is prepared, as the web process would; then ends."""

import django

django.setup()

from django.utils import timezone  # noqa: E402

from practice_vetting.core import ledger  # noqa: E402
from practice_vetting.core.actions import action  # noqa: E402
from practice_vetting.core.documents import jobs  # noqa: E402
from practice_vetting.core.models import Installation, Membership, Person  # noqa: E402
from practice_vetting.core.roles import Role  # noqa: E402
from tests import factories  # noqa: E402


@action("test.asked", says="asked for a document about")
def ask(*, subject: Membership, by: Person) -> None:
    jobs.enqueue(kind="long", subject=subject, key="the long one", by=by)
    ledger.record(subject)


def main() -> None:
    Installation.objects.create(set_up_at=timezone.now())
    practice = factories.make_practice(name="Harbor Light Counseling")
    person = factories.make_member(practice=practice, name="Dana Okafor", role=Role.OFFICER)
    ask(subject=Membership.objects.get(), by=person)


if __name__ == "__main__":
    main()
