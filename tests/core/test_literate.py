"""Literate data is checked field by field, and a refusal names the file and the field."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from practice_vetting.core.basis import Basis, Citation, SourceStatus, public_address
from practice_vetting.core.literate import CatalogueError, Table, longest_sentence, read_table


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"


def table(**values: Any) -> Table:
    return Table(values, file="here.toml", place="entry")


def refusal(taking: Any) -> str:
    with pytest.raises(CatalogueError) as refused:
        taking()
    return str(refused.value)


def test_a_missing_field_is_named_with_its_file_and_place() -> None:
    assert refusal(lambda: table().text("title")) == "here.toml: entry.title: is missing"


def test_a_field_that_nobody_asked_for_is_refused() -> None:
    given = table(title="A title", tilte="A slip")
    given.text("title")
    assert refusal(given.done) == "here.toml: entry.tilte: is not a field that is known here"


def test_a_text_of_spaces_is_empty() -> None:
    assert refusal(lambda: table(title=" \n ").text("title")) == "here.toml: entry.title: is empty"


def test_line_breaks_in_a_text_become_single_spaces() -> None:
    assert table(title=" Two\n  lines ").text("title") == "Two lines"


def test_a_number_is_not_a_text() -> None:
    said = refusal(lambda: table(title=7).text("title"))
    assert said == "here.toml: entry.title: must be of type str, and is int"


def test_true_is_not_a_number() -> None:
    said = refusal(lambda: table(number=True).number("number"))
    assert said == "here.toml: entry.number: must be of type int, and is bool"


@pytest.mark.parametrize("number", [0, -3])
def test_a_number_is_above_zero(number: int) -> None:
    assert refusal(lambda: table(number=number).number("number")) == "here.toml: entry.number: must be 1 or more"


def test_a_sentence_of_25_words_is_the_longest_allowed() -> None:
    sentence = " ".join(["word"] * 25) + "."
    assert table(plain=sentence).plain("plain") == sentence


def test_a_sentence_of_26_words_is_refused() -> None:
    said = refusal(lambda: table(plain="Short. " + " ".join(["word"] * 26) + ".").plain("plain"))
    assert said == "here.toml: entry.plain: has a sentence of 26 words; 25 is the most"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One two three.", 3),
        ("One. Two three! Four?", 2),
        ("“One two.” Three four five.", 3),
        ("See 45 CFR 164.504(e) first.", 5),
        ("No end", 2),
    ],
)
def test_sentences_end_at_their_marks_and_not_inside_a_citation(text: str, words: int) -> None:
    assert longest_sentence(text) == words


@pytest.mark.parametrize("count", [2, 4])
def test_too_few_or_too_many_texts_are_refused(count: int) -> None:
    texts = [f"Text {n}." for n in range(count)]
    said = refusal(lambda: table(flags=texts).plains("flags", least=3, most=3))
    assert said == f"here.toml: entry.flags: holds {count} texts; 3 to 3 are needed"


@pytest.mark.parametrize("take", ["plains", "labels"])
def test_the_same_text_twice_is_refused(take: str) -> None:
    said = refusal(lambda: getattr(table(texts=["Same.", "Same."]), take)("texts"))
    assert said == "here.toml: entry.texts: says the same thing twice"


def test_a_list_of_mixed_kinds_is_refused() -> None:
    said = refusal(lambda: table(texts=["A text.", 3]).plains("texts"))
    assert said == "here.toml: entry.texts: must be a list of str"


def test_a_word_that_the_enum_does_not_know_is_refused() -> None:
    said = refusal(lambda: table(fruit="plum").choice("fruit", Fruit))
    assert said == "here.toml: entry.fruit: 'plum' is not one of apple, pear"


def test_a_flag_that_is_not_there_is_false() -> None:
    assert table().flag("may_not_apply") is False


def test_a_date_is_read_as_a_date() -> None:
    assert table(on=date(2026, 11, 21)).value("on", date) == date(2026, 11, 21)


def test_a_text_is_no_date() -> None:
    said = refusal(lambda: table(on="2026-11-21").value("on", date))
    assert said == "here.toml: entry.on: must be of type date, and is str"


def test_a_refusal_inside_a_list_of_tables_names_the_place_in_it() -> None:
    second = table(route=[{"code": "a"}, {}]).tables("route")[1]
    assert refusal(lambda: second.text("code")) == "here.toml: entry.route[2].code: is missing"


def test_citations_are_read_with_their_addresses() -> None:
    cited = [{"label": "A rule", "url": "https://a.example/rule"}]
    assert table(citations=cited).citations("citations", Basis.RULE) == (Citation("A rule", "https://a.example/rule"),)


def test_a_citation_without_https_is_refused() -> None:
    cited = [{"label": "A rule", "url": "http://a.example/rule"}]
    said = refusal(lambda: table(citations=cited).citations("citations", Basis.RULE))
    assert said == "here.toml: entry.citations[1].url: must begin with https://"


@pytest.mark.parametrize("basis", sorted(set(Basis) - {Basis.BEST_PRACTICE, Basis.PRODUCT_POLICY}))
def test_whoever_claims_a_law_must_name_it(basis: Basis) -> None:
    said = refusal(lambda: table(citations=[]).citations("citations", basis))
    assert said == f"here.toml: entry.citations: the basis {basis.value!r} needs a citation"


@pytest.mark.parametrize("basis", [Basis.BEST_PRACTICE, Basis.PRODUCT_POLICY])
def test_a_choice_of_people_needs_no_citation(basis: Basis) -> None:
    assert table(citations=[]).citations("citations", basis) == ()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refusal(lambda: read_table(tmp_path / "gone.toml")) == "gone.toml: cannot be read"


@pytest.mark.parametrize("content", [b"code = ", b"code = '\xff'"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.toml").write_bytes(content)
    assert refusal(lambda: read_table(tmp_path / "bad.toml")).startswith("bad.toml: is not TOML: ")


@pytest.mark.parametrize(
    ("label", "address"),
    [
        ("45 CFR 164.504(e)(2)(i)", "https://www.ecfr.gov/current/title-45/section-164.504"),
        ("42 CFR 2.11", "https://www.ecfr.gov/current/title-42/section-2.11"),
        ("89 FR 12472, the 2024 rule", "https://www.federalregister.gov/citation/89-FR-12472"),
        ("Illinois Public Act 104-0054", ""),
    ],
)
def test_federal_citations_have_an_address_where_anybody_can_read_them(label: str, address: str) -> None:
    assert public_address(label) == address


def test_every_basis_has_a_label_of_its_own() -> None:
    assert [basis.label for basis in Basis] == [
        "Required by rule",
        "Required by rule, if it applies",
        "Addressable under the rule",
        "Allowed if agreed",
        "Proposed, not law",
        "State law",
        "Good practice",
        "Our policy",
    ]


def test_every_basis_is_explained_in_short_sentences() -> None:
    assert [basis for basis in Basis if not 1 < longest_sentence(basis.meaning) <= 25] == []


def test_only_federal_rules_in_force_are_called_law_now() -> None:
    assert [basis for basis in Basis if basis.is_law_now] == [Basis.RULE, Basis.RULE_IF, Basis.ADDRESSABLE]


def test_every_source_status_has_a_label_of_its_own() -> None:
    assert len({status.label for status in SourceStatus}) == len(SourceStatus)
