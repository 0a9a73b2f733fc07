"""The vendor's standing: judged again by every action that can change it, and by the clock on its day."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from checklists.facts import Judgement, agreements_of, judge_unevaluated, judgement_of
from checklists.judged_file import judged_file, judged_files
from checklists.links import address, words
from checklists.models import Evaluation
from checklists.states import UNDER_WAY, EvaluationState
from checklists.vendor_file import is_loaded, rows_of
from checklists.verdict import Outcome, Verdict
from practice_vetting.core import actions, alone, clock, ledger, reminders
from practice_vetting.core.actions import action
from practice_vetting.core.models import Practice
from practice_vetting.core.roles import Role
from vendors.kinds import AgreementKind, StandingState
from vendors.models import Agreement, Standing, Tool, Vendor

#: not among them: ended, and no patient data, because a person of the practice decides these
NO_LONGER_CLEARED = {
    StandingState.LAPSED,
    StandingState.STOPPED,
    StandingState.IN_EVALUATION,
    StandingState.PROPOSED,
}
_AT_ONCE = 200  # vendors that are read at once
ASKED_AGAIN_AFTER = timedelta(days=365)  # "no patient data" is asked again yearly (product policy)


@dataclass(frozen=True)
class Judged:
    """The columns of vendors.Standing that a judgement decides."""

    state: StandingState
    headline: str = ""
    met_count: int = 0
    seals: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[dict[str, Any]] = field(default_factory=list)
    remediated: bool = False
    in_use_not_cleared: bool = False
    uncleared_since: date | None = None
    agreement_signed_on: date | None = None
    next_review_on: date | None = None
    changes_on: date | None = None


def judge(vendor: Vendor, *, kept: Standing | None = None) -> list[Judgement]:
    """Judge the vendor as of its practice's today and keep the standing, when it differs from the one kept.

    Who judges a vendor waits for whoever does, and looks after that. Who has locked the standing already gives it.

    Returns the judgements of its evaluations that count: the one signed last, and the one under way.
    """
    today = vendor.practice.today()
    kept = kept or Standing.objects.select_for_update(no_key=True).filter(vendor=vendor).first()
    found, judgements = look(vendor, today)
    judged = going_on(found, kept, today)
    if kept is None or any(getattr(kept, name) != value for name, value in asdict(judged).items()):
        _keep(vendor=vendor, by=actions.person_at_work(), kept=kept, judged=judged, on=today)
    return judgements


def judge_practice(practice: Practice) -> None:
    """Judge every vendor of a practice: one of its own facts changed."""
    for vendor in Vendor.objects.of(practice).select_related("practice"):
        judge(vendor)


def judge_due() -> int:
    """Judge each vendor whose day has come, and tell how many there were."""
    due: list[int] = []
    for zone in Practice.objects.order_by("time_zone").values_list("time_zone", flat=True).distinct():
        come = Standing.objects.filter(practice__time_zone=zone, changes_on__lte=clock.today(zone))
        due += come.order_by("practice_id", "vendor_id").values_list("vendor_id", flat=True)
    for first in range(0, len(due), _AT_ONCE):
        for vendor in Vendor.objects.filter(pk__in=due[first : first + _AT_ONCE]).select_related("practice"):
            with alone.in_practice(vendor.practice.uid, "judging a vendor on its day"):
                judge_on_its_day(vendor=vendor, by=None)
    return len(due)


@action("standing.judged", says="judged again, on its day,")
def judge_on_its_day(*, vendor: Vendor, by: None) -> None:
    judge(vendor)
    ledger.record(vendor.standing, label=vendor.name)


@action("standing.changed", says="changed the standing of")
def _keep(*, vendor: Vendor, by: Any, kept: Standing | None, judged: Judged, on: date) -> None:
    before = kept.state if kept else ""
    standing = kept or Standing(vendor=vendor, since=on)
    standing.practice = vendor.practice
    if before != judged.state:
        standing.since = on
    told = asdict(judged)
    changed = [name for name, value in told.items() if getattr(standing, name) != value]
    for name in changed:
        setattr(standing, name, told[name])
    standing.save(update_fields=[*changed, "since"] if kept else None)
    vendor.standing = standing
    ledger.record(standing, label=vendor.name, before=before, after=judged.state, headline=judged.headline)
    if before == StandingState.CLEARED and judged.state in NO_LONGER_CLEARED:
        _tell(vendor, standing)


def _tell(vendor: Vendor, standing: Standing) -> None:
    """The officers and owners hear on the same day that a vendor is no longer cleared."""
    context = {
        "vendor_name": vendor.name,
        "state": StandingState(standing.state).label,
        "headline": standing.headline,
        "reasons": standing.reasons[:5],
        "in_use": standing.in_use_not_cleared,
        "path": reverse("checklists:vendor", args=[vendor.uid]),
        "line": f"{StandingState(standing.state).label}. {standing.headline}".strip(),
    }
    reminders.tell_now(
        practice=vendor.practice,
        kind="standing",
        subject=vendor,
        roles=[Role.OFFICER, Role.OWNER],
        template="standing_changed",
        context=context,
    )


def fresh(vendors: Sequence[Vendor]) -> Iterator[tuple[Vendor, Judged]]:
    """A fresh judgement of where each vendor stands today, from everything known; they come with practice and standing.

    They are read together: whoever has many hands over some at a time.
    """
    for vendor, home in zip(vendors, judged_files(vendors), strict=True):
        on = vendor.practice.today()
        yield vendor, going_on(look(home, on)[0], getattr(vendor, "standing", None), on)


def going_on(judged: Judged, kept: Standing | None, on: date) -> Judged:
    """With the first day of an uncleared use that goes on: a year in which the use was cleared does not count."""
    if judged.uncleared_since is None or kept is None:
        return judged
    if kept.uncleared_since:
        return replace(judged, uncleared_since=kept.uncleared_since)
    lost = kept.state == StandingState.CLEARED and judged.state is not StandingState.CLEARED
    return replace(judged, uncleared_since=on) if lost else judged


def look(vendor: Vendor, on: date) -> tuple[Judged, list[Judgement]]:
    """What is judged of the vendor on that day alone, and the judgements of its evaluations that count."""
    vendor = vendor if is_loaded(vendor) else judged_file(vendor)
    tools, agreements = list(vendor.tools.all()), agreements_of(vendor)
    evaluations = rows_of(
        vendor.evaluations, lambda rows: rows.exclude(state=EvaluationState.WITHDRAWN).defer("snapshot")
    )
    signed = next((each for each in evaluations if each.state == EvaluationState.SIGNED), None)
    under_way = next((each for each in evaluations if each.state in UNDER_WAY), None)
    judgements = [judgement_of(each, on=on, agreements=agreements) for each in (signed, under_way) if each]
    state, counted, days = _state(vendor, tools, agreements, judgements, on)
    uncleared_since = _uncleared_use(tools, state, judgements[0].tools if judgements else [], on)
    going_on = [each for each in agreements if not any(day and day <= on for day in _last_days(each))]
    judged = Judged(
        state=state,
        **_told(vendor, counted, state),
        in_use_not_cleared=uncleared_since is not None,
        uncleared_since=uncleared_since,
        agreement_signed_on=_signed_on(going_on),
        next_review_on=min((each.next_review_on for each in going_on if each.next_review_on), default=None),
        changes_on=_next_day(on, [*days, *_turning_days(tools, going_on)]),
    )
    return judged, judgements


#: the verdict that counts, with the evaluation it judges (None: nobody has asked anything)
Counted = tuple[Verdict, Evaluation | None]


def _state(
    vendor: Vendor, tools: list[Tool], agreements: list[Agreement], judgements: list[Judgement], on: date
) -> tuple[StandingState, Counted | None, list[date | None]]:
    """The state, the verdict that explains it, and the days on which it may change by itself."""
    if vendor.ended_on and vendor.ended_on <= on:
        return StandingState.ENDED, None, []
    asked_again_on = vendor.no_patient_data_on and vendor.no_patient_data_on + ASKED_AGAIN_AFTER
    if asked_again_on and on < asked_again_on and not any(tool.holds_patient_data for tool in tools):
        return StandingState.NO_PATIENT_DATA, None, [asked_again_on, vendor.ended_on]
    counted: list[Counted] = [(each.verdict, each.evaluation) for each in judgements]
    counted = counted or [(judge_unevaluated(vendor, on=on, agreements=agreements), None)]
    state, said = _worst(counted)
    return state, said, [vendor.ended_on, *(verdict.changes_on for verdict, _ in counted)]


def _worst(counted: list[Counted]) -> tuple[StandingState, Counted]:
    """A failed requirement stops, in the signed evaluation or in the one under way; only a signed one clears."""
    for each in counted:
        if each[0].outcome is Outcome.STOPPED:
            return StandingState.STOPPED, each
    verdict, evaluation = counted[0]  # the signed one stands first
    if evaluation and evaluation.state == EvaluationState.SIGNED:
        cleared = verdict.outcome is Outcome.CLEARED
        return (StandingState.CLEARED if cleared else StandingState.LAPSED), counted[0]
    return (StandingState.IN_EVALUATION if evaluation else StandingState.PROPOSED), counted[0]


def _told(vendor: Vendor, counted: Counted | None, state: StandingState) -> dict[str, Any]:
    """What lists and pages show of the verdict: its headline, the five seals, the reasons with their links."""
    if counted is None or state is StandingState.PROPOSED:
        return {"headline": state.label}
    verdict, evaluation = counted
    return {
        "headline": verdict.headline,
        "met_count": verdict.met_count,
        "seals": [{"number": each.number, "state": each.state.value} for each in verdict.requirements],
        "reasons": [
            {
                "requirement": finding.requirement,
                "state": finding.state.value,
                "sentence": finding.sentence,
                "change": finding.change,
                "url": address(finding.target, vendor=vendor, evaluation_uid=evaluation.uid if evaluation else ""),
                "where": words(finding.target),
            }
            for finding in verdict.missing
        ],
        "remediated": verdict.remediated,
    }


def _uncleared_use(tools: list[Tool], state: StandingState, cleared: list[Tool], on: date) -> date | None:
    """Since when a tool that touches patient data is in use outside what was cleared; None when none is."""
    scope = {tool.pk for tool in cleared} if state is StandingState.CLEARED else set()
    outside = [tool for tool in tools if tool.pk not in scope and tool.holds_patient_data and tool.is_in_use(on)]
    return min((tool.in_use_since for tool in outside if tool.in_use_since), default=None)


def _signed_on(agreements: list[Agreement]) -> date | None:
    """The day of the later signature under the newest business associate agreement."""
    days = [each.executed_on for each in agreements if each.kind_of == AgreementKind.BAA and each.executed_on]
    return max(days, default=None)


def _turning_days(tools: list[Tool], agreements: list[Agreement]) -> list[date | None]:
    days: list[date | None] = [day for agreement in agreements for day in _last_days(agreement)]
    for tool in tools:
        days += [tool.in_use_since, tool.retired_on]
    return days


def _last_days(agreement: Agreement) -> tuple[date | None, date | None]:
    """The days on which a person ended it, and on which a newer version came into force."""
    return agreement.ended_on, agreement.superseded_on


def _next_day(on: date, days: list[date | None]) -> date | None:
    return min((day for day in days if day and day > on), default=None)
