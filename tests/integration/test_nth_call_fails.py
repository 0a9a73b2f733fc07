"""F26: the n-th statement, or the n-th write of a file, fails, for each n in twelve use cases: all is kept or nothing.

By default each ninth n; NTH_CALL=1 tries each, as `make faults` does.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.test import Client

from checklists.actions.evaluations import start_evaluation
from practice_vetting.core.files import store
from practice_vetting.core.models import LedgerEntry
from tests import factories, files
from tests.conftest import Cast
from tests.faults.pages import form_of, problems_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
STEP = int(os.environ.get("NTH_CALL") or 9)

#: name, the page with the form, where it is sent ("" is the page), and what is typed
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "add a vendor": ("/vendors/add/", "", {"name": "Marrowstone", "summary": "Notes"}),
    "change a vendor": ("/vendors/{vendor}/change/", "", {"summary": "It writes notes"}),
    "end a vendor": ("/vendors/{vendor}/end/", "", {"reason": "Another", "how": "none", "data": "none"}),
    "add a tool": ("/vendors/{vendor}/tools/add/", "",
                   {"name": "Scribe", "has_ai": "yes", "part2": "no", "data_classes": "notes"}),
    "start an evaluation": ("/vendors/{other}/evaluate/", "", {"tools": "{tool}"}),
    "save an answer": ("/evaluations/{evaluation}/", "/evaluations/{evaluation}/questions/3/",
                       {"said": "In the contract", "response": "said"}),
    "withdraw an evaluation": ("/evaluations/{evaluation}/", "/evaluations/{evaluation}/withdraw/", {"reason": "No"}),
    "add evidence": ("/vendors/{vendor}/evidence/add/", "",
                     {"title": "Report", "kind_of": "policy", "no_patient_data": "on", "file": True}),
    "put a file under quarantine": ("/evidence/{evidence}/quarantine/", "", {"reason": "A name is in it"}),
    "invite somebody": ("/people/", "/people/invite/",
                        {"name": "Robin Vale", "email": "robin@x.example", "role": "staff"}),
    "ask for a dossier": ("/vendors/{vendor}/", "/vendors/{vendor}/dossier/", {}),
    "mark a vendor as without patient data": ("/vendors/{third}/no-patient-data/", "", {"reason": "It sees none"}),
}  # fmt: skip


@pytest.fixture
def places(cast: Cast) -> dict[str, str]:
    vendors = [factories.make_vendor(practice=cast.practice, name=name) for name in ("Notewell", "Other", "Third")]
    for each in vendors:
        factories.make_standing(vendor=each)
    tools = [factories.make_tool(vendor=each) for each in vendors[:2]]
    evaluation = start_evaluation(vendor=vendors[0], by=cast.officer, title="First round", tools=[tools[0]])
    evidence = factories.make_evidence(vendor=vendors[0], checked_by=cast.officer)
    uids = {"vendor": vendors[0], "other": vendors[1], "third": vendors[2], "evaluation": evaluation}
    return {name: record.uid for name, record in {**uids, "evidence": evidence, "tool": tools[1]}.items()}


class Failing:
    """Lets the n-th call of what people's data rests on fail. `calls` counts them."""

    def __init__(self, n: int | None) -> None:
        self.n, self.calls = n, 0

    def __call__(self, execute: Callable[..., Any], statement: str, *rest: Any) -> Any:
        if any(name in statement for name in ("django_session", '"cache"')):
            return execute(statement, *rest)  # who is signed in, and how often they tried: nothing of their data
        self.calls += 1
        if self.calls == self.n:
            raise OperationalError("made for a test")
        return execute(statement, *rest)


def rows() -> dict[str, int]:
    """How many rows there are of everything that is ours."""
    models = [each for name in ("core", "vendors", "checklists") for each in apps.get_app_config(name).get_models()]
    return {each._meta.label: each._base_manager.count() for each in models} | {"kept": len(kept_files())}


def kept_files() -> list[Path]:
    return [path for path in Path(default_storage.path("")).rglob("*") if path.is_file()]


def sent(client: Client, case: str, places: dict[str, str], page: str) -> Any:
    shown, action, typed = CASES[case]
    path = (action or shown).format(**places)
    typed = {name: value.format(**places) if isinstance(value, str) else value for name, value in typed.items()}
    attached = typed.pop("file", None)
    fields = {**form_of(page, action=path if action else "", holding=next(iter(typed), "")), **typed}
    return client.post(path, {**fields, **({"file": files.upload(files.pdf())} if attached else {})})


@pytest.fixture
def at_the_form(cast: Cast, places: dict[str, str], browse: Callable[..., Client]) -> Callable[[str], Any]:
    client = browse(cast.owner)
    client.raise_request_exception = False

    def begin(case: str) -> Any:
        page = client.get(CASES[case][0].format(**places)).content.decode()
        return lambda: sent(client, case, places, page)

    return begin


def attempts(send: Callable[[], Any]) -> Iterator[tuple[int, Any, dict[str, int], dict[str, int]]]:
    """For 0 (nothing fails) and each n: the answer, and the rows before and after. Each attempt is undone."""
    n, calls = 0, 1
    while n <= calls:
        failing = Failing(n or None)
        with transaction.atomic(), ExitStack() as stack:
            before, stored = rows(), kept_files()
            stack.enter_context(connection.execute_wrapper(failing))
            answer = send()
            stack.close()
            yield n, answer, before, rows()
            transaction.set_rollback(True)
        for path in set(kept_files()) - set(stored):
            path.unlink()
        calls = failing.calls if n == 0 else calls
        n += STEP if n else 1
    assert calls > 4


@pytest.mark.parametrize("case", CASES)
def test_whichever_statement_fails_all_is_kept_or_nothing(case: str, at_the_form: Callable[[str], Any]):
    send, whole = at_the_form(case), {}
    for n, answer, before, after in attempts(send):
        added = {name: after[name] - before[name] for name in after if after[name] != before[name]}
        stored = added.pop("kept", 0)  # bytes without a row are swept; a row without bytes must not be
        if n == 0:
            assert answer.status_code in (200, 302), problems_of(answer.content.decode())
            assert added
            whole = {**added, "kept": stored}
            continue
        assert added in ({}, {name: whole[name] for name in whole if name != "kept"}), f"{case}, call {n}: {added}"
        assert stored == whole["kept"] or not added, f"{case}, call {n}: a row without its bytes"
        if answer.status_code in (200, 302) and not added:
            assert "Location" not in answer.headers or "sign-in" in answer.headers["Location"], f"{case}, call {n}"
        assert answer.status_code in (200, 302, 422, 500, 503), f"{case}, call {n}: {answer.status_code}"


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(("where", "name"), [(shutil, "copyfileobj"), (os, "fsync"), (Path, "replace")])
def test_whichever_write_of_a_file_fails_nothing_is_kept(
    where: Any, name: str, n: int, at_the_form: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
):
    send, calls, real = at_the_form("add evidence"), [0], getattr(where, name)

    def failing(*args: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == n:
            raise OSError(errno.EIO, "made for a test")
        return real(*args, **options)

    before, entries = rows(), LedgerEntry.objects.count()
    monkeypatch.setattr(where, name, failing)
    answer = send()
    monkeypatch.undo()
    if calls[0] < n:
        return  # it writes no oftener
    added = {key: value - before[key] for key, value in rows().items() if value != before[key] and key != "kept"}
    assert (answer.status_code, added, LedgerEntry.objects.count()) == (422, {}, entries)
    assert "nothing was saved" in answer.content.decode()
    assert [path for path in kept_files() if path.suffix == ".part"] == []
    assert store.is_a_folder()
