"""The gate before a tool is used: what was to be seen first, and which of it is proven for this tool."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.urls import reverse

from checklists.catalogue import ChecklistItem, current, edition
from checklists.facts import judge_evaluation
from checklists.links import address, words
from checklists.models import Evaluation
from checklists.rules.findings import Finding, State
from checklists.states import EvaluationState
from checklists.verdict import Outcome, Verdict
from vendors.clauses import ReadingStatus
from vendors.kinds import AMENDING_KINDS, COVERING_KINDS
from vendors.models import Agreement, ClauseReading, Tool
from vendors.models.agreement import AgreementQuerySet

#: The item about training and other uses rests on one question and one clause more than its requirement.
NO_TRAINING, TRAINING_QUESTION, TRAINING_CLAUSE = "C3", "question:2", "B30"


@dataclass(frozen=True)
class GateItem:
    """One point of the checklist. `why` says what it rests on, and `url` leads to what would change it."""

    item: ChecklistItem
    proven: bool
    why: str
    url: str
    where: str


@dataclass(frozen=True)
class Gate:
    """The checklist for one tool. `cleared` tells whether a signed evaluation that names the tool is cleared today."""

    tool: Tool
    items: list[GateItem]
    cleared: bool

    @property
    def proven_count(self) -> int:
        return sum(each.proven for each in self.items)

    @property
    def all_proven(self) -> bool:
        return self.proven_count == len(self.items)

    @property
    def needs_reason(self) -> bool:
        """Whether its use has to be explained: patient data would reach it before all is proven."""
        return self.tool.holds_patient_data and not (self.all_proven and self.cleared)


def gate_of(tool: Tool, *, on: date) -> Gate:
    """The checklist for the tool, judged on that day by the vendor's last signed evaluation, if that names the tool."""
    signed = tool.vendor.evaluations.filter(state=EvaluationState.SIGNED).first()
    if signed is None or not signed.tools.filter(pk=tool.pk).exists():
        return Gate(tool, [_unproven(item, tool, signed) for item in current().checklist], cleared=False)
    verdict = judge_evaluation(signed, on=on)
    items = [_judged(item, tool, signed, verdict) for item in edition(signed.edition).checklist]
    return Gate(tool, items, cleared=verdict.outcome is Outcome.CLEARED)


def _unproven(item: ChecklistItem, tool: Tool, signed: Evaluation | None) -> GateItem:
    """No signed evaluation speaks of the tool, so nothing is proven for it."""
    url = reverse("checklists:vendor", args=[tool.vendor.uid]) + "#evaluations"
    why = "The signed evaluation does not name this tool." if signed else "No evaluation of it is signed yet."
    return GateItem(item, False, why, url, "Evaluations")


def _judged(item: ChecklistItem, tool: Tool, signed: Evaluation, verdict: Verdict) -> GateItem:
    requirement = next(each for each in verdict.requirements if each.number == item.requirement)
    blocking = sorted(
        (f for f in requirement.findings if f.state.severity), key=lambda finding: -finding.state.severity
    )
    if item.code == NO_TRAINING:  # first what it speaks of, then the rest of its requirement
        blocking.sort(key=lambda finding: finding.target != TRAINING_QUESTION)
    if blocking:
        return _blocked(item, tool, signed, blocking[0])
    if item.code == NO_TRAINING and not _training_banned(tool):
        return _training_unread(item, tool)
    url = reverse("checklists:evaluation", args=[signed.uid]) + f"#requirement-{item.requirement}"
    set_aside = requirement.state is State.NOT_APPLICABLE
    why = "A signed memo says why it does not apply." if set_aside else f"Requirement {item.requirement} is met."
    return GateItem(item, True, why, url, "See it")


def _blocked(item: ChecklistItem, tool: Tool, signed: Evaluation, finding: Finding) -> GateItem:
    url = address(finding.target, vendor=tool.vendor, evaluation_uid=signed.uid)
    return GateItem(item, False, f"{finding.sentence} {finding.change}".strip(), url, words(finding.target))


def _training_banned(tool: Tool) -> bool:
    """Whether somebody read the ban on training as present in an agreement that covers the tool."""
    readings = ClauseReading.objects.of(tool.practice).filter(agreement__in=_covering(tool), code=TRAINING_CLAUSE)
    return readings.filter(status=ReadingStatus.PRESENT).exists()


def _covering(tool: Tool) -> AgreementQuerySet:
    """The agreements for the tool that are not over, and what amends them for it."""
    going_on = Agreement.objects.of(tool.practice).going_on(tool.practice.today())
    own = going_on.filter(kind_of__in=COVERING_KINDS, vendor=tool.vendor_id)
    amending = Q(kind_of__in=AMENDING_KINDS, amends__in=own) & (Q(tools=tool) | Q(tools=None))
    found: AgreementQuerySet = going_on.filter(Q(kind_of__in=COVERING_KINDS, tools=tool) | amending).distinct()
    return found


def _training_unread(item: ChecklistItem, tool: Tool) -> GateItem:
    agreement = _covering(tool).filter(kind_of__in=COVERING_KINDS).first()
    why = f"Nobody has found the ban on training in the agreement. Read clause {TRAINING_CLAUSE}."
    target = f"clause:{agreement.uid}:{TRAINING_CLAUSE}" if agreement else "agreements"
    return GateItem(item, False, why, address(target, vendor=tool.vendor), words(target))
