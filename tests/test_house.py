"""The house holds: which way imports run, how large things are, and that nothing new comes without its policy."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.template.loader import get_template
from django.utils.module_loading import import_string

from checklists.states import MOVES, EvaluationState
from practice_vetting.core import actions
from practice_vetting.core.models import Record
from vendors.agreement_states import MOVES as AGREEMENT_MOVES
from vendors.agreement_states import AgreementState

ROOT = Path(settings.BASE_DIR)
ROOMS = {"core": "practice_vetting/core", "vendors": "vendors", "checklists": "checklists"}
MAY_IMPORT = {"core": {"core"}, "vendors": {"core", "vendors"}, "checklists": {"core", "vendors", "checklists"}}

#: inside a room: what stands further down never imports what stands further up
FLOORS = ["models", "actions", "forms", "views"]
#: what makes a function an action; records ask it whether one is under way
DECORATOR = "practice_vetting.core.actions"


@cache
def sources() -> dict[Path, ast.Module]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    files = [ROOT / name for name in listed if "/migrations/" not in name and (ROOT / name).exists()]
    return {path.relative_to(ROOT): ast.parse(path.read_text()) for path in files}


def product() -> dict[Path, ast.Module]:
    return {path: tree for path, tree in sources().items() if path.parts[0] != "tests"}


def module_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.Module, *, top_only: bool = False) -> Iterator[str]:
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def room(module: str) -> str:
    if module.startswith("practice_vetting.core"):
        return "core"
    return module.split(".")[0] if module.split(".")[0] in ROOMS else ""


def test_the_rooms_import_downward_only():
    wrong = [
        f"{path} imports {name}"
        for path, tree in product().items()
        if (home := room(module_of(path)))
        for name in imports(tree)
        if room(name) and room(name) not in MAY_IMPORT[home]
    ]
    assert wrong == []


def test_nobody_imports_the_roof():
    roof = ("practice_vetting.settings", "practice_vetting.urls", "practice_vetting.celery", "practice_vetting.wsgi")
    wrong = [
        f"{path} imports {name}"
        for path, tree in product().items()
        if room(module_of(path))
        for name in imports(tree)
        if name.startswith(roof)
    ]
    assert wrong == []


def test_inside_a_room_the_floors_hold():
    wrong = []
    for path, tree in product().items():
        home = room(module_of(path))
        floor = next((i for i, name in enumerate(FLOORS) if name in path.parts or path.stem == name), None)
        if not home or floor is None:
            continue
        above = FLOORS[floor + 1 :]
        wrong += [
            f"{path} imports {name}"
            for name in imports(tree)
            if room(name) == home and name != DECORATOR and any(f".{upper}" in name for upper in above)
        ]
    assert wrong == []


def test_no_imports_run_in_a_circle():
    known = {module_of(path): tree for path, tree in product().items()}
    edges = {
        module: {name for name in imports(tree, top_only=True) if name in known and name != module}
        for module, tree in known.items()
    }
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"a circle: {' -> '.join([*trail, module])}"
        if module not in done:
            for name in edges[module]:
                walk(name, (*trail, module))
            done.add(module)

    for module in known:
        walk(module, ())


PURE = ["checklists/verdict.py", "checklists/verdict_facts.py", "checklists/states.py", "checklists/catalogue.py"]
PURE += ["vendors/chain.py", "vendors/company_names.py", "vendors/sub_processor_changes.py"]
PURE += [f"vendors/sub_processor_import/{each}.py" for each in ("from_text", "from_workbook", "guess", "headings")]
PURE += [f"vendors/sub_processor_import/{each}.py" for each in ("lists", "reading", "tables")]
PURE += ["vendors/part2.py", "checklists/part2_values.py", "practice_vetting/core/typed_name.py"]
PURE += ["vendors/clauses.py", "vendors/kinds.py", "vendors/deadlines.py", "practice_vetting/core/roles.py"]
PURE += ["vendors/breach_clocks.py", "vendors/exposure_states.py"]
PURE += ["vendors/agreement_states.py", "vendors/clause_wants.py", "vendors/clause_differences.py"]
PURE += ["vendors/covering.py", "vendors/clause_gaps.py", "vendors/early_data.py"]
PURE += ["vendors/evidence_age.py", "vendors/review_points.py", "vendors/topics.py"]
PURE += [f"vendors/flow_{each}.py" for each in ("facts", "rules", "drafts")]
PURE += [f"vendors/boundary_{each}.py" for each in ("layers", "looks", "drawing")]
PURE += ["checklists/may_use.py", "checklists/rollout.py"]


def test_the_rules_are_pure():
    files = [Path(name) for name in PURE] + [path for path in product() if "rules" in path.parts]
    wrong = [f"{path}: {name}" for path in files for name in imports(sources()[path]) if name.startswith("django")]
    assert wrong == []


def test_files_and_functions_stay_small():
    large = [str(path) for path in product() if (ROOT / path).read_text().count("\n") > 400]
    for path, tree in product().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 60:
                large.append(f"{path}:{node.name}")
    assert large == []


def test_our_own_scripts_stay_under_300_lines():
    assert sum(path.read_text().count("\n") for path in (ROOT / "static/js").glob("*.js")) < 300


def test_a_view_is_glue():
    long = [
        f"{path}:{node.name}"
        for path, tree in product().items()
        if "views" in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > 24
    ]
    assert long == []


def test_every_record_has_history_and_starts_at_its_practice():
    wrong = [
        model.__name__
        for model in apps.get_models()
        if issubclass(model, Record)
        and not (hasattr(model, "history") and model._meta.get_field("practice").remote_field)
    ]
    assert wrong == []


def test_every_action_says_what_it_did():
    assert [verb for verb, says in actions.VERBS.items() if not says or "." not in verb] == []


def test_every_action_takes_keywords_only_and_a_person():
    wrong = []
    for path, tree in product().items():
        for node in ast.walk(tree):
            marks = [each for each in getattr(node, "decorator_list", []) if "action(" in ast.unparse(each)]
            if isinstance(node, ast.FunctionDef) and marks and "core/actions.py" not in str(path):
                names = {each.arg for each in node.args.kwonlyargs}
                if node.args.args or "by" not in names:
                    wrong.append(f"{path}:{node.name}")
    assert wrong == []


def test_every_state_has_its_moves():
    assert set(AGREEMENT_MOVES) == set(AgreementState)
    assert set(MOVES) == set(EvaluationState)


@pytest.mark.parametrize(
    "path",
    [
        *settings.DEADLINES,
        *settings.DEADLINES.values(),
        *settings.JOB_KINDS.values(),
        settings.JUDGE,
        settings.JUDGE_ALL,
    ],
)
def test_what_the_settings_name_exists(path: str):
    assert callable(import_string(path))


def templates() -> list[str]:
    folder = ROOT / "templates"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", templates())
def test_every_template_compiles_and_holds_nothing_inline(name: str):
    get_template(name)
    if not name.startswith(("emails/", "pdf/", "bundle/", "export/")):
        text = (ROOT / "templates" / name).read_text()
        assert [bad for bad in (" style=", "<style", "hx-on", "javascript:", "|safe") if bad in text] == []
        assert "<script>" not in text


def test_nothing_outside_an_action_writes():
    """Only actions, and the few services that keep their own rows, call save or create."""
    wrong = [
        f"{path}: {node.func.attr}"
        for path, tree in product().items()
        if "views" in path.parts
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"save", "create", "update", "delete", "bulk_create", "get_or_create"}
        and "session" not in ast.unparse(node.func)
    ]
    assert wrong == []


def test_a_lock_keeps_nobody_from_adding_what_refers_to_the_row():
    """PostgreSQL looks up foreign keys at the commit, when the end of the ledger is held: it must not wait for a lock
    then. Only what is removed for good is locked with its key."""
    locks = re.compile(r"select_for_update\((?!no_key=True)")
    found = [str(path) for path in product() if locks.search((ROOT / path).read_text())]
    assert found == ["checklists/actions/removals.py"]


def test_docs_name_only_tests_that_are_there():
    named = set(re.findall(r"\btest_[a-z0-9_]+", (ROOT / "docs" / "security.md").read_text()))
    there = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert (len(named) > 40, named - there) == (True, set())
