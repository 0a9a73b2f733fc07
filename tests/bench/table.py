"""The figures as a table: for the screen, and in Markdown for docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
HEADS = ("figure", "on", "value", "floor", "ratio", "goal", "noise", "")


def for_screen(lines: Sequence[Mapping[str, Any]]) -> str:
    rows = [HEADS, *map(_row, lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column < 2 else cell.rjust(width) for column, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in rows)
    )


def write(path: Path, lines: Sequence[Mapping[str, Any]], command: str) -> None:
    """Put the table between the two marks of that file; parts that were not run keep their old one."""
    before, _, rest = path.read_text().partition(BEGIN)
    old, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{path} has no lines {BEGIN} and {END} for the table.")
    sections = _sections(old) | {part: _section(part, lines, command) for part in dict.fromkeys(_parts(lines))}
    path.write_text(f"{before}{BEGIN}\n\n{''.join(sections.values())}{END}{after}")


def _parts(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    return [line["part"] for line in lines]


def _sections(text: str) -> dict[str, str]:
    parts = text.split("### ")[1:]
    return {part.partition("\n")[0]: f"### {part}" for part in parts}


def _section(part: str, lines: Sequence[Mapping[str, Any]], command: str) -> str:
    ours = [line for line in lines if line["part"] == part]
    machine, versions = ours[0]["machine"], ours[0]["versions"]
    where = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_mb']:,} MB, load {machine['load']} at the "
        f"start; {', '.join(f'{name} {number}' for name, number in versions.items())}"
    )
    heads = (
        "| figure | on | value | floor | ratio | goal | noise | |\n| --- | --- | --: | --: | --: | --: | --: | --- |\n"
    )
    rows = "".join(f"| {' | '.join(_row(line))} |\n" for line in ours)
    told_once = dict.fromkeys((line["name"], line["floor_is"]) for line in ours if line["floor_is"])
    floors = "".join(f"- {name}: against {floor_is}.\n" for name, floor_is in told_once)
    told = f"`{command}` at commit {ours[0]['commit']}, {ours[0]['moment'][:16].replace('T', ' ')} UTC. {where}.\n\n"
    return f"### {part}\n\n{told}{heads}{rows}\n{floors}\n"


def _row(line: Mapping[str, Any]) -> tuple[str, ...]:
    unit, ratio = line["unit"], line["ratio"]
    goal = "" if line["goal"] is None else _bound(line)
    noise = "" if not line["noise"] else _number(line["noise"])
    return (
        line["name"],
        line["database"],
        f"{_number(line['value'])} {unit}",
        "" if line["floor"] is None else f"{_number(line['floor'])} {unit}",
        "" if ratio is None else f"{ratio:.2f}x",
        goal,
        noise,
        line["outcome"] if line["outcome"] != "missed" else "MISSED",
    )


def _bound(line: Mapping[str, Any]) -> str:
    sign = "<=" if line["better"] == "less" else ">="
    return f"{sign} {line['goal']:g}x" if line["goal_is"] == "ratio" else f"{sign} {line['goal']:g} {line['unit']}"


def _number(value: float) -> str:
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
