"""What holds of every verdict, whatever the facts: searched for by hypothesis, the same way each time."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from checklists.rules.first_data import EARLY_DATA
from checklists.states import Response
from checklists.verdict import Outcome, Verdict
from checklists.verdict_facts import AgreementFact, AnswerFact, EvidenceFact, PracticeFacts, ToolFact
from tests.checklists.cases import CLAUSES, ROUTES, TODAY, judged, make_agreement, make_answer, readings
from vendors.clauses import Need, ReadingStatus
from vendors.kinds import AgreementKind

Facts = dict[str, Any]

searched = settings(max_examples=100, derandomize=True, deadline=None, database=None)

RANK = {Outcome.STOPPED: 0, Outcome.NOT_CLEARED: 1, Outcome.CLEARED: 2}
RESPONSE_RANK = {
    Response.IN_WRITING: 2,
    Response.SAID: 1,
    Response.NOT_ASKED: 1,
    Response.VAGUE: 0,
    Response.NO: 0,
}
READING_RANK = {ReadingStatus.PRESENT: 2, ReadingStatus.PARTIAL: 1, None: 1, ReadingStatus.ABSENT: 0}
TOOL_KEYS = ("t1", "t2", "t3")
CODES = [clause.code for clause in CLAUSES]


def mostly(good: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Good facts most of the time: a verdict with nothing but holes tells little."""
    return st.sampled_from([good] * (3 * len(others) or 1) + list(others))


DAYS = st.integers(-70, 70).map(lambda days: TODAY + timedelta(days=days))
PAST = st.integers(-70, -40).map(lambda days: TODAY + timedelta(days=days))
MAYBE_DAY = st.none() | DAYS
SIGNATURE = st.one_of(PAST, PAST, PAST, MAYBE_DAY)
EVIDENCE = st.builds(
    EvidenceFact,
    key=st.sampled_from(["e1", "e2", "e3"]),
    label=st.just("E-01"),
    title=st.just("Paper"),
    expires_on=MAYBE_DAY,
    usable=mostly(True, False),
)
READINGS = st.fixed_dictionaries({code: mostly(*READING_RANK) for code in CODES}).map(lambda found: readings(**found))
TOOLS = st.lists(
    st.builds(
        ToolFact,
        key=st.sampled_from(TOOL_KEYS),
        name=st.sampled_from(["Scribe", "Billing"]),
        touches_phi=mostly(True, False),
        part2=st.booleans(),
        first_phi_on=st.one_of(st.none(), DAYS),
    ),
    max_size=3,
    unique_by=lambda tool: tool.key,
).map(tuple)
AGREEMENTS = st.lists(
    st.builds(
        AgreementFact,
        key=st.sampled_from(["a1", "a2", "a3", "a4"]),
        kind=mostly(AgreementKind.BAA, AgreementKind.RIDER, AgreementKind.QSOA),
        title=st.sampled_from(["BAA", "Rider"]),
        practice_signed_on=SIGNATURE,
        vendor_signed_on=SIGNATURE,
        effective_on=MAYBE_DAY,
        ends_on=MAYBE_DAY,
        ended_on=st.one_of(st.none(), st.none(), DAYS),
        next_review_on=MAYBE_DAY,
        tool_keys=mostly(frozenset(TOOL_KEYS), frozenset({"t1"}), frozenset()),
        readings=READINGS,
    ),
    max_size=4,
    unique_by=lambda agreement: agreement.key,
).map(tuple)


@st.composite
def some_answers(draw: st.DrawFn) -> tuple[AnswerFact, ...]:
    return tuple(
        AnswerFact(
            number,
            draw(mostly(Response.IN_WRITING, *Response)),
            draw(mostly(*ROUTES.get(number, ()), "")),
            tuple(draw(st.lists(EVIDENCE, max_size=2))) or (EvidenceFact("e0", "E-00", "Paper"),),
        )
        for number in range(1, 10)
    )


@st.composite
def cleared_facts(draw: st.DrawFn) -> Facts:
    """A cleared evaluation in which every paper is needed: one an answer, one agreement a tool."""
    keys = TOOL_KEYS[: draw(st.integers(1, 3))]
    routes = {3: draw(st.sampled_from(ROUTES[3])), 5: draw(st.sampled_from(ROUTES[5]))}
    memo, remediated, rider = (draw(st.booleans()) for _ in range(3))
    responses = {5: Response.DOES_NOT_APPLY} if memo else {}
    used_on = TODAY - timedelta(days=300 if remediated else 1)
    promises = {"B50": None, "B51": None} if rider else {}
    agreements = [make_agreement(f"a{key}", tool_keys=frozenset({key}), readings=readings(**promises)) for key in keys]
    if rider:
        inside = readings(B07=None, B13=None, B30=None)
        agreements.append(make_agreement("r", kind=AgreementKind.RIDER, tool_keys=frozenset(keys), readings=inside))
    return {
        "answers": tuple(
            make_answer(n, responses.get(n, Response.IN_WRITING), route=routes.get(n, "")) for n in range(1, 10)
        ),
        "tools": tuple(ToolFact(key, key, True, not memo, used_on) for key in keys),
        "agreements": tuple(agreements),
        "exposure": "closed" if remediated else None,
    }


WILD_FACTS = st.fixed_dictionaries(
    {
        "answers": some_answers(),
        "tools": TOOLS,
        "agreements": AGREEMENTS,
        "practice": st.builds(PracticeFacts, part2=st.booleans(), strict=mostly(False, True)),
        "exposure": st.sampled_from([None, "open", "closed"]),
    }
)

# What one change to a single fact may draw, field by field.
CHANGES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "answers": {
        "response": st.sampled_from(Response),
        "route": st.sampled_from(["", "deidentified", "agreements", "qso", "consent"]),
        "evidence": st.lists(EVIDENCE, max_size=2).map(tuple),
    },
    "tools": {"touches_phi": st.booleans(), "part2": st.booleans(), "first_phi_on": MAYBE_DAY, "gone_on": MAYBE_DAY},
    "agreements": {
        "practice_signed_on": MAYBE_DAY,
        "effective_on": MAYBE_DAY,
        "ends_on": MAYBE_DAY,
        "ended_on": MAYBE_DAY,
        "next_review_on": MAYBE_DAY,
        "tool_keys": st.frozensets(st.sampled_from(TOOL_KEYS)),
        "readings": READINGS,
    },
}


@st.composite
def nearly_cleared(draw: st.DrawFn) -> Facts:
    """A cleared evaluation, a second agreement for its tools perhaps, and up to four facts changed."""
    facts = draw(cleared_facts())
    facts["practice"] = draw(st.builds(PracticeFacts, part2=st.booleans(), strict=mostly(False, True)))
    facts["exposure"] = draw(st.sampled_from([None, "open", "closed"]))
    if draw(st.booleans()):
        facts["agreements"] += (make_agreement("z", tool_keys=frozenset(TOOL_KEYS)),)
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from(["answers", "tools", "agreements", "agreements"]))
        fact = draw(st.sampled_from(facts[name]))
        column = draw(st.sampled_from(sorted(CHANGES[name])))
        facts = replaced(facts, name, fact, replace(fact, **{column: draw(CHANGES[name][column])}))
    return facts


SOME_FACTS = nearly_cleared() | nearly_cleared() | WILD_FACTS


def without_one_document(facts: Facts) -> Iterator[Facts]:
    """The same facts, each time without one piece of evidence, one signature or one clause that is needed."""
    for answer in facts["answers"]:
        if answer.question != 7:
            yield replaced(facts, "answers", answer, replace(answer, evidence=()))
    rests_on_rider = _needs(facts)
    for agreement in facts["agreements"]:
        if agreement.kind is AgreementKind.BAA or rests_on_rider & set(agreement.readings):
            for side in ("practice_signed_on", "vendor_signed_on"):
                yield replaced(facts, "agreements", agreement, replace(agreement, **{side: None}))
        for code in _needs(facts, agreement) & set(agreement.readings):
            yield replaced(facts, "agreements", agreement, replace(agreement, readings=_but(agreement, code)))


def _needs(facts: Facts, agreement: AgreementFact | None = None) -> set[str]:
    """The codes that the facts rest on, those of Part 2 alone unless the agreement is a BAA."""
    routes = {answer.route for answer in facts["answers"] if answer.response is Response.IN_WRITING}
    needs = {Need.PART2} if "qso" in routes else set()
    if agreement is not None and agreement.kind is AgreementKind.BAA:
        needs |= {Need.ALWAYS, Need.ROUTE_B} if "agreements" in routes else {Need.ALWAYS}
    return {clause.code for clause in CLAUSES if clause.needed_for in needs}


def _but(agreement: AgreementFact, code: str) -> dict[str, ReadingStatus]:
    return {each: status for each, status in agreement.readings.items() if each != code}


def replaced(facts: Facts, name: str, old: Any, new: Any) -> Facts:
    return {**facts, name: tuple(new if each is old else each for each in facts[name])}


def rank(facts: Facts) -> int:
    return RANK[judged(**facts).outcome]


def days_in(facts: Facts) -> set[date]:
    """Every day on which, going by any date in the facts, something could turn; and those around it."""
    papers = [paper for answer in facts["answers"] for paper in answer.evidence]
    values = [
        getattr(fact, field.name) for fact in (*papers, *facts["tools"], *facts["agreements"]) for field in fields(fact)
    ]
    days = {day for day in values if isinstance(day, date)}
    return {day + timedelta(days=n) for day in days for n in (-1, 0, 1, 30, 31, 32)}


def undated(verdict: Verdict) -> Verdict:
    return replace(verdict, on=date.min)


@searched
@given(SOME_FACTS)
def test_nothing_changes_before_the_day_that_was_announced(facts: Facts) -> None:
    today = judged(**facts)
    before = today.changes_on or date.max
    quiet = [day for day in days_in(facts) if TODAY < day < before]
    assert [undated(judged(**facts, on=day)) for day in quiet] == [undated(today)] * len(quiet)


@searched
@given(SOME_FACTS)
def test_the_announced_day_lies_ahead(facts: Facts) -> None:
    changes_on = judged(**facts).changes_on
    assert changes_on is None or changes_on > TODAY


@searched
@given(SOME_FACTS, st.data())
def test_no_worse_answer_turns_a_verdict_better(facts: Facts, data: st.DataObject) -> None:
    asked = [a for a in facts["answers"] if a.question != 7 and a.response in RESPONSE_RANK]
    if asked:
        answer = data.draw(st.sampled_from(asked))
        worse = [r for r, place in RESPONSE_RANK.items() if place <= RESPONSE_RANK[answer.response]]
        changed = replace(answer, response=data.draw(st.sampled_from(worse)))
        assert rank(replaced(facts, "answers", answer, changed)) <= rank(facts)


@searched
@given(SOME_FACTS, st.sampled_from(list(RESPONSE_RANK)))
def test_for_question_7_any_answer_is_as_good_as_another_and_none_is_worst(facts: Facts, response: Response) -> None:
    answer = facts["answers"][6]
    outcomes = [
        rank(replaced(facts, "answers", answer, replace(answer, response=each)))
        for each in (Response.NOT_ASKED, response, Response.IN_WRITING)
    ]
    assert outcomes == sorted(outcomes)
    assert response is Response.NOT_ASKED or outcomes[1] == outcomes[2]


@searched
@given(SOME_FACTS, st.integers(1, 9))
def test_no_evidence_taken_away_turns_a_verdict_better(facts: Facts, number: int) -> None:
    answer = facts["answers"][number - 1]
    assert rank(replaced(facts, "answers", answer, replace(answer, evidence=answer.evidence[1:]))) <= rank(facts)


@searched
@given(SOME_FACTS, st.sampled_from(CODES), st.data())
def test_no_worse_clause_turns_a_verdict_better(facts: Facts, code: str, data: st.DataObject) -> None:
    if facts["agreements"]:
        agreement = data.draw(st.sampled_from(facts["agreements"]))
        found = READING_RANK[agreement.readings.get(code)]
        worse = data.draw(st.sampled_from([s for s, place in READING_RANK.items() if place <= found]))
        read = {**_but(agreement, code), **({} if worse is None else {code: worse})}
        changed = replaced(facts, "agreements", agreement, replace(agreement, readings=read))
        assert rank(changed) <= rank(facts)


@searched
@given(SOME_FACTS)
def test_no_step_of_an_exposure_turns_a_verdict_worse(facts: Facts) -> None:
    ranks = [rank({**facts, "exposure": exposure}) for exposure in (None, "open", "closed")]
    assert ranks == sorted(ranks)


@searched
@given(SOME_FACTS)
def test_the_order_of_the_facts_does_not_matter(facts: Facts) -> None:
    turned = {name: each[::-1] for name, each in facts.items() if isinstance(each, tuple)}
    assert judged(**facts) == judged(**{**facts, **turned})


@searched
@given(SOME_FACTS)
def test_every_reason_says_where_and_how_it_changes(facts: Facts) -> None:
    verdict = judged(**facts)
    assert all(finding.change and finding.target and finding.basis for finding in verdict.missing)
    assert (verdict.outcome is Outcome.CLEARED) == (not verdict.missing)
    weights = [(finding.state.severity, finding.code in EARLY_DATA) for finding in verdict.missing]
    assert weights == sorted(weights, reverse=True)


@settings(searched, max_examples=40)
@given(cleared_facts())
def test_a_cleared_evaluation_needs_every_one_of_its_documents(facts: Facts) -> None:
    assert judged(**facts).outcome is Outcome.CLEARED
    assert [judged(**less).missing for less in without_one_document(facts) if rank(less) == 2] == []
