"""What the clock looks for in all practices at once is found by the index of the days, not practice by practice."""

from datetime import date

import pytest
from django.db import connection
from django.db.models import QuerySet

from practice_vetting.core import ladder
from practice_vetting.core.models import Practice, Several
from vendors.models import Agreement, Evidence, RolloutStep
from vendors.models.rollout import DECISION

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 9)


def asked() -> dict[str, QuerySet]:
    """Each query that looks for days, and the index that has to lead."""
    practices = Several(Practice.objects.filter(time_zone="America/New_York").values("pk"), TODAY)
    days = ladder.reached_after(Practice().ladder, date(2026, 11, 8), TODAY)
    reviews = Agreement.objects.of(practices).asking_for_review(TODAY).filter(next_review_on__in=days)
    decisions = RolloutStep.objects.of(practices).standing().filter(step=DECISION, next_on__in=days)
    return {
        "agreement_review_due": reviews,
        "rollout_decided_again": decisions,
        "evidence_expires": Evidence.objects.of(practices).filter(quarantined_at=None, expires_on__in=days),
    }


@pytest.mark.parametrize("index", ["agreement_review_due", "rollout_decided_again", "evidence_expires"])
def test_the_index_of_the_days_leads(index):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # the tables are empty here
    plan = asked()[index].order_by().explain()
    assert index in plan
    assert "_practice_id_" not in plan
