"""What came of each fault: kept in .cache/faults/result.json, and told in docs/faults.md."""

import json
import os
from typing import Any

from practice_vetting.core.supervisor import ROOT

KEPT = ROOT / ".cache" / "faults" / "result.json"
DOC = ROOT / "docs" / "faults.md"
BEGIN, END = "<!-- faults: written by python -m tests.faults --write -->", "<!-- faults: end -->"


def read() -> dict[str, Any]:
    return json.loads(KEPT.read_text()) if KEPT.exists() else {}


def keep(told: dict[str, Any]) -> None:
    """Put the outcome of one fault in the place of what came of it before."""
    every = {**read(), told["test"]: told}
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    part = KEPT.with_name(f"{KEPT.name}.{os.getpid()}")
    part.write_text(json.dumps(every, indent=1, default=str))
    part.replace(KEPT)


def table(every: dict[str, Any]) -> str:
    """The outcomes as a table, in the order of their numbers."""
    names = ["fault", "what was done", "outcome", "well again after", "counted", "seed"]
    head = f"| {' | '.join(names)} |\n|{' --- |' * len(names)}\n"
    return head + "".join(f"| {' | '.join(_cells(each))} |\n" for each in sorted(every.values(), key=_order))


def _order(told: dict[str, Any]) -> tuple[int, str]:
    number = told["fault"].removeprefix("F")
    return (int(number) if number.isdigit() else 99, told["what"])


def _cells(told: dict[str, Any]) -> list[str]:
    counts = ", ".join(f"{name} {value}" for name, value in told["counts"].items())
    outcome = "holds" if told["passed"] else "**misses**: " + "; ".join(told["broken"] or ["see the log"])
    healed = f"{told['healed']:.0f} s" if told.get("healed") is not None else ""
    return [told["fault"], told["what"], outcome.replace("|", "/"), healed, counts, str(told.get("seed", ""))]


def write() -> None:
    """Put the table between its marks in docs/faults.md."""
    text = DOC.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    DOC.write_text(f"{before}{BEGIN}\n\n{table(read())}\n{END}{after}")
