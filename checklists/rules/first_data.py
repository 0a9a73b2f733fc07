"""Whether an agreement stood on each day on which patient data were in a tool.

45 CFR 164.502(e) and 164.308(b): patient data may be there only while the agreement stands, so signing later does
not cure it. Clearing such a vendor as "remediated" is our policy, and the exception stays on every document.
"""

from collections.abc import Sequence
from datetime import date

from checklists.rules.clause_gaps import required_gaps
from checklists.rules.findings import Finding, State, long_date
from checklists.verdict_facts import AgreementFact, Case, Stage, ToolFact
from practice_vetting.core.basis import Basis
from vendors.clause_gaps import Lack, lack_of
from vendors.early_data import Cover, Days, Stretch
from vendors.kinds import COVERING_KINDS

REMEDIATED = "remediated"
#: that patient data were there while no agreement allowed it: the weightiest thing that can be said of a vendor
EARLY_DATA = frozenset(
    {"no-agreement-in-use", "phi-before-agreement", "phi-without-agreement", "phi-under-incomplete-agreement"}
)


def judge_first_data(case: Case, tools: Sequence[ToolFact], chosen: AgreementFact, requirement: int) -> list[Finding]:
    """What remains to be said about days without cover, of tools that the chosen agreement serves now."""
    found = [
        _judge(case, tool, stretch, chosen, requirement)
        for tool in tools
        for stretch in case.stretches(tool, like=chosen.key)
    ]
    return [finding for finding in found if finding is not None]


def _judge(case: Case, tool: ToolFact, stretch: Stretch, chosen: AgreementFact, requirement: int) -> Finding | None:
    """None when the chosen agreement's own findings say what was lacking on these days."""
    until = case.next_turn([tool], COVERING_KINDS)
    closed = [each for each in tool.exposures if not each.is_open]
    if not stretch.left_by(closed) and _stands_now(case, tool):
        return _remediated(tool, stretch, requirement, until)
    then = next((each for each in case.agreements if each.key == stretch.under), None)
    if then is None:
        return _uncovered(tool, stretch, requirement, until)
    says_as_much = then.key == chosen.key and _lack(case, chosen) >= stretch.cover
    if says_as_much and chosen.stage(case.on) is not Stage.ENDED:
        return None
    if stretch.cover is Cover.UNREAD:
        return _unread_then(tool, then, requirement, until)
    return _incomplete_then(tool, stretch, then, requirement, until)


def _lack(case: Case, agreement: AgreementFact) -> Lack:
    return lack_of(each.gap for each in required_gaps(agreement, case.rules))


def _stands_now(case: Case, tool: ToolFact) -> bool:
    now = case.covering(tool, COVERING_KINDS)
    return any(each.stage(case.on) is Stage.IN_FORCE and _lack(case, each) is Lack.NONE for each in now)


def _remediated(tool: ToolFact, stretch: Stretch, requirement: int, until: date | None) -> Finding:
    says = f"Patient data reached {tool.name} on {long_date(stretch.days.first)}, before a complete agreement stood."
    if not stretch.is_first:
        says = f"{_span(stretch.days)}, no complete agreement covered {tool.name}, and patient data were in it."
    return Finding(
        requirement=requirement,
        state=State.MET,
        code=REMEDIATED,
        sentence=f"{says} The exposure was assessed and signed.",
        target=_exposure_of(tool, stretch),
        basis=Basis.PRODUCT_POLICY,
        until=until,
    )


def _next_step(tool: ToolFact, stretch: Stretch) -> tuple[str, str, str]:
    """Which days are not assessed, what would change it, and where."""
    target, left = _exposure_of(tool, stretch), stretch.left_by(tool.exposures)
    if not stretch.met_by(tool.exposures):
        stop = "Stop its use, and assess the exposure" if stretch.is_first else "Assess these days"
        return "", f"{stop} with your attorney. Signing later does not undo it.", target
    if left:
        spans = [_span(each) for each in left]
        days = " and ".join(each[0].lower() + each[1:] for each in spans)
        return f" Nobody assessed it {days}.", "Correct the days of the exposure, or report these days too.", target
    if stretch.left_by(each for each in tool.exposures if not each.is_open):
        return "", "Finish the exposure assessment, and sign it.", target
    return "", "Complete the agreement. The exposure assessment is signed.", "agreements"


def _exposure_of(tool: ToolFact, stretch: Stretch) -> str:
    """One that is open comes first."""
    told = sorted(stretch.met_by(tool.exposures), key=lambda each: not each.is_open)
    return f"exposure:{told[0].key}" if told and told[0].key else "exposure"


def _span(days: Days) -> str:
    """Some days, as a sentence begins with them."""
    if days.last is None:
        return f"Since {long_date(days.first)}"
    if days.first == days.last:
        return f"On {long_date(days.first)}"
    return f"From {long_date(days.first)} to {long_date(days.last)}"


def _uncovered(tool: ToolFact, stretch: Stretch, requirement: int, until: date | None) -> Finding:
    left, change, target = _next_step(tool, stretch)
    state = State.FAILED
    if stretch.is_first:
        code = "phi-before-agreement"
        says = f"Patient data reached {tool.name} on {long_date(stretch.days.first)}, before an agreement was in force."
    else:
        code = "phi-without-agreement"
        covered, were = ("covered", "were") if stretch.days.last else ("covers", "are")
        state = State.FAILED if stretch.days.last else State.OPEN  # an end reopens what rested on it (product policy)
        says = f"{_span(stretch.days)}, no agreement {covered} {tool.name}, and patient data {were} in it."
    return Finding(
        requirement=requirement,
        state=state,
        code=code,
        sentence=says + left,
        change=change,
        target=target,
        basis=Basis.RULE,
        until=until,
    )


def _incomplete_then(
    tool: ToolFact, stretch: Stretch, then: AgreementFact, requirement: int, until: date | None
) -> Finding:
    left, change, target = _next_step(tool, stretch)
    return Finding(
        requirement=requirement,
        state=State.FAILED,
        code="phi-under-incomplete-agreement",
        sentence=f"Patient data reached {tool.name} under “{then.title}”, which lacked a required clause.{left}",
        change=change,
        target=target,
        basis=Basis.RULE,
        until=until,
    )


def _unread_then(tool: ToolFact, then: AgreementFact, requirement: int, until: date | None) -> Finding:
    return Finding(
        requirement=requirement,
        state=State.OPEN,
        code="first-agreement-unread",
        sentence=f"Patient data reached {tool.name} under “{then.title}”,"
        " which is not known to hold every required clause.",
        change="Read that agreement, and mark each required clause.",
        target=f"agreement:{then.key}",
        basis=Basis.PRODUCT_POLICY,
        until=until,
    )
