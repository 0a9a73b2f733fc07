"""How the drawing of the patient-data map tells data and findings apart, and its legend. Pure."""

from dataclasses import dataclass

from vendors.flow_rules import Severity

BADGE = 10  # half the width of a number's ground


@dataclass(frozen=True, slots=True)
class Look:
    """How the line of an arrow is drawn: it tells which data go there. A colour is never alone."""

    name: str
    words: str
    colour: str
    width: float
    dash: str


LOOKS = {
    "data": Look("data", "Patient data", "#0d5c63", 2, ""),
    "de_identified": Look("de_identified", "De-identified", "#1f6b42", 2, "2 4"),
    "none": Look("none", "No patient data", "#505c64", 1, "9 5"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """How the number on an arrow is drawn: its shape tells the worst that was found of the flow."""

    name: str
    words: str
    colour: str
    shape: str


MARKS = {
    Severity.FAILED: Mark("failed", "Error", "#a3261d", "square"),
    Severity.OPEN: Mark("open", "Warning", "#855000", "dashed"),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One entry of the legend: a short line or the shape of a number, and its words."""

    x: float
    y: float
    words: str
    look: Look | None = None
    mark: Mark | None = None

    @property
    def end(self) -> float:
        return self.x + 34

    @property
    def top(self) -> float:
        return self.y - BADGE

    @property
    def words_x(self) -> float:
        return self.x + (42 if self.look else 28)

    @property
    def words_y(self) -> float:
        return self.y + 4.5


def legend(x: float, y: float) -> tuple[Sign, ...]:
    """The lines first, then the shapes of the numbers."""
    lines = [Sign(x + 150 * at, y, look.words, look=look) for at, look in enumerate(LOOKS.values())]
    shapes = [Sign(x + 470 + 100 * at, y, mark.words, mark=mark) for at, mark in enumerate(MARKS.values())]
    return (*lines, *shapes)
