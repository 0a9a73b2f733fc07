"""Which modules make up which part, in the order in which they run, and on which databases."""

from importlib.util import find_spec

BOTH = ("SQLite", "PostgreSQL")
SQLITE = ("SQLite",)

PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "pages": {"pages": BOTH, "saving": BOTH},
    "documents": {"documents": SQLITE},
    "reminders": {"reminders": BOTH},
    "verdict": {"judging": SQLITE},
    "history": {"histories": BOTH},
    "start": {"start": BOTH},
}


def chosen(only: str, *, quick: bool) -> list[tuple[str, str, str]]:
    """(part, module, database) of the parts named with a comma between, all when none is; quick without PostgreSQL.

    Raises SystemExit on other names.
    """
    names = [name for name in only.replace(" ", "").split(",") if name] or list(PARTS)
    if unknown := sorted(set(names) - set(PARTS)):
        raise SystemExit(f"No such part: {', '.join(unknown)}. ONLY takes {', '.join(PARTS)}, with a comma between.")
    return [
        (part, module, database)
        for part in PARTS
        if part in names
        for module, databases in PARTS[part].items()
        if find_spec(f"tests.bench.{module}")
        for database in databases
        if not (quick and database == "PostgreSQL")
    ]
