"""python -m tests.bench [--only PARTS] [--quick] [--out FILE] [--write docs/benchmarks.md]; see the package."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from practice_vetting.core.supervisor import ROOT
from tests import prepared
from tests.bench import table
from tests.bench.figure import Figure
from tests.bench.machine import describe
from tests.bench.parts import chosen
from tests.services import environment_of_a_site, own_database, postgresql, redis

OUT = ROOT / ".cache" / "bench" / "RESULT.jsonl"


def figures(module: str, environment: dict[str, str], *, quick: bool) -> Iterator[Figure]:
    """Each figure of the module as soon as it is there. Raises RuntimeError when its process fails."""
    read, write = os.pipe()
    command = [sys.executable, "-m", "tests.bench.one", module, str(write), *(["quick"] if quick else [])]
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, pass_fds=[write]
    )
    os.close(write)
    with os.fdopen(read) as told:
        for line in told:
            yield Figure(**json.loads(line))
    if child.wait() != 0:
        raise RuntimeError(f"{module} ended with {child.returncode}; what it said stands above")


class Places:
    """Installations just prepared, each with its own folder and database; the servers start when one needs them."""

    def __init__(self, kept: ExitStack, home: Path | None) -> None:
        self._kept = kept
        self._home = home or self._folder(kept)
        self._urls: dict[str, str] = {}

    @contextmanager
    def one(self, database: str) -> Iterator[dict[str, str]]:
        """The environment of a process that has one; after the block all of it is gone."""
        with ExitStack() as kept:
            ours, data_dir = environment_of_a_site(), self._folder(kept) / "data"
            if database == "PostgreSQL":
                ours |= self._servers()
                ours["DATABASE_URL"] = own_database(ours["DATABASE_URL"], data_dir)
                kept.callback(drop_database, ours["DATABASE_URL"])
            prepared.copy_to(data_dir, ours, home=self._home)
            yield {**ours, "DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "practice_vetting.settings"}

    def _servers(self) -> dict[str, str]:
        if not self._urls:
            self._urls["DATABASE_URL"] = self._kept.enter_context(postgresql())
            self._urls["REDIS_URL"] = self._kept.enter_context(redis())
        return self._urls

    def _folder(self, kept: ExitStack) -> Path:
        return Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="practice-vetting-bench-")))


def drop_database(url: str) -> None:
    """Millions of rows need not lie about while the next part runs."""
    parts = urlsplit(url)
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as server:
        name = sql.Identifier(parts.path.removeprefix("/"))
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def run(only: str, *, quick: bool, out: Path, home: Path | None = None) -> list[dict[str, Any]]:
    """The lines of the run, each also in `out` and on the screen as soon as it is known."""
    about, lines = describe(), []
    modules = chosen(only, quick=quick)
    out.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as kept, out.open("w") as file:
        places = Places(kept, home)
        for part, module, database in modules:
            say(f"{module} on {database}")
            with places.one(database) as environment:
                for figure in figures(module, environment, quick=quick):
                    line = {"part": part, "database": database, "quick": quick, **asdict(figure)}
                    line |= {"ratio": figure.ratio, "outcome": "not judged" if quick else figure.outcome, **about}
                    lines.append(line)
                    file.write(json.dumps(line) + "\n")
                    file.flush()
    return lines


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="What things cost, side by side.")
    parser.add_argument("--only", default="", help="parts, with a comma between")
    parser.add_argument("--quick", action="store_true", help="everything small: to see that it runs")
    parser.add_argument("--out", type=Path, default=OUT, help="the file of JSON lines")
    parser.add_argument("--prepared", type=Path, help="a home of tests.prepared, whose installations are copied")
    parser.add_argument("--write", type=Path, help="a Markdown file that takes the table between its marks")
    options = parser.parse_args()
    lines = run(options.only, quick=options.quick, out=options.out, home=options.prepared)
    say(f"\n{table.for_screen(lines)}\n\nEach figure as a line of JSON: {options.out}")
    if options.write:
        table.write(options.write, lines, "make bench" + (f" ONLY={options.only}" if options.only else ""))
        say(f"The table stands in {options.write}")
    missed = [line["name"] for line in lines if line["outcome"] == "missed"]
    if missed:
        say(f"\nMissed by more than the noise: {len(missed)}\n- " + "\n- ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
