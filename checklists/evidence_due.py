"""Documents that expire while something rests on them, as deadlines (settings.DEADLINES) and for the first page."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from checklists.models import Citation, Evaluation
from checklists.states import UNDER_WAY, EvaluationState
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.models import Practice, Several
from practice_vetting.core.sources import Days
from vendors.deadlines import days_later
from vendors.evidence_age import VOUCHING
from vendors.models import Agreement, Evidence, ReviewTrigger


def deadlines(practice: Practice | Several, until: date) -> Iterator[Deadline]:
    """What counts until `until` or less and rests under something, what expired already included. One query."""
    return (_deadline(each) for each in running_out(practice, until).iterator(1000))


def coming_up(practices: Several, days: Days) -> Any:
    """The practices with something that expires on such a day and rests under something."""
    found = running_out(practices, max(days.due_on)).filter(expires_on__in=days.due_on)
    return found.select_related(None).order_by().values_list("practice_id", flat=True)


def running_out(practice: Practice | Several, until: date) -> Any:
    """Documents that expire by that day and on which something rests.

    That is: an answer of the evaluation that was signed last, where nothing newer stands beside it; and, until a newer
    one took its place, an answer of the one under way, an agreement that goes on, or, for reports and certificates,
    nothing but our trust, until a review has answered that it expired.
    """
    found = Evidence.objects.of(practice).usable().filter(expires_on__lte=until, vendor__ended_on=None)
    source = Concat(Value("evidence:"), F("uid"), Value(":"), Cast("expires_on", CharField()), output_field=CharField())
    told = ReviewTrigger.objects.filter(vendor=OuterRef("vendor"), source=OuterRef("its_source"))
    answered = Exists(told.exclude(answered_by=None, set_aside_at=None))
    agreed = Exists(Agreement.objects.filter(evidence=OuterRef("pk"), ended_on=None))
    trusted = Q(agreed) | Q(_under_way()) | Q(kind_of__in=VOUCHING) & ~Q(answered)
    found = found.annotate(its_source=source).filter(Q(_signed()) | Q(replaced_by=None) & trusted)
    return found.select_related("vendor", "replaced_by").order_by("expires_on", "pk")


def action_words(evidence: Evidence) -> str:
    """What to do about a document of `running_out`: one that was replaced still has to give way in what was signed."""
    newer = getattr(evidence, "replaced_by", None)
    if newer:
        return f"Sign a new evaluation of {evidence.vendor.name} with {newer.label} in place of {evidence.label}"
    return f"Ask {evidence.vendor.name} for a new {evidence.title}"


def _under_way() -> Exists:
    return Exists(Citation.objects.filter(evidence=OuterRef("pk"), answer__evaluation__state__in=UNDER_WAY))


def _signed() -> Exists:
    """Under an answer of the evaluation that was signed last, and no newer document in its place beside it."""
    signed = Evaluation.objects.filter(vendor=OuterRef("answer__evaluation__vendor"), state=EvaluationState.SIGNED)
    newer = Citation.objects.filter(answer=OuterRef("answer"), evidence__replaces=OuterRef("evidence"))
    cited = Citation.objects.filter(evidence=OuterRef("pk"), answer__evaluation=Subquery(signed.values("pk")[:1]))
    return Exists(cited.filter(~Exists(newer)))


def _deadline(evidence: Evidence) -> Deadline:
    assert evidence.expires_on is not None, "the query asks for it"
    return Deadline(
        kind="evidence-expiry",
        subject_kind=Evidence.kind(),
        subject_uid=evidence.uid,
        title=str(evidence),
        vendor_name=evidence.vendor.name,
        due_on=evidence.expires_on,
        url=reverse("vendors:evidence", args=[evidence.uid]),
        action=action_words(evidence),
        lapses_on=days_later(evidence.expires_on, 1),
        practice_id=evidence.practice_id,
    )
