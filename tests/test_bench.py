"""The bench itself: what it measures, what it calls missed, and that all of it still runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from practice_vetting.core.supervisor import ROOT
from tests.bench import table
from tests.bench.clocks import Cost, side_by_side
from tests.bench.figure import Figure
from tests.bench.parts import chosen


@pytest.mark.parametrize(
    ("figure", "outcome"),
    [
        (Figure("a", 15, "ms", floor=10, floor_is="b", goal=1.5), "met"),
        (Figure("a", 15.5, "ms", floor=10, floor_is="b", goal=1.5, noise=0.1), "met"),
        (Figure("a", 16, "ms", floor=10, floor_is="b", goal=1.4, noise=0.1), "missed"),
        (Figure("a", 9, "queries", goal=8, goal_is="value"), "missed"),
        (Figure("a", 9, "a second", goal=8, goal_is="value", better="more"), "met"),
        (Figure("a", 7, "a second", goal=8, goal_is="value", better="more"), "missed"),
        (Figure("a", 7, "ms", floor=1, floor_is="b"), "no goal"),
    ],
)
def test_a_goal_is_missed_when_it_is_passed_by_more_than_the_noise(figure: Figure, outcome: str):
    assert figure.outcome == outcome


def test_a_floor_that_nobody_can_name_is_refused():
    with pytest.raises(ValueError, match="say what the floor is"):
        Figure("a", 1, "ms", floor=1)


def test_both_take_turns_and_which_goes_first_changes():
    said: list[str] = []
    ticks = iter(range(10_000))
    side_by_side(lambda: said.append("a"), lambda: said.append("b"), rounds=2, clock=lambda: next(ticks))
    assert "".join(said[-4:]) == "abba"


def test_the_noise_is_small_where_the_rounds_agree_and_large_where_they_do_not():
    steady = Cost((2.0, 2.0, 2.0, 2.0), (1.0, 1.0, 1.0, 1.0))
    shaken = Cost((2.0, 4.0, 1.0, 8.0), (1.0, 1.0, 1.0, 1.0))
    assert (steady.ratio, steady.noise, shaken.noise > 1) == (2.0, 0.0, True)


def test_a_part_that_does_not_exist_is_named():
    with pytest.raises(SystemExit, match="No such part: everything"):
        chosen("start,everything", quick=True)


def test_what_was_measured_goes_between_the_marks_and_other_parts_stay(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n{table.BEGIN}\n\n### pages\n\nold\n\n### start\n\nkept\n\n{table.END}\nAfter.\n")
    about = {"machine": {"processor": "one", "cores": 2, "memory_mb": 1, "load": 0}, "versions": {"Python": "3"}}
    line = {"part": "pages", "name": "a list", "database": "SQLite", "value": 3.0, "unit": "ms", "floor": 2.0}
    line |= {"floor_is": "a bare view", "ratio": 1.5, "goal": 2, "goal_is": "ratio", "better": "less", "noise": 0.1}
    line |= {"outcome": "met", "commit": "abc", "moment": "2026-11-22T10:00:00+00:00", **about}
    table.write(page, [line], "make bench")
    text = page.read_text()
    assert "| a list | SQLite | 3 ms | 2 ms | 1.50x | <= 2x | 0.1 | met |" in text
    assert ("old" in text, "kept" in text, text.startswith("Before."), text.endswith("After.\n")) == (
        False,
        True,
        True,
        True,
    )


def test_all_of_it_runs_small(tmp_path: Path, home: Path):
    out = tmp_path / "out.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--prepared", str(home), "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert {line["part"] for line in lines} == {part for part, _, _ in chosen("", quick=True)}
