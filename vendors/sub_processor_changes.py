"""What a new list of sub-processors changes in the rows that stand. Pure.

Names are compared without case, spaces and form of company. A name that only looks alike is a question to a person:
`Change.alike`. What a list leaves out (a place, say) takes nothing away from what is known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from vendors.company_names import identity, looks_like
from vendors.kinds import PLAINLY_KNOWN, Known

TAKE, LEAVE = "take", "leave"
#: column -> (where a row of a list has it, what a person reads)
_COMPARED = {
    "name": ("name", "Name"),
    "does": ("does", "What it does"),
    "region": ("region", "Where"),
    "gets_patient_data": ("gets", "Gets patient data"),
    "covered": ("covered", "Its own agreement covers patient data"),
}
_MOST_WORDS = 900
#: new names beside names that are gone: above it, nobody is told which look alike
MOST_PAIRS = 2_500
#: differences and rows in one list, so that the form that confirms it can still be sent
MOST_DECISIONS = 900


class Standing(Protocol):
    """A sub-processor that stands, as vendors.SubProcessor is one."""

    uid: Any
    version: Any
    name: Any
    does: Any
    region: Any
    gets_patient_data: Any
    covered: Any


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column of a row that stands, from what to what, in words."""

    column: str
    label: str
    before: str
    after: str
    value: str


@dataclass(frozen=True, slots=True)
class Change:
    """One company: `kind` is new, changed, gone or same.

    `alike` are the rows that a new one may be under a new name; `maybe` names the new ones that a gone one may be.
    """

    key: str
    kind: str
    name: str
    row: Mapping[str, Any] | None = None
    of: Any = None
    fields: tuple[FieldChange, ...] = ()
    alike: tuple[Any, ...] = ()
    maybe: str = ""

    @property
    def spelled(self) -> str:
        """How the list spells the name of a company on record, where it does so otherwise."""
        name = str(self.row["name"]) if self.row and self.of else ""
        return name if name.casefold() != self.name.casefold() else ""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be written: `do` is add, change or end."""

    do: str
    row: Mapping[str, Any] | None = None
    of: Any = None
    fields: tuple[FieldChange, ...] = ()


class Unclear(ValueError):
    """The decisions do not fit together; the sentence is about the change with this key."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key, self.sentence = key, sentence


def with_alike(rows: Sequence[Mapping[str, Any]], standing: Iterable[Standing]) -> list[dict[str, Any]]:
    """The rows, each new one with `alike`: the uids of the rows that stand, are not in the list and look like it.

    Counting letters costs time, so it is done once, when the list comes in. Too many names get no `alike` at all.
    """
    known = {identity(each.name): each for each in standing}
    named = [identity(row["name"]) for row in rows]
    gone = [known[each] for each in known.keys() - set(named)]
    if sum(each not in known for each in named) * len(gone) > MOST_PAIRS:
        return [dict(row) for row in rows]
    return [
        {**row, "alike": sorted(each.uid for each in gone if looks_like(each.name, row["name"]))}
        if name not in known
        else dict(row)
        for name, row in zip(named, rows, strict=True)
    ]


def uncompared(changes: Iterable[Change]) -> bool:
    """Whether there were too many names to tell which of the new and the gone ones look alike."""
    kinds = {each.kind for each in changes if each.kind != "new" or "alike" not in (each.row or {})}
    return {"new", "gone"} <= kinds


def compare(rows: Sequence[Mapping[str, Any]], standing: Iterable[Standing]) -> list[Change]:
    """What differs between a list and the rows that stand: new, changed, gone and same ones, in this order.

    Which look alike was found when the list came in (`with_alike`).
    """
    known = {identity(each.name): each for each in standing}
    named = [(f"row-{number}", row, known.get(identity(row["name"]))) for number, row in enumerate(rows)]
    met = {each.uid for _, _, each in named if each}
    gone = [each for each in known.values() if each.uid not in met]
    new, changed, same = [], [], []
    for key, row, of in named:
        if of is None:
            alike = tuple(each for each in gone if each.uid in row.get("alike", ()))
            new.append(Change(key, "new", row["name"], row, alike=alike))
        elif fields := _fields(row, of):
            changed.append(Change(key, "changed", of.name, row, of, fields))
        else:
            same.append(Change(key, "same", of.name, row, of))
    return [*new, *changed, *[_gone(each, new) for each in gone], *same]


def _gone(of: Standing, new: Sequence[Change]) -> Change:
    maybe = ", ".join(each.name for each in new if of in each.alike)
    return Change(f"gone-{of.uid}", "gone", of.name, of=of, maybe=maybe)


def _fields(row: Mapping[str, Any], of: Standing) -> tuple[FieldChange, ...]:
    """What differs; another spelling of the same name does not."""
    found = []
    for column, (place, label) in _COMPARED.items():
        if column == "name" and identity(row["name"]) == identity(of.name):
            continue
        before, after = str(getattr(of, column)), str(row.get(place, ""))
        if (before, after) == (Known.YES, Known.BY_LIST):
            continue  # it was seen in writing, which says more
        if after and " ".join(after.split()) != " ".join(before.split()):
            found.append(FieldChange(column, label, _shown(column, before), _shown(column, after), after))
    return tuple(found)


def _shown(column: str, value: str) -> str:
    if column == "gets_patient_data":
        return dict(PLAINLY_KNOWN)[value]
    if column == "covered":
        return Known(value).label
    return value or "nothing"


def resolve(changes: Sequence[Change], decisions: Mapping[str, str]) -> list[Step]:
    """The steps that a person decided on, ends first: TAKE, LEAVE, or for a new one the uid of the row that it is.

    Raises Unclear for a change without a decision and for one row taken as two companies.
    """
    renamed: dict[str, Step] = {}
    steps: list[Step] = []
    for change in changes:
        said = decisions.get(change.key, "")
        if change.kind == "same" or said == LEAVE:
            continue
        if change.kind == "new" and said != TAKE:
            of = next((each for each in change.alike if each.uid == said), None)
            if of is None:
                raise Unclear(change.key, f"Say whether {change.name} is a new company.")
            if of.uid in renamed:
                raise Unclear(change.key, f"{of.name} cannot be two companies. Choose one of them.")
            assert change.row
            renamed[of.uid] = Step("change", change.row, of, _fields(change.row, of))
        elif said != TAKE:
            raise Unclear(change.key, f"Say what is to happen with {change.name}.")
        else:
            do = {"new": "add", "changed": "change", "gone": "end"}[change.kind]
            steps.append(Step(do, change.row, change.of, change.fields))
    steps = [step for step in steps if not (step.do == "end" and step.of.uid in renamed)]
    return sorted([*steps, *renamed.values()], key=lambda step: ("end", "change", "add").index(step.do))


def in_words(steps: Sequence[Step]) -> str:
    """The steps as sentences: what is new, what changed from what to what, who is no longer named. "" for none."""
    new = [str(step.row["name"]) for step in steps if step.do == "add" and step.row]
    gone = [str(step.of.name) for step in steps if step.do == "end"]
    changed = [f"{step.of.name} ({_in_words(step.fields)})" for step in steps if step.do == "change"]
    parts = [("New", new), ("Changed", changed), ("No longer named", gone)]
    words = " ".join(f"{label}: {', '.join(names)}." for label, names in parts if names)
    return words if len(words) <= _MOST_WORDS else f"{words[:_MOST_WORDS].rstrip()}…"


def _in_words(fields: Iterable[FieldChange]) -> str:
    return "; ".join(f"{each.label.lower()}: {_cut(each.before)} → {_cut(each.after)}" for each in fields)


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79].rstrip()}…"


def seen(standing: Iterable[Standing]) -> str:
    """A mark of the rows as they stand: it differs as soon as one of them changed."""
    said = ",".join(sorted(f"{each.uid}:{each.version}" for each in standing))
    return sha256(said.encode()).hexdigest()[:16]
