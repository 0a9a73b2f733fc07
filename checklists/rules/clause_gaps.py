"""What agreements lack of the clauses they need, and how to say so."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from checklists.rules.findings import Finding, State
from checklists.verdict_facts import AgreementFact, Rules, Stage
from practice_vetting.core.basis import Basis
from vendors import clause_gaps
from vendors.clause_gaps import Gap, gap_of
from vendors.clause_wants import ADVISED, days_want, says
from vendors.clauses import Clause

_WORDS: dict[Gap, tuple[State, str, str, str]] = {
    Gap.ABSENT: (
        State.FAILED,
        "clause-absent",
        "is missing from",
        "Ask the vendor to add it, and read the signed change.",
    ),
    Gap.PARTIAL: (
        State.OPEN,
        "clause-partial",
        "is only partly in",
        "Ask the vendor to complete it, and read the signed change.",
    ),
    Gap.MUST_APPLY: (
        State.OPEN,
        "clause-must-apply",
        "cannot be set aside in",
        "Read it again, and mark it present, partly there or absent.",
    ),
    Gap.NO_DAYS: (
        State.OPEN,
        "clause-no-days",
        "",
        "Ask the vendor for a number of days from discovery, and read the signed change.",
    ),
    Gap.OVER_LIMIT: (
        State.FAILED,
        "clause-over-limit",
        "",
        "Ask the vendor for fewer days, and read the signed change.",
    ),
}
#: 164.410(b) sets a limit of 60 days; that a number has to be written down is our policy
_BASIS = {Gap.OVER_LIMIT: Basis.RULE, Gap.NO_DAYS: Basis.PRODUCT_POLICY}
_Reading = tuple[AgreementFact, Clause, Gap | None]


@dataclass(frozen=True, slots=True)
class ClauseGap:
    """One needed clause that does not count, in the agreement that comes closest to holding it."""

    agreement: AgreementFact
    clause: Clause
    gap: Gap

    @property
    def place(self) -> tuple[str, str]:
        """Sorts by agreement, then by clause."""
        return self.agreement.key, self.clause.code


def gap_in(agreement: AgreementFact, clause: Clause) -> Gap | None:
    """Why the clause does not count in this agreement; None when it does."""
    return gap_of(clause, agreement.readings.get(clause.code), agreement.days.get(clause.code))


def advised_gap_in(agreement: AgreementFact, clause: Clause) -> Gap | None:
    """The same, and also a number of days that counts and is not what we advise."""
    status, days = agreement.readings.get(clause.code), agreement.days.get(clause.code)
    return gap_in(agreement, clause) or (Gap.DAYS if days_want(clause, status, days) in ADVISED else None)


def required_gaps(agreement: AgreementFact, rules: Rules) -> list[ClauseGap]:
    """What an agreement lacks that each must have: the clauses always needed, and no more days than a rule allows."""
    found = clause_gaps.required_gaps(rules.clauses, agreement.readings, agreement.days)
    return [ClauseGap(agreement, clause, gap) for clause, gap in found]


def gaps_across(
    agreements: Iterable[AgreementFact],
    clauses: Iterable[Clause],
    on: date,
    *,
    gap_of: Callable[[AgreementFact, Clause], Gap | None] = gap_in,
) -> list[ClauseGap] | None:
    """The clauses that count in none of the agreements in force; None when none is in force.

    Agreements complete each other: for each clause the best of them speaks.
    """
    live = [each for each in agreements if each.stage(on) is Stage.IN_FORCE]
    if not live:
        return None
    best = (min((_gap_today(each, clause, on, gap_of) for each in live), key=_rank) for clause in clauses)
    return [ClauseGap(agreement, clause, gap) for agreement, clause, gap in best if gap is not None]


def clause_findings(gaps: Iterable[ClauseGap], *, requirement: int, matter: str, until: date | None) -> list[Finding]:
    """A finding for each clause found wanting, and one an agreement for those that nobody has read."""
    ordered = sorted({gap.place: gap for gap in gaps}.values(), key=lambda gap: gap.place)
    findings = [_told(gap, requirement, until) for gap in ordered if gap.gap in _WORDS]
    for agreement, count in _count(ordered, Gap.UNREAD):
        findings.append(_unread(agreement, count, requirement, matter, until))
    for agreement, _ in _count(ordered, Gap.LAPSED):
        findings.append(lapsed(agreement, requirement, until))
    return findings


def lapsed(agreement: AgreementFact, requirement: int, until: date | None) -> Finding:
    """The review of an agreement is more than the days of grace late."""
    return Finding(
        requirement=requirement,
        state=State.OPEN,
        code="review-lapsed",
        sentence=f"The review of “{agreement.title}” is more than 30 days late.",
        change="Review the agreement, and record the date of the next review.",
        target=f"agreement:{agreement.key}",
        basis=Basis.PRODUCT_POLICY,
        until=until,
    )


def told(gap: ClauseGap) -> str:
    """The sentence for a clause that somebody looked for and did not find whole."""
    code, title = gap.clause.code, gap.clause.title
    if gap.gap is Gap.NO_DAYS:
        return f"Clause {code}, “{title}”, of “{gap.agreement.title}”: no number of days is written down."
    if gap.gap in {Gap.DAYS, Gap.OVER_LIMIT}:
        days = gap.agreement.days.get(code)
        found = days_want(gap.clause, gap.agreement.readings.get(code), days)
        return f"Clause {code}, “{title}”, of “{gap.agreement.title}” {says(found, gap.clause, days)}." if found else ""
    return f"Clause {code}, “{title}”, {_WORDS[gap.gap][2]} “{gap.agreement.title}”."


def _told(gap: ClauseGap, requirement: int, until: date | None) -> Finding:
    state, code, _, change = _WORDS[gap.gap]
    return Finding(
        requirement=requirement,
        state=state,
        code=code,
        sentence=told(gap),
        change=change,
        target=f"clause:{gap.agreement.key}:{gap.clause.code}",
        basis=_BASIS.get(gap.gap, gap.clause.basis),
        until=until,
    )


def _unread(agreement: AgreementFact, count: int, requirement: int, matter: str, until: date | None) -> Finding:
    clauses = "clause has" if count == 1 else "clauses have"
    return Finding(
        requirement=requirement,
        state=State.OPEN,
        code="clauses-unread",
        sentence=f"{count} {matter} {clauses} not been read in “{agreement.title}”.",
        change="Read the agreement, and mark each clause present, partly there or absent.",
        target=f"agreement:{agreement.key}",
        basis=Basis.PRODUCT_POLICY,
        until=until,
    )


def _count(gaps: Iterable[ClauseGap], kind: Gap) -> list[tuple[AgreementFact, int]]:
    """The agreements with such gaps, in order, and how many each has."""
    such = [gap.agreement for gap in gaps if gap.gap is kind]
    counts = Counter(agreement.key for agreement in such)
    return [(agreement, counts[key]) for key, agreement in {each.key: each for each in such}.items()]


def _gap_today(
    agreement: AgreementFact, clause: Clause, on: date, gap_of: Callable[[AgreementFact, Clause], Gap | None]
) -> _Reading:
    gap = gap_of(agreement, clause)
    if gap is None and agreement.review_lapsed(on):
        gap = Gap.LAPSED
    return agreement, clause, gap


def _rank(reading: _Reading) -> tuple[int, str]:
    agreement, _, gap = reading
    return gap or 0, agreement.key
