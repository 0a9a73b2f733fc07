"""What changed between two contents: of one vendor on two days, or of two evaluations. Pure: no Django, no clock.

differences(before, after) -> sections, each with its rows and the number of things in it that stayed as they were
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from checklists import diligence_differences

Data = Mapping[str, Any]
#: what is known of a thing, in the order in which it is told; a list is compared item by item
Facts = dict[str, str | tuple[str, ...]]
#: a thing by its key: its name for a person, and its facts
Things = dict[str, tuple[str, Facts]]

#: texts of more words than this are shown whole, because nobody reads that many marks
_MOST_WORDS = 1500
#: and of fewer, because two short values are read at a glance
_FEWEST_WORDS = 6
#: two texts that share less than this are shown whole
_ALIKE = 0.3


class Change(StrEnum):
    ADDED = "added"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True)
class Span:
    """A piece of a text; `marked` when the other side does not have it."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class Row:
    """One difference: of what thing, which of its facts ("" when the thing itself came or went), and both sides."""

    thing: str
    fact: str
    change: Change
    before: tuple[Span, ...]
    after: tuple[Span, ...]


@dataclass(frozen=True)
class Listed:
    """Things of one kind as they stood: each with its name, and what was known of it."""

    key: str
    title: str
    things: list[tuple[str, dict[str, str]]]


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    rows: tuple[Row, ...]
    unchanged: int


def differences(before: Data, after: Data) -> list[Section]:
    """Every section, empty ones too. Both contents are of the same kind, as `snapshot.read` gives them."""
    told = [_section(key, title, read(before), read(after)) for key, title, read in _SECTIONS]
    return told + [
        _section(key, title, _things(read(before)), _things(read(after)))
        for key, title, read in diligence_differences.SECTIONS
    ]


def listed(content: Data) -> list[Listed]:
    """What keeps a clearance true, as it stands in one content: each thing with the facts that are known of it."""
    return [
        Listed(key, title, [(name, _known(facts)) for name, facts in _things(read(content)).values()])
        for key, title, read in diligence_differences.SECTIONS
    ]


def _known(facts: Facts) -> dict[str, str]:
    return {name: _line(value) for name, value in facts.items() if value}


def _things(rows: diligence_differences.Rows) -> Things:
    return {key: (name, _facts(data, **names)) for key, name, data, names in rows}


def _section(key: str, title: str, before: Things, after: Things) -> Section:
    rows: list[Row] = []
    unchanged = 0
    for each in dict.fromkeys([*after, *before]):
        found = list(_rows(before.get(each), after.get(each)))
        rows += found
        unchanged += not found
    return Section(key, title, tuple(rows), unchanged)


def _rows(before: tuple[str, Facts] | None, after: tuple[str, Facts] | None) -> Iterable[Row]:
    if before is None and after is not None:
        yield Row(after[0], "", Change.ADDED, (), (Span(_told(after[1])),))
    elif after is None and before is not None:
        yield Row(before[0], "", Change.GONE, (Span(_told(before[1])),), ())
    elif before is not None and after is not None:
        for fact in dict.fromkeys([*after[1], *before[1]]):
            old, new = before[1].get(fact, ""), after[1].get(fact, "")
            if (old or "") != (new or ""):
                yield Row(after[0], fact, Change.CHANGED, *_sides(old, new))


def _told(facts: Facts) -> str:
    return ". ".join(f"{fact}: {_line(value)}" for fact, value in facts.items() if value)


def _line(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _sides(old: str | tuple[str, ...], new: str | tuple[str, ...]) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    if isinstance(old, str) or isinstance(new, str):
        return marked(_line(old), _line(new))
    if not set(old) & set(new):
        return _whole(_line(old)), _whole(_line(new))
    return _items(old, new), _items(new, old)


def _items(here: tuple[str, ...], there: tuple[str, ...]) -> tuple[Span, ...]:
    """Each item whole, marked when the other side does not have it."""
    spans: list[Span] = []
    for each in here:
        spans += [Span(", ")] if spans else []
        spans.append(Span(each, each not in there))
    return tuple(spans)


def marked(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Both texts in pieces, with the words marked that only one of them has. Unlike texts are left whole."""
    old, new = _words(before), _words(after)
    if not old or not new or max(len(old), len(new)) > _MOST_WORDS or min(len(old), len(new)) < _FEWEST_WORDS:
        return _whole(before), _whole(after)
    compared = SequenceMatcher(None, old, new)
    if compared.ratio() < _ALIKE:
        return _whole(before), _whole(after)
    left: list[Span] = []
    right: list[Span] = []
    for tag, i, j, k, end in compared.get_opcodes():
        same = tag == "equal"
        _add(left, "".join(old[i:j]), not same)
        _add(right, "".join(new[k:end]), not same)
    return tuple(left), tuple(right)


def _whole(text: str) -> tuple[Span, ...]:
    return (Span(text),) if text else ()


def _add(spans: list[Span], text: str, is_marked: bool) -> None:
    if text:
        spans.append(Span(text, is_marked))


def _words(text: str) -> list[str]:
    """Words, each with the space after it: put together again they are the text."""
    return re.findall(r"\S+\s*|\s+", text)


def _fact(value: Any) -> str | tuple[str, ...]:
    return tuple(map(_plain, value)) if isinstance(value, (list, tuple)) else _plain(value)


def _plain(value: Any) -> str:
    """A value as a person reads it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}" + (f", {value:%H:%M} UTC" if isinstance(value, datetime) else "")
    return str(value)


def _facts(data: Data, **names: str) -> Facts:
    return {label.replace("_", " "): _fact(data.get(name)) for label, name in names.items()}


def _standing(content: Data) -> Things:
    """Where the vendor stands; of a signed evaluation its verdict."""
    if "verdict" in content:
        told = _facts(content["verdict"], Verdict="headline", It_may_change_by_itself_on="changes_on")
        return {"verdict": ("The verdict", told)}
    standing = content["standing"]
    told = _facts(
        standing,
        Standing="label",
        Verdict="headline",
        Since="since_on",
        Next_review="next_review_on",
        It_may_change_by_itself_on="changes_on",
        In_use_but_not_cleared="in_use_not_cleared",
    )
    told["What stands in the way"] = "\n".join(each["sentence"] for each in standing["reasons"])
    vendor = _facts(
        content["vendor"],
        Name="name",
        What_it_does="summary",
        Website="website",
        Contact="contact_name",
        Their_e_mail="contact_email",
        No_patient_data_since="no_patient_data_on",
        Ended_on="ended_on",
        Why_it_ended="end_reason",
    )
    return {"standing": ("The standing", told), "vendor": ("The vendor", vendor)}


def _judged(content: Data) -> Data:
    judged: Data = content if "verdict" in content else content["judged"]
    return judged


def _requirements(content: Data) -> Things:
    return {
        str(each["number"]): (
            f"Requirement {each['number']}: {each['title']}",
            {
                "State": each["state_label"],
                "What is missing": "\n".join(found["sentence"] for found in each["findings"] if found["change"]),
            },
        )
        for each in _judged(content)["requirements"]
    }


def _answers(content: Data) -> Things:
    return {
        str(each["number"]): (f"Question {each['number']}: {each['title']}", _answer(each))
        for each in _judged(content)["questions"]
    }


def _answer(question: Data) -> Facts:
    names = {"Answer": "response_label", "Route": "route_label", "What_they_said": "said"}
    told = _facts(question, **names, Who_said_it="said_by", When="said_on")
    told["Documents"] = tuple(f"{each['label']} {each['title']}" for each in question["evidence"])
    return told


def _tools(content: Data) -> Things:
    names = {"What_it_does": "purpose", "Patient_data": "data", "AI_is_in_it": "has_ai"}
    names |= {"Substance_use_records": "part2", "In_use_since": "in_use_since", "First_patient_data": "first_phi_on"}
    names |= {"Retired_on": "retired_on", "Use": "use"}
    return {each["uid"]: (each["name"], {"Name": each["name"]} | _facts(each, **names)) for each in content["tools"]}


def _agreements(content: Data) -> Things:
    names = {"Where_it_stands": "stands", "Company_in_it": "vendor_party", "Plan": "plan", "File": "evidence"}
    names |= {"Signed_by_your_practice": "practice_signed_on", "Signed_by_the_vendor": "vendor_signed_on"}
    names |= {"In_force_from": "effective_on", "In_force_until": "ends_on", "Ended_on": "ended_on"}
    names |= {"Sent_out_on": "sent_on", "Superseded_on": "superseded_on", "Where_it_covers_them": "environments"}
    names |= {"Superseded_by": "superseded_by", "Takes_the_place_of": "replaces", "Amends": "amends"}
    names |= {"Why_it_ended": "end_reason", "Tools_it_covers": "tools", "Next_review": "next_review_on"}
    told = {each["uid"]: (each["kind"], _facts(each, **names)) for each in content["agreements"]}
    for each in content["agreements"]:
        if reviews := each.get("reviews"):
            told[each["uid"]][1]["Last review"] = f"{_plain(reviews[0]['made_on'])}: {reviews[0]['finding']}"
            if found := [point for point in reviews[0].get("points", ()) if not point["still"]]:
                told[each["uid"]][1]["Found changed"] = "; ".join(f"{one['title']}: {one['note']}" for one in found)
    return told


def _clauses(content: Data) -> Things:
    names = {
        "Found": "status_label",
        "Days": "days",
        "Page": "page",
        "Quote": "quote",
        "Why_it_does_not_apply": "reason",
    }
    return {
        f"{agreement['uid']}:{each['code']}": (f"{each['code']} {each['title']}", _facts(each, **names))
        for agreement in content["agreements"]
        for each in agreement["readings"]
    }


def _evidence(content: Data) -> Things:
    names = {"What_it_is": "kind", "Dated": "dated_on", "Counts_until": "expires_on", "Pages": "pages_that_matter"}
    names |= {"Under_questions": "questions", "Expired": "expired", "Set_aside": "set_aside"}
    return {
        each["uid"]: (f"{each['label']} {each['title']}", {"Title": each["title"]} | _facts(each, **names))
        for each in content["evidence"]
    }


_SECTIONS = (
    ("standing", "Standing", _standing),
    ("requirements", "The five requirements", _requirements),
    ("answers", "The nine answers", _answers),
    ("tools", "Tools", _tools),
    ("agreements", "Agreements", _agreements),
    ("clauses", "Clauses", _clauses),
    ("evidence", "Evidence", _evidence),
)
