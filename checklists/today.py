"""Today: what needs this person now, the loudest first, read in a fixed number of queries."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse

from checklists.evidence_due import running_out
from checklists.models import Evaluation
from checklists.states import EvaluationState
from practice_vetting.core import clock
from practice_vetting.core.archive.runs import is_late
from practice_vetting.core.models import (
    BackupRun,
    BackupState,
    HistoryCheck,
    Mail,
    MailState,
    Membership,
    Practice,
    Removal,
    RemovalState,
)
from practice_vetting.core.roles import Role, may
from practice_vetting.core.templatetags.wording import day
from vendors.breach_clocks import Clock
from vendors.exposure_deadlines import action_of
from vendors.exposures import early_without_exposure
from vendors.kinds import StandingState
from vendors.models import Agreement, Evidence, Exposure, Standing
from vendors.queries import in_words
from vendors.review_points import in_short
from vendors.reviews_due import Reasons, agreement_in_words, found_on, uncarried

MOST = 10  # a list that is longer is read by nobody; the counts beside it lead to the rest
SOON = timedelta(days=14)
REVIEW_AHEAD = timedelta(days=30)
EXPIRY_AHEAD = timedelta(days=30)


@dataclass(frozen=True)
class Need:
    """One thing to do. `weight` orders: the smaller, the louder; `tone` is late, soon or plain."""

    weight: int
    due_on: date
    when: str
    tone: str
    vendor: str
    sentence: str
    url: str
    button: str

    @property
    def loudest(self) -> bool:
        return self.weight < 0


@dataclass(frozen=True)
class StateCount:
    """How many vendors are in one standing, with the link to that list."""

    label: str
    number: str
    url: str


def needs(membership: Membership, today: date) -> list[Need]:
    """At most ten things that this person can act on, the loudest first."""
    practice, role = membership.practice, Role(membership.role)
    found: list[Need] = []
    for roles, source in _SOURCES:
        if role in roles:
            found += source(practice, today)
    if may(role, "remove"):
        found += _removals(membership, today)
    return sorted(found, key=lambda need: (need.weight, need.due_on, need.vendor))[:MOST]


def counts(found: dict[str, int]) -> list[StateCount]:
    """How many vendors stand where, from what counts_of found; states without a vendor are left out."""
    listed = reverse("vendors:vendor_list")
    return [
        StateCount(state.label, in_words(found[state]), f"{listed}?show={state}")
        for state in StandingState
        if found[state]
    ]


def _in_use(practice: Practice, today: date) -> Iterable[Need]:
    rows = Standing.objects.of(practice).filter(in_use_not_cleared=True).select_related("vendor")[:MOST]
    for row in rows:
        why = row.reasons[0]["sentence"] if row.reasons else "It is in use outside of what was cleared."
        yield Need(
            -1, row.uncleared_since or row.since, "In use now", "late", row.vendor.name,
            f"in use, but not cleared. {why}", reverse("checklists:vendor", args=[row.vendor.uid]), "See what to do",
        )  # fmt: skip


def _exposures(practice: Practice, today: date) -> Iterable[Need]:
    """What dates alone show, then each exposure with the next notice of it: the loudest after what is in use."""
    for early in early_without_exposure(practice, today)[:MOST]:
        says = early.says[0]
        yield Need(
            0, early.first, f"Since {_day(early.first, today)}", "late", early.tool.vendor.name,
            says[0].lower() + says[1:], early.url, "Assess this exposure",
        )  # fmt: skip
    rows = Exposure.objects.of(practice).filter(Q(pk__in=Exposure.objects.running()) | ~Q(state="closed"))
    for row in rows.select_related("vendor").defer("snapshot").order_by("discovered_on", "pk"):
        clock = next(iter(row.running_clocks), None)
        due = clock.last_on if clock and clock.last_on else row.discovered_on
        if row.is_open or (due - today) <= EXPIRY_AHEAD:
            yield _exposure(row, clock, due, today)


def _exposure(row: Exposure, clock: Clock | None, due: date, today: date) -> Need:
    """One exposure with its next notice. What is due later than in two weeks lets late things of others go first."""
    says = f"{action_of(row, clock)}." if clock else f"close exposure {row.label}, once everything is recorded."
    if not row.decision:
        says += " Nobody has decided yet, so a breach is presumed."
    when, tone = _when(due, today) if clock else (f"Since {_day(due, today)}", "")
    button = "Decide about it" if not row.decision else "Record the notice" if clock else "Close it"
    url = reverse("vendors:exposure", args=[row.uid])
    weight = 1 if clock and due > today + SOON else 0
    return Need(weight, due, when, tone, row.vendor.name, says[0].lower() + says[1:], url, button)


def _reviews(practice: Practice, today: date) -> Iterable[Need]:
    until = today + REVIEW_AHEAD
    agreements = (
        Agreement.objects.of(practice)
        .filter(Q(ended_on=None) | Q(ended_on__gt=today), next_review_on__lte=until)
        .exclude(Q(superseded_on__lte=today) | Q(ends_on__isnull=False, ends_on__lt=today))
        .filter(Q(vendor__ended_on=None) | Q(vendor__ended_on__gt=today))
        .with_last_finding()
        .select_related("vendor")
        .order_by("next_review_on")[:MOST]
    )
    reasons = Reasons(practice, until)
    for agreement in agreements:
        due = agreement.next_review_on
        assert due is not None  # the filter left the others out
        named, reason = agreement_in_words(agreement.kind_of), reasons.because(agreement)
        says = f"review the {named}, because {reason}." if reason else f"yearly review of the {named}."
        if found := found_on(agreement):
            says = f"change what the review of {day(found)} found in the {named}, or evaluate anew."
        yield Need(
            1 if due < today else 4, due, *_when(due, today), agreement.vendor.name,
            says, reverse("vendors:agreement", args=[agreement.uid]), "Review the agreement",
        )  # fmt: skip


def _triggers(practice: Practice, today: date) -> Iterable[Need]:
    """What happened at vendors that have no agreement to review for it. An open exposure speaks for itself."""
    told = [f"exposure:{uid}" for uid in Exposure.objects.of(practice).open().values_list("uid", flat=True)]
    for trigger in uncarried(practice).filter(due_on__lte=today + REVIEW_AHEAD).exclude(source__in=told)[:MOST]:
        yield Need(
            1 if trigger.due_on < today else 4, trigger.due_on, *_when(trigger.due_on, today), trigger.vendor.name,
            f"{in_short([trigger.kind_of])}. Nobody has looked at it yet.",
            reverse("vendors:reviews", args=[trigger.vendor.uid]), "Look at it",
        )  # fmt: skip


def _lapsed(practice: Practice, today: date) -> Iterable[Need]:
    states = [StandingState.LAPSED, StandingState.STOPPED]
    rows = Standing.objects.of(practice).filter(state__in=states, in_use_not_cleared=False).select_related("vendor")
    for row in rows.order_by("-since")[:MOST]:
        reason = row.reasons[0] if row.reasons else {"sentence": row.headline, "url": ""}
        yield Need(
            2 if row.state == StandingState.LAPSED else 6, row.since, f"Since {_day(row.since, today)}", "soon",
            row.vendor.name, f"{row.get_state_display().lower()}. {reason['sentence']}",
            reverse("checklists:vendor", args=[row.vendor.uid]), "See why",
        )  # fmt: skip


def _expiring(practice: Practice, today: date) -> Iterable[Need]:
    for evidence in running_out(practice, today + EXPIRY_AHEAD)[:MOST]:
        late = evidence.expires_on < today
        told = "has expired" if late else "expires"
        yield Need(
            2 if late else 5, evidence.expires_on, *_when(evidence.expires_on, today), evidence.vendor.name,
            f"{evidence} {told}. {_what_to_do(evidence)}", reverse("vendors:evidence", args=[evidence.uid]),
            "See the document",
        )  # fmt: skip


def _what_to_do(evidence: Evidence) -> str:
    newer = getattr(evidence, "replaced_by", None)
    return f"Sign a new evaluation with {newer.label}." if newer else "Ask the vendor for a new one."


def _quarantined(practice: Practice, today: date) -> Iterable[Need]:
    rows = Evidence.objects.of(practice).filter(file__purged_at=None).exclude(quarantined_at=None)
    for evidence in rows.select_related("vendor").order_by("quarantined_at")[:MOST]:
        assert evidence.quarantined_at is not None  # the filter left the others out
        since = _local(evidence.quarantined_at, practice)
        yield Need(
            1, since, f"Since {_day(since, today)}", "late", evidence.vendor.name,
            f"{evidence.label} may hold patient data. Release it, or purge it.",
            reverse("vendors:evidence", args=[evidence.uid]), "Decide",
        )  # fmt: skip


def _evaluations(state: EvaluationState, button: str, sentence: str) -> Callable[[Practice, date], Iterable[Need]]:
    def source(practice: Practice, today: date) -> Iterable[Need]:
        rows = Evaluation.objects.of(practice).filter(state=state).select_related("vendor")
        for row in rows.order_by("started_on")[:MOST]:
            yield Need(
                3, row.started_on, f"Since {_day(row.started_on, today)}", "", row.vendor.name,
                f"{row.title}: {sentence}", reverse("checklists:evaluation", args=[row.uid]), button,
            )  # fmt: skip

    return source


def _proposed(practice: Practice, today: date) -> Iterable[Need]:
    rows = Standing.objects.of(practice).filter(state=StandingState.PROPOSED, in_use_not_cleared=False)
    for row in rows.select_related("vendor").order_by("since")[:MOST]:
        yield Need(
            7, row.since, f"Since {_day(row.since, today)}", "", row.vendor.name,
            "was proposed. Nobody has asked it yet.", reverse("checklists:vendor", args=[row.vendor.uid]), "Look at it",
        )  # fmt: skip


def _unsent(practice: Practice, today: date) -> Iterable[Need]:
    refused = Mail.objects.filter(practice=practice, state=MailState.FAILED).select_related("person")
    for mail in refused.order_by("-id")[:3]:
        yield Need(
            2, mail.on, "Not delivered", "late", mail.person.name,
            f"did not get a mail: {mail.last_error or 'the mail server refused it.'}", reverse("core:reminders"),
            "See what to do",
        )  # fmt: skip


def _removals(membership: Membership, today: date) -> Iterable[Need]:
    """What another owner proposed to remove: nobody approves their own."""
    rows = Removal.objects.of(membership.practice).filter(state=RemovalState.PROPOSED)
    for row in rows.exclude(proposed_by=membership.person_id).select_related("proposed_by").order_by("pk")[:MOST]:
        since = _local(row.proposed_at, membership.practice)
        yield Need(
            3, since, f"Since {_day(since, today)}", "", row.vendor_label,
            f"{row.proposed_by.name} proposed to remove its records. Another owner has to approve it.",
            reverse("checklists:removal", args=[row.uid]), "Look at it",
        )  # fmt: skip


def _backups(practice: Practice, today: date) -> Iterable[Need]:
    """The last backup that is over, where it is no good; else that none came when one should have."""
    now = clock.now()
    late, last = is_late(now), BackupRun.objects.exclude(state=BackupState.RUNNING).order_by("-started_at").first()
    if last and last.state == BackupState.FAILED:
        sentence = "the last one could not be made."
    elif last and (last.problem or last.check_problem):
        sentence = "something is wrong with the last one."
    elif late:
        sentence = "none was made in the last two days."
    else:
        return
    since = _local(last.started_at if last else now, practice)
    yield Need(
        1, since, f"Since {_day(since, today)}" if last else "Today", "late", "Backups",
        f"{sentence} Tell the person who runs this installation.", reverse("core:backups"), "See why",
    )  # fmt: skip


def _misfit(practice: Practice, today: date) -> Iterable[Need]:
    checked = HistoryCheck.objects.filter(practice=practice).order_by("-pk").first()
    if checked and checked.problem:
        since = _local(checked.checked_at, practice)
        yield Need(
            1, since, f"Since {_day(since, today)}", "late", "History",
            "something is not as it was recorded.", reverse("core:history"), "See what",
        )  # fmt: skip


def _local(moment: datetime, practice: Practice) -> date:
    return moment.astimezone(ZoneInfo(practice.time_zone)).date()


_EVERYBODY = frozenset({Role.OWNER, Role.OFFICER, Role.STAFF})
_KEEPERS = frozenset({Role.OWNER, Role.OFFICER})
_OFFICER = frozenset({Role.OFFICER})
_OWNER = frozenset({Role.OWNER})

_SOURCES: list[tuple[frozenset[Role], Callable[[Practice, date], Iterable[Need]]]] = [
    (_EVERYBODY, _in_use),
    (_KEEPERS, _exposures),
    (_OWNER, _quarantined),
    (_KEEPERS, _backups),
    (_KEEPERS, _misfit),
    (_KEEPERS, _reviews),
    (_KEEPERS, _triggers),
    (_KEEPERS, _lapsed),
    (_KEEPERS, _expiring),
    (_KEEPERS, _unsent),
    (_EVERYBODY, _evaluations(EvaluationState.DRAFT, "Go on", "answers are still missing.")),
    (_KEEPERS, _evaluations(EvaluationState.SUBMITTED, "Attest", "waits for the officer’s signature.")),
    (_OWNER, _evaluations(EvaluationState.ATTESTED, "Countersign", "waits for your countersignature.")),
    (_OFFICER, _proposed),
]


def _when(due: date, today: date) -> tuple[str, str]:
    """How a due date reads from today, and its tone: "12 days late", "In 9 days"."""
    days = (due - today).days
    if days < 0:
        return f"{-days} day{'s' if days < -1 else ''} late", "late"
    if days == 0:
        return "Today", "late"
    return f"In {days} day{'s' if days > 1 else ''}", "soon" if days <= SOON.days else ""


def _day(day: date, today: date) -> str:
    if day == today:
        return "today"
    return f"{day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")
