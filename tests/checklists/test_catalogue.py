"""What the first edition says: five requirements, nine questions, and what is law and what is policy."""

import re
from collections.abc import Iterator
from datetime import date

import pytest

from checklists.catalogue import Question, Requirement, current, edition
from practice_vetting.core.basis import Basis, public_address
from practice_vetting.core.literate import longest_sentence

FIRST = edition("2026-1")
EVERYTHING: tuple[Requirement | Question, ...] = (*FIRST.requirements, *FIRST.questions)
POLICY = {Basis.PRODUCT_POLICY, Basis.BEST_PRACTICE}


def requirement_texts(requirement: Requirement) -> tuple[str, ...]:
    texts = (requirement.title, requirement.short, requirement.plain, requirement.why)
    return (*texts, requirement.basis_note)


def question_texts(question: Question) -> tuple[str, ...]:
    routes = [text for route in question.routes for text in (route.label, route.hint)]
    texts = (question.title, question.ask, question.why, question.acceptable, question.basis_note)
    return (*texts, *question.red_flags, *question.evidence, *routes)


def all_texts() -> Iterator[tuple[str, str]]:
    """Every text a person can read, with the name of the entry it stands in."""
    yield "edition", FIRST.title
    for requirement in FIRST.requirements:
        yield from ((f"requirement {requirement.number}", text) for text in requirement_texts(requirement))
    for question in FIRST.questions:
        yield from ((f"question {question.number}", text) for text in question_texts(question))
    for item in FIRST.checklist:
        yield from ((item.code, text) for text in (item.text, item.note))


def sentences(text: str) -> list[str]:
    return re.split(r"[.?!][”’)]*\s+", text)


def spoken_by_us(text: str) -> str:
    """The text without what a vendor is quoted as saying."""
    return re.sub(r"“[^”]*”", "“”", text)


def test_the_current_edition_is_the_first_of_2026() -> None:
    about = (current().code, current().published_on, current().clause_list)
    assert about == ("2026-1", date(2026, 11, 21), "2026-1")


def test_the_five_requirements_stand_in_order_with_the_names_on_their_seals() -> None:
    assert [(requirement.number, requirement.short) for requirement in FIRST.requirements] == [
        (1, "Signed agreement first"),
        (2, "Identifiers stay inside"),
        (3, "A log of every action"),
        (4, "Substance-use records"),
        (5, "A clinician signs"),
    ]


def test_the_nine_questions_stand_in_order_with_their_short_titles() -> None:
    assert [(question.number, question.title) for question in FIRST.questions] == [
        (1, "The agreement, in time"),
        (2, "No training on your data"),
        (3, "What leaves, and who gets it"),
        (4, "The log of AI actions"),
        (5, "Records under Part 2"),
        (6, "The day you leave"),
        (7, "An independent report"),
        (8, "Who can look inside"),
        (9, "Nothing goes in unsigned"),
    ]


def test_each_requirement_rests_on_exactly_its_questions() -> None:
    rests_on = {requirement.number: requirement.questions for requirement in FIRST.requirements}
    assert rests_on == {1: (1, 2, 6, 8), 2: (3,), 3: (4, 8), 4: (5,), 5: (9,)}


def test_each_question_supports_exactly_its_requirements() -> None:
    supports = {question.number: question.requirements for question in FIRST.questions}
    assert supports == {1: (1,), 2: (1,), 3: (2,), 4: (3,), 5: (4,), 6: (1,), 7: (), 8: (1, 3), 9: (5,)}


def test_only_the_question_about_a_report_is_advice() -> None:
    assert [question.number for question in FIRST.questions if question.is_advice_only] == [7]


def test_only_the_question_about_part_2_may_not_apply_and_it_asks_for_a_memo() -> None:
    assert [question.number for question in FIRST.questions if question.may_not_apply] == [5]
    assert "If Part 2 does not reach you: the signed memo that says why" in FIRST.question(5).evidence


def test_questions_3_and_5_have_two_routes_and_no_other_has_any() -> None:
    routes = {question.number: [route.code for route in question.routes] for question in FIRST.questions}
    assert {number: found for number, found in routes.items() if found} == {
        3: ["deidentified", "agreements"],
        5: ["qso", "consent"],
    }


def test_the_checklist_is_six_items_that_cover_every_requirement() -> None:
    covered = [(item.code, item.requirement) for item in FIRST.checklist]
    assert covered == [("C1", 1), ("C2", 2), ("C3", 1), ("C4", 3), ("C5", 5), ("C6", 4)]


def test_each_requirement_shows_what_it_rests_on() -> None:
    assert {requirement.number: requirement.basis for requirement in FIRST.requirements} == {
        1: Basis.RULE,
        2: Basis.PRODUCT_POLICY,
        3: Basis.RULE,
        4: Basis.RULE_IF,
        5: Basis.PRODUCT_POLICY,
    }


def test_each_question_shows_what_it_rests_on() -> None:
    assert {question.number: question.basis for question in FIRST.questions} == {
        1: Basis.RULE,
        2: Basis.BEST_PRACTICE,
        3: Basis.PRODUCT_POLICY,
        4: Basis.BEST_PRACTICE,
        5: Basis.RULE_IF,
        6: Basis.RULE,
        7: Basis.BEST_PRACTICE,
        8: Basis.RULE,
        9: Basis.PRODUCT_POLICY,
    }


def test_what_is_our_policy_says_so_in_words() -> None:
    ours = [entry for entry in EVERYTHING if entry.basis == Basis.PRODUCT_POLICY]
    assert [entry.title for entry in ours if "our own policy" not in entry.basis_note] == []


def test_what_no_rule_demands_says_what_the_rule_does_say() -> None:
    chosen = [entry for entry in EVERYTHING if entry.basis in POLICY]
    assert [entry.title for entry in chosen if not re.search(r"HIPAA|rule", entry.basis_note)] == []


def test_every_federal_citation_links_to_its_own_section() -> None:
    cited = [citation for entry in EVERYTHING for citation in entry.citations]
    federal = [citation for citation in cited if " CFR " in citation.label or " FR " in citation.label]
    assert [citation for citation in federal if citation.url != public_address(citation.label)] == []
    assert {citation.label for citation in cited} - {citation.label for citation in federal} == {
        "HHS answer 247, on electronic contracts",
        "Illinois Public Act 104-0054",
        "Texas Senate Bill 1188",
    }


def test_every_red_flag_quotes_what_is_heard_and_then_says_why_it_is_not_enough() -> None:
    flags = [flag for question in FIRST.questions for flag in question.red_flags]
    assert [flag for flag in flags if not re.fullmatch(r"“[^“”]+[.?!]” [A-Z][^“”]+\.", flag)] == []


def test_no_sentence_is_longer_than_25_words() -> None:
    assert [(entry, text) for entry, text in all_texts() if longest_sentence(text) > 25] == []


def test_the_name_on_a_seal_is_five_words_at_most() -> None:
    assert [each.short for each in FIRST.requirements if len(each.short.split()) > 5] == []


def test_every_ask_is_a_question_or_a_request_to_the_vendor() -> None:
    asks = {question.number: question.ask for question in FIRST.questions}
    assert [number for number, ask in asks.items() if "?" not in ask or not re.search(r"\byou|[Pp]lease", ask)] == []


@pytest.mark.parametrize(
    "claim",
    [
        r"HIPAA[- ](certified|compliant|certificate|certification)",
        r"Part 2[- ]compliant",
        r"SOC 2 certif",
        r"HIPAA (requires|demands|mandates)|(required|demanded|mandated) by HIPAA",
        r"guarantee",
        r"legal advice",
        r"most common breach|cost of a breach|average cost",
        r"SAMHSA",
    ],
)
def test_nothing_repeats_a_claim_that_is_not_so(claim: str) -> None:
    found = [entry for entry, text in all_texts() if re.search(claim, spoken_by_us(text), re.IGNORECASE)]
    assert found == []


def test_seven_years_is_never_called_hipaas() -> None:
    found = [
        entry
        for entry, text in all_texts()
        for sentence in sentences(text)
        if re.search(r"\b(seven|7)\b", sentence) and "HIPAA" in sentence
    ]
    assert found == []


def test_six_years_is_told_as_the_period_for_documents_and_logs_as_unsettled() -> None:
    note = FIRST.requirement(3).basis_note
    assert "Six years is HIPAA's period for required documents" in note
    assert "whether logs belong to them is not settled" in note


def test_part_2_does_not_follow_from_one_patients_history() -> None:
    assert "One patient's history does not turn a practice into a program." in FIRST.requirement(4).basis_note


def test_a_published_edition_does_not_change() -> None:
    """Evaluations were answered against these words. When they must change, write a new edition instead."""
    assert FIRST.digest == "1be544501a02a073a7a068d94edb50fec1c065216aaaf0967575de005d947182"
