"""Where things stand in the drawing of the map: columns, their order, and the points at which arrows meet them. Pure.

An arrow that passes a column on its way gets a narrow place of its own there, so that it crosses no box.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from vendors.kinds import PlaceKind

#: column -> what stands there; the last lies outside the boundary
LAYERS: tuple[tuple[str, frozenset[PlaceKind]], ...] = (
    ("People and patients", frozenset({PlaceKind.PATIENT, PlaceKind.PERSON})),
    ("Systems of your practice", frozenset({PlaceKind.PRACTICE_SYSTEM})),
    ("Vendors’ tools", frozenset({PlaceKind.TOOL})),
    ("Sub-processors and model providers", frozenset({PlaceKind.SUB_PROCESSOR})),
    ("Outside the boundary", frozenset({PlaceKind.CONSUMER_TOOL, PlaceKind.PAYER, PlaceKind.OTHER})),
)

PORT = 24  # between two arrows at one side of a box
GAP = 16  # between two boxes of a column
PASSING = 20  # the height of the place by which an arrow passes a column
_SWEEPS = 6


def layer_of(kind: PlaceKind) -> int:
    """The column in which such a place stands."""
    return next(number for number, (_, kinds) in enumerate(LAYERS) if kind in kinds)


@dataclass(eq=False)
class Item:
    """What stands in a column: a box, or (`id` is "") the place by which one arrow passes. Heights in pixels."""

    id: str
    column: int
    height: float = PASSING
    y: float = 0
    left: list["Port"] = field(default_factory=list)
    right: list["Port"] = field(default_factory=list)

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(eq=False)
class Port:
    """Where one piece of an arrow meets an item; `other` is what its other end meets."""

    other: Item
    y: float = 0


@dataclass(eq=False)
class Piece:
    """One piece of an arrow, from the right or left side of an item to a side of the next."""

    source: Item
    target: Item
    out: Port
    into: Port

    @property
    def leaves_right(self) -> bool:
        return self.target.column >= self.source.column

    @property
    def enters_left(self) -> bool:
        return self.target.column > self.source.column


def route(items: list[Item], ends: list[tuple[Item, Item]]) -> tuple[list[list[Item]], list[list[Piece]]]:
    """The columns with everything in them in its order and at its height, and the pieces of each arrow."""
    columns: list[list[Item]] = [[] for _ in LAYERS]
    for item in items:
        columns[item.column].append(item)
    routes = [_pieces(source, target, columns) for source, target in ends]
    for sweep in range(_SWEEPS):
        _sort(columns, forward=sweep % 2 == 0)
    _place(columns)
    return columns, routes


def room_for(ports: list[Port]) -> float:
    """The height that so many arrows at one side ask for."""
    return PORT * len(ports) + 10


def _pieces(source: Item, target: Item, columns: list[list[Item]]) -> list[Piece]:
    stops = [source]
    step = 1 if target.column > source.column else -1
    for number in range(source.column + step, target.column, step) if target.column != source.column else ():
        stops.append(Item("", number))
        columns[number].append(stops[-1])
    stops.append(target)
    return [_piece(one, other) for one, other in zip(stops, stops[1:], strict=False)]


def _piece(source: Item, target: Item) -> Piece:
    piece = Piece(source, target, Port(target), Port(source))
    (source.right if piece.leaves_right else source.left).append(piece.out)
    (target.left if piece.enters_left else target.right).append(piece.into)
    return piece


def _sort(columns: list[list[Item]], *, forward: bool) -> None:
    """Bring each item near the middle of what it is joined to in the column before (the barycentre rule)."""
    order = {id(item): place for column in columns for place, item in enumerate(column)}
    for column in columns if forward else reversed(columns):
        wish = defaultdict(float)
        for item in column:
            joined = [order[id(port.other)] for port in (item.left if forward else item.right)]
            wish[id(item)] = sum(joined) / len(joined) if joined else order[id(item)]
        column.sort(key=lambda item: wish[id(item)])
        order |= {id(item): place for place, item in enumerate(column)}


def _place(columns: list[list[Item]]) -> None:
    for column in columns:
        for item in column:
            if item.id:
                item.height = max(item.height, room_for(item.left), room_for(item.right))
    tall = [sum(item.height + GAP for item in column) - GAP for column in columns]
    for column, height in zip(columns, tall, strict=True):
        y = (max(tall) - height) / 2
        for item in column:
            item.y = y
            y += item.height + GAP
    for column in columns:
        for item in column:
            _spread(item, item.left)
            _spread(item, item.right)


def _spread(item: Item, ports: list[Port]) -> None:
    """Arrows at one side stand in the order of where they lead, evenly."""
    ports.sort(key=lambda port: port.other.middle)
    for place, port in enumerate(ports):
        port.y = item.middle + (place - (len(ports) - 1) / 2) * PORT
