"""How to say where an agreement stands, and that one is missing."""

from datetime import date

from checklists.rules.findings import Finding, State, long_date
from checklists.verdict_facts import AgreementFact, Case, EvidenceFact, Stage, ToolFact
from practice_vetting.core.basis import Basis


def nothing_to_cover(case: Case, requirement: int) -> Finding:
    """No tool is in scope, or none that touches patient data: there is nothing to clear."""
    if case.tools:
        code, sentence = "no-patient-data", "None of the tools in this evaluation touches patient data."
        change = "Correct the tools, or record the vendor as “no patient data” with your reason."
    else:
        code, sentence = "no-tools", "This evaluation names no tool."
        change = "Choose the tools that this evaluation is about."
    return Finding(
        requirement=requirement,
        state=State.OPEN,
        code=code,
        sentence=sentence,
        change=change,
        target="tools",
        basis=Basis.PRODUCT_POLICY,
    )


def missing(case: Case, tool: ToolFact, requirement: int, until: date | None) -> Finding:
    """No agreement names the tool: open before patient data, failed from the first day of it."""
    in_use = tool.in_use_on(case.on)
    already = " Patient data already reached it." if in_use else ""
    return Finding(
        requirement=requirement,
        state=State.FAILED if in_use else State.OPEN,
        code="no-agreement-in-use" if in_use else "no-agreement",
        sentence=f"No agreement covers {tool.name}.{already}",
        change="Stop sending patient data, and sign an agreement that covers it."
        if in_use
        else "Record the agreement that covers it.",
        target="agreements",
        basis=Basis.RULE,
        until=until,
    )


def in_force(agreement: AgreementFact, requirement: int, until: date | None) -> Finding:
    """Both sides signed, it has begun, it is not over, and its review is not too late."""
    return Finding(
        requirement=requirement,
        state=State.MET,
        code="agreement-in-force",
        sentence=f"“{agreement.title}” is signed by both sides and in force.",
        target=f"agreement:{agreement.key}",
        basis=Basis.RULE,
        until=until,
    )


def not_for_daily_use(agreement: AgreementFact, requirement: int, until: date | None) -> Finding:
    """It names where it covers its tools, and daily use is not among it."""
    where = " and ".join(sorted(f"“{each.label}”" for each in agreement.environments))
    plan = f", on the plan “{agreement.plan}”" if agreement.plan else ""
    return Finding(
        requirement=requirement,
        state=State.OPEN,
        code="not-for-daily-use",
        sentence=f"“{agreement.title}” covers only {where}{plan}. Daily use is left out.",
        change="Have daily use signed for, or mark it on the agreement if the text covers it.",
        target=f"agreement:{agreement.key}",
        basis=Basis.PRODUCT_POLICY,
        until=until,
    )


def file_set_aside(agreement: AgreementFact, file: EvidenceFact, requirement: int, until: date | None) -> Finding:
    """Its signed document is quarantined, purged or withheld, so nobody can read what was agreed."""
    return Finding(
        requirement=requirement,
        state=State.OPEN,
        code="agreement-file-set-aside",
        sentence=f"The signed file of “{agreement.title}”, {file.label}, is set aside and proves nothing.",
        change="Open the file to see why, add a clean copy, and choose it on the agreement.",
        target=f"agreement:{agreement.key}",
        basis=Basis.PRODUCT_POLICY,
        until=until,
    )


def out_of_force(agreement: AgreementFact, stage: Stage, requirement: int, until: date | None) -> Finding:
    """It is over, not signed by both sides, or has not begun."""
    code, says, change = _WORDS[stage]
    if stage is Stage.UNSIGNED:
        says = f"is not signed by {_unsigned_by(agreement)}"
    elif stage is Stage.UPCOMING and agreement.starts_on is not None:
        says = f"is in force only from {long_date(agreement.starts_on)}"
    return Finding(
        requirement=requirement,
        state=State.OPEN,
        code=code,
        sentence=f"“{agreement.title}” {says}.",
        change=change,
        target=f"agreement:{agreement.key}",
        basis=Basis.RULE,
        until=until,
    )


_WORDS: dict[Stage, tuple[str, str, str]] = {
    Stage.ENDED: (
        "agreement-ended",
        "has ended",
        "Sign a new agreement, or stop using the tools it covered.",
    ),
    Stage.UNSIGNED: ("agreement-unsigned", "", "Get the missing signature, and record its date."),
    Stage.UPCOMING: ("agreement-upcoming", "", "Wait until that day before you send any patient data."),
}


def _unsigned_by(agreement: AgreementFact) -> str:
    sides = {"your practice": agreement.practice_signed_on, "the vendor": agreement.vendor_signed_on}
    return " or ".join(side for side, signed_on in sides.items() if signed_on is None)
