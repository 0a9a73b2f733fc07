"""Whether an agreement stood on the day patient data first reached a tool.

45 CFR 164.502(e) and 164.308(b): patient data may move only once the agreement stands, so signing later does
not cure it. Clearing such a vendor as "remediated" is our policy, and the exception stays on every document.
"""

from collections.abc import Sequence
from datetime import date

from checklists.rules.clause_gaps import required_gaps, severity
from checklists.rules.findings import Finding, State, long_date
from checklists.verdict_facts import AgreementFact, Case, Stage, ToolFact
from practice_vetting.core.basis import Basis
from vendors.kinds import COVERING_KINDS

REMEDIATED = "remediated"
#: that patient data moved before an agreement allowed it: the weightiest thing that can be said of a vendor
EARLY_DATA = frozenset({"no-agreement-in-use", "phi-before-agreement", "phi-under-incomplete-agreement"})


def judge_first_data(case: Case, tools: Sequence[ToolFact], chosen: AgreementFact, requirement: int) -> list[Finding]:
    """What remains to be said about the first data of tools that the chosen agreement serves now."""
    found = (_judge(case, tool, chosen, requirement) for tool in tools)
    return [finding for finding in found if finding is not None]


def _judge(case: Case, tool: ToolFact, chosen: AgreementFact, requirement: int) -> Finding | None:
    """None when no data flowed, an agreement stood, or the chosen one's own findings say what it lacks."""
    first = tool.first_phi_on
    if first is None or not tool.in_use_on(case.on):
        return None
    now, past = (case.covering(tool, COVERING_KINDS, on=day) for day in (case.on, first))
    then = min(
        (each for each in past if each.stage(first) is Stage.IN_FORCE),
        key=lambda each: (_lack(case, each), each.key != chosen.key, each.key),
        default=None,
    )
    lack = 2 if then is None else _lack(case, then)
    if lack == 0:
        return None
    until = case.next_turn([tool], COVERING_KINDS)
    if tool.exposure == "closed" and any(_stands(case, each) for each in now):
        return _remediated(tool, first, requirement, until)
    if then is None:
        return _too_early(tool, first, requirement, until)
    says_as_much = then.key == chosen.key and _lack(case, chosen) >= lack
    if says_as_much and chosen.stage(case.on) is not Stage.ENDED:
        return None
    if lack == State.OPEN.severity:
        return _unread_then(tool, then, requirement, until)
    return _incomplete_then(tool, then, requirement, until)


def _lack(case: Case, agreement: AgreementFact) -> int:
    return severity(required_gaps(agreement, case.rules))


def _stands(case: Case, agreement: AgreementFact) -> bool:
    return agreement.stage(case.on) is Stage.IN_FORCE and _lack(case, agreement) == 0


def _remediated(tool: ToolFact, first: date, requirement: int, until: date | None) -> Finding:
    return Finding(
        requirement=requirement,
        state=State.MET,
        code=REMEDIATED,
        sentence=f"Patient data reached {tool.name} on {long_date(first)}, before a complete agreement stood."
        " The exposure was assessed and signed.",
        target=_exposure_of(tool),
        basis=Basis.PRODUCT_POLICY,
        until=until,
    )


_NEXT_STEP: dict[str | None, str] = {
    None: "Stop its use, and assess the exposure with your attorney. Signing later does not undo it.",
    "open": "Finish the exposure assessment, and sign it.",
    "closed": "Complete the agreement. The exposure assessment is signed.",
}


def _next_step(tool: ToolFact) -> tuple[str, str]:
    """What would change it, and where."""
    return _NEXT_STEP[tool.exposure], "agreements" if tool.exposure == "closed" else _exposure_of(tool)


def _exposure_of(tool: ToolFact) -> str:
    return f"exposure:{tool.exposure_key}" if tool.exposure_key else "exposure"


def _too_early(tool: ToolFact, first: date, requirement: int, until: date | None) -> Finding:
    change, target = _next_step(tool)
    return Finding(
        requirement=requirement,
        state=State.FAILED,
        code="phi-before-agreement",
        sentence=f"Patient data reached {tool.name} on {long_date(first)}, before an agreement was in force.",
        change=change,
        target=target,
        basis=Basis.RULE,
        until=until,
    )


def _incomplete_then(tool: ToolFact, then: AgreementFact, requirement: int, until: date | None) -> Finding:
    change, target = _next_step(tool)
    return Finding(
        requirement=requirement,
        state=State.FAILED,
        code="phi-under-incomplete-agreement",
        sentence=f"Patient data reached {tool.name} under “{then.title}”, which lacked a required clause.",
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
