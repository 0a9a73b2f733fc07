"""The patient-data map as a drawing: four layers, the boundary, and one numbered arrow a flow. Pure.

`draw(facts)` gives what templates/vendors/_boundary.html writes as SVG. For a document:

    drawing = draw(facts, for_paper=True)
    {% include "vendors/_boundary.html" %}      with `drawing` in the context

It takes the MapFacts of one vendor (vendors.flow_map.facts_of(vendor, on)) or a list of several, and asks nothing
else. On paper it is narrower with larger words; every colour stands in presentation attributes, so that no style sheet
is needed (the site's own sheet puts the tokens of both themes over them). The number on an arrow is that of the flow.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vendors.boundary_layers import LAYERS, Item, Piece, layer_of, route
from vendors.boundary_looks import BADGE, LOOKS, MARKS, Look, Mark, Sign, legend
from vendors.flow_facts import FlowFact, MapFacts, Place
from vendors.flow_rules import Severity, judge, worst
from vendors.kinds import FlowData, PlaceKind

MOST_TOOLS, MOST_FLOWS = 12, 30

_INK, _SOFT, _LINE, _SHEET, _WASH = "#1d2528", "#505c64", "#7f868c", "#ffffff", "#f4f2ec"
_HEAD, _MARGIN, _LETTER, _LINE_HEIGHT = 58, 12, 14, 17
_PAGE = (175.0, 205.0)  # millimetres of a page on which a drawing may stand, below its heading


@dataclass(frozen=True, slots=True)
class Line:
    """One line of words, at its place."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Band:
    """One layer, from head to foot."""

    x: float
    width: float
    lines: tuple[Line, ...]
    outside: bool
    empty: bool

    @property
    def words_x(self) -> float:
        return self.x + 8


@dataclass(frozen=True, slots=True)
class Box:
    """One place. `full` is its whole name, where `lines` had to cut it."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[Line, ...]
    note: Line | None
    full: str
    kind: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """One flow, or several between the same two places: `number` is what stands on it."""

    path: str
    head: str
    look: Look
    mark: Mark
    x: float
    y: float
    number: str
    full: str

    @property
    def wide(self) -> int:
        """The width of its number's ground."""
        return 2 * BADGE + (len(self.number) > 2) * 8

    @property
    def corner_x(self) -> float:
        return _round(self.x - self.wide / 2)

    @property
    def corner_y(self) -> float:
        return _round(self.y - BADGE)

    @property
    def words_y(self) -> float:
        return _round(self.y + 4.3)


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it, in pixels of its own view box."""

    width: float
    height: float
    title: str
    description: str
    bands: tuple[Band, ...]
    boundary: tuple[float, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    legend: tuple[Sign, ...]
    for_paper: bool

    @property
    def wide(self) -> str:
        """Its width with a unit: on paper as large as fits between the margins of one page."""
        return f"{_round(self.width * self._scale)}mm" if self.for_paper else str(self.width)

    @property
    def high(self) -> str:
        return f"{_round(self.height * self._scale)}mm" if self.for_paper else str(self.height)

    @property
    def _scale(self) -> float:
        return min(_PAGE[0] / self.width, _PAGE[1] / self.height)

    @property
    def foot(self) -> float:
        """How far down the layers reach."""
        return self.height - 36


@dataclass(frozen=True, slots=True)
class _Measure:
    """The widths of one medium, and how much of a name fits."""

    box: float
    gutter: float
    lines: int

    @property
    def letters(self) -> int:
        return int((self.box - 16) / 7.2)

    def x(self, column: int) -> float:
        return _MARGIN + column * (self.box + self.gutter)


_SCREEN, _PAPER = _Measure(156, 84, 2), _Measure(124, 70, 3)


@dataclass(frozen=True, slots=True)
class _Bundle:
    """The flows that one arrow shows, and the worst that was found of them."""

    flows: tuple[FlowFact, ...]
    state: Severity | None

    @property
    def look(self) -> Look:
        if any(flow.is_patient_data for flow in self.flows):
            return LOOKS["data"]
        return LOOKS["de_identified" if any(f.data is FlowData.DE_IDENTIFIED for f in self.flows) else "none"]

    @property
    def mark(self) -> Mark:
        return MARKS[self.state] if self.state else Mark(self.look.name, "", self.look.colour, "circle")

    @property
    def number(self) -> str:
        return str(self.flows[0].number) if len(self.flows) == 1 else f"{len(self.flows)}×"

    @property
    def full(self) -> str:
        numbers = ", ".join(str(flow.number) for flow in self.flows)
        first, state = self.flows[0], f" ({self.state.word.lower()})" if self.state else ""
        return f"Flow {numbers}: {first.origin.name} to {first.target.name}{state}"


def draw(facts: MapFacts | Sequence[MapFacts], *, for_paper: bool = False) -> Drawing:
    """The drawing of one vendor's map, or of several vendors' together (see the head of this file).

    With more than 12 tools each vendor is one box; with more than 30 flows those between the same two places are one
    arrow. Flows within one box are then left to the table.
    """
    every = [facts] if isinstance(facts, MapFacts) else list(facts)
    measure = _PAPER if for_paper else _SCREEN
    flows, notes = _gathered(every)
    bundles = _bundled(flows, {key: state for each in every for key, state in worst(judge(each)).items()})
    places = {place.id: place for bundle in bundles for flow in bundle.flows for place in (flow.origin, flow.target)}
    texts = {key: _wrapped(place.name, measure.letters, measure.lines) for key, place in places.items()}
    items = {
        key: Item(key, layer_of(place.kind), _tall(texts[key], bool(notes.get(key)))) for key, place in places.items()
    }
    ends = [(items[each.flows[0].origin.id], items[each.flows[0].target.id]) for each in bundles]
    columns, routes = route(list(items.values()), ends)
    bottom = max((item.y + item.height for column in columns for item in column), default=0) + _HEAD + _MARGIN
    shown = len(LAYERS) if columns[-1] else len(LAYERS) - 1
    width = measure.x(shown - 1) + measure.box + _MARGIN
    if any(source.column == target.column == shown - 1 for source, target in ends):
        width += measure.gutter  # room for arrows between two places of the last column
    return Drawing(
        width=width,
        height=bottom + 34,
        title=_title(every),
        description=_description(bundles, places),
        bands=tuple(_band(number, measure, not columns[number]) for number in range(shown)),
        boundary=tuple(measure.x(number) - measure.gutter / 2 for number in (2, 4) if number < shown),
        boxes=tuple(_box(items[key], places[key], texts[key], notes.get(key, ""), measure) for key in items),
        arrows=tuple(_arrow(bundle, pieces, measure) for bundle, pieces in zip(bundles, routes, strict=True)),
        legend=legend(_MARGIN, bottom + 18),
        for_paper=for_paper,
    )


def _gathered(every: list[MapFacts]) -> tuple[list[FlowFact], dict[str, str]]:
    """The flows to draw, and what stands below the name of a place: the vendor, or what a sub-processor does."""
    several = len(every) > 1
    if several and sum(len({f for f in _tools_of(each)}) for each in every) > MOST_TOOLS:
        return [flow for each in every for flow in _as_one(each)], {}
    notes = {}
    for facts in every:
        for place in (place for flow in facts.flows for place in (flow.origin, flow.target)):
            sub = facts.sub_processor(place)
            if place.kind is PlaceKind.TOOL and several:
                notes[place.id] = facts.name
            elif sub:
                notes[place.id] = facts.name if several else re.split(" and |, ", sub.role.label)[0]
    return [flow for facts in every for flow in facts.flows], notes


def _tools_of(facts: MapFacts) -> set[str]:
    ends = (place for flow in facts.flows for place in (flow.origin, flow.target))
    return {place.key for place in ends if place.kind is PlaceKind.TOOL}


def _as_one(facts: MapFacts) -> list[FlowFact]:
    """The vendor's flows with its tools as one place, and its sub-processors as another."""
    tools = Place(kind=PlaceKind.TOOL, name=facts.name, key=facts.key)
    behind = Place(kind=PlaceKind.SUB_PROCESSOR, name=f"Behind {facts.name}", key=facts.key)
    one = {PlaceKind.TOOL: tools, PlaceKind.SUB_PROCESSOR: behind}
    return [_between(flow, one.get(flow.origin.kind), one.get(flow.target.kind)) for flow in facts.flows]


def _between(flow: FlowFact, origin: Place | None, target: Place | None) -> FlowFact:
    names = (name for name in flow.__dataclass_fields__ if name not in ("origin", "target"))
    kept = {name: getattr(flow, name) for name in names}
    return FlowFact(origin=origin or flow.origin, target=target or flow.target, **kept)


def _bundled(flows: list[FlowFact], states: dict[str, Severity]) -> list[_Bundle]:
    together: dict[object, list[FlowFact]] = {}
    for flow in flows:
        key = (flow.origin.id, flow.target.id) if len(flows) > MOST_FLOWS else flow.key
        if flow.origin.id != flow.target.id:
            together.setdefault(key, []).append(flow)
    return [_Bundle(tuple(each), _worst(states.get(flow.key) for flow in each)) for each in together.values()]


def _worst(states: Iterable[Severity | None]) -> Severity | None:
    found = set(states)
    return next((each for each in (Severity.FAILED, Severity.OPEN) if each in found), None)


def _title(every: list[MapFacts]) -> str:
    return f"Patient-data map of {every[0].name}" if len(every) == 1 else "Patient-data map of your practice"


def _description(bundles: list[_Bundle], places: dict[str, Place]) -> str:
    flows = sum(len(each.flows) for each in bundles)
    failed = sum(each.state is Severity.FAILED for each in bundles)
    warned = sum(each.state is Severity.OPEN for each in bundles)
    return (
        f"{len(places)} places and {flows} flows between them, from patients and people on the left to companies "
        f"behind the vendor on the right. Arrows with an error: {failed}. With a warning: {warned}. "
        "The table says the same in words."
    )


def _band(number: int, measure: _Measure, empty: bool) -> Band:
    x, (name, _) = measure.x(number), LAYERS[number]
    words = _wrapped(name, measure.letters, 3)
    lines = tuple(Line(x + 8, 18 + place * 15, text) for place, text in enumerate(words))
    return Band(x, measure.box, lines, number == len(LAYERS) - 1, empty)


def _tall(lines: tuple[str, ...], noted: bool) -> float:
    return 16 + _LINE_HEIGHT * (len(lines) + noted)


def _box(item: Item, place: Place, texts: tuple[str, ...], note: str, measure: _Measure) -> Box:
    x, y, count = measure.x(item.column), item.y + _HEAD, len(texts) + bool(note)
    top = y + (item.height - count * _LINE_HEIGHT) / 2 + 13
    lines = tuple(Line(x + 8, _round(top + at * _LINE_HEIGHT), text) for at, text in enumerate(texts))
    short = _wrapped(note, measure.letters + 3, 1)
    said = Line(x + 8, _round(top + len(texts) * _LINE_HEIGHT), short[0]) if note else None
    full = f"{place.name}: {note}" if note else place.name
    return Box(x, _round(y), measure.box, _round(item.height), lines, said, full, place.kind)


def _arrow(bundle: _Bundle, pieces: list[Piece], measure: _Measure) -> Arrow:
    first, last = pieces[0], pieces[-1]
    x, y = _side(first.source, first.leaves_right, measure), first.out.y + _HEAD
    out, inward = (1 if first.leaves_right else -1), (1 if last.enters_left else -1)
    tip, at = _side(last.target, not last.enters_left, measure), last.into.y + _HEAD
    path = [f"M{_round(x)} {_round(y)}h{out * 26}"]
    here = (x + out * 26, y)
    for piece in pieces[:-1]:
        near, far = _side(piece.target, out < 0, measure), _side(piece.target, out > 0, measure)
        level = piece.into.y + _HEAD
        path.append(_curve(here, (near, level)) + f"H{_round(far)}")
        here = (far, level)
    path.append(_curve(here, (tip - inward * 9, at), back=first.source.column == last.target.column))
    head = f"M{_round(tip)} {_round(at)}l{-inward * 10} -5v10z"
    return Arrow(
        "".join(path), head, bundle.look, bundle.mark, _round(x + out * 14), _round(y), bundle.number, bundle.full
    )


def _side(item: Item, right: bool, measure: _Measure) -> float:
    return measure.x(item.column) + (measure.box if right else 0)


def _curve(here: tuple[float, float], there: tuple[float, float], *, back: bool = False) -> str:
    """A soft turn that leaves and arrives level. `back` is for two places of one column: out, and in again."""
    bend = here[0] + 30 if back else (here[0] + there[0]) / 2
    return f"C{_round(bend)} {_round(here[1])} {_round(bend)} {_round(there[1])} {_round(there[0])} {_round(there[1])}"


def _wrapped(name: str, letters: int, most: int) -> tuple[str, ...]:
    """The name in at most so many lines; what does not fit ends in "…"."""
    lines: list[str] = []
    left = " ".join(name.split()) or "—"
    while left and len(lines) < most:
        cut = _fits(left, letters)
        if cut < len(left):
            if len(lines) == most - 1:
                lines.append(left[: max(_fits(left, letters - 1), 1)].rstrip() + "…")
                break
            space = left.rfind(" ", 1, cut + 1)
            cut = space if space > 0 else cut
        lines.append(left[:cut].rstrip())
        left = left[cut:].lstrip()
    return tuple(lines)


def _fits(text: str, letters: int) -> int:
    """How many signs stand in the room of so many letters; wide ones take that of two."""
    room = 0
    for place, sign in enumerate(text):
        room += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if room > letters:
            return max(place, 1)
    return len(text)


def _round(value: float) -> float:
    return int(value) if value == int(value) else round(value, 1)
