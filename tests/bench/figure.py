"""What was measured, against what, and whether that is good enough."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """One line of the table. `value` and `floor` are in `unit`; `noise` is in what the goal is about."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    floor_is: str = ""
    goal: float | None = None
    goal_is: Literal["ratio", "value"] = "ratio"
    better: Literal["less", "more"] = "less"
    noise: float = 0.0
    rounds: int = 1

    def __post_init__(self) -> None:
        if self.floor is not None and not self.floor_is:
            raise ValueError(f"{self.name}: say what the floor is")
        if self.goal is not None and self.goal_is == "ratio" and self.floor is None:
            raise ValueError(f"{self.name}: a goal for the ratio needs a floor")

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def judged(self) -> float | None:
        """The number that the goal bounds."""
        return self.ratio if self.goal_is == "ratio" else self.value

    @property
    def outcome(self) -> Literal["met", "missed", "no goal"]:
        if self.goal is None or self.judged is None:
            return "no goal"
        over = self.judged - self.goal if self.better == "less" else self.goal - self.judged
        return "missed" if over > self.noise else "met"
