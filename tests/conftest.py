"""The cast, and the rules every test keeps: its own folders, no remembered installation."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import timezone

from practice_vetting.core import clock, installation, post, triggers
from practice_vetting.core.accounts import account_mails
from practice_vetting.core.models import Installation, Person, Practice
from practice_vetting.core.models.record import History
from practice_vetting.core.roles import Role
from tests import factories


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-doors", action="store_true", help="write tests/doors.txt anew from what the doors answer")


#: The files that take longest, in the order in which they are begun, so that both processes of a run end together.
#: The first two share no site; what shares one is kept to one process by `--dist loadfile`.
LONGEST = [
    "five_years/test_five_years.py",
    "e2e/test_every_page.py",
    "e2e/test_main_job.py",
    "test_doors.py",
    "e2e/test_without_scripts.py",
    "checklists/test_as_of_a_past_day.py",
    "checklists/test_load_demo.py",
    "core/test_serve.py",
    "integration/test_killed_worker.py",
    "core/test_issue_document.py",
    "checklists/test_dossier_pdf.py",
    "core/test_verify_document.py",
]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side, the longest first; alone, in the order of the folders, because there the quick ones should tell."""
    if hasattr(config, "workerinput"):
        places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests.prepared keeps what it made: one folder for all processes of this run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(autouse=True)
def _own_folders(settings: Any, tmp_path: Path) -> None:
    """Keys and files of one test are not those of another."""
    settings.KEYS_DIR = tmp_path / "keys"
    own = {name: {**settings.STORAGES[name]} for name in ("default", "held")}
    own["default"]["OPTIONS"] = {"location": tmp_path / "files"}
    own["held"]["OPTIONS"] = {**own["held"]["OPTIONS"], "location": tmp_path / "held"}
    settings.STORAGES = {**settings.STORAGES, **own}


@pytest.fixture(autouse=True, scope="session")
def _tables_can_be_emptied() -> Iterator[None]:
    """After a test with real transactions every table is emptied, which the triggers would refuse."""
    emptied = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        triggers.drop_all()
        emptied(case)  # and what follows every migration makes them anew

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = emptied


@pytest.fixture(autouse=True, scope="session")
def _history_says_what_the_row_says() -> Iterator[None]:
    """A save that names its columns, and leaves out one that was set, would write into history what the row is not."""
    written = History.create_historical_record_m2ms

    def compare(self: History, said: Any, instance: Any) -> None:
        written(self, said, instance)
        if said.history_type == "~" and not connection.force_debug_cursor:  # where queries are counted, none is ours
            row = type(instance)._base_manager.get(pk=instance.pk)
            fields = [each for each in said.tracked_fields if not each.many_to_many]
            other = [
                each.name
                for each in fields
                if getattr(row, each.attname) != each.to_python(getattr(said, each.attname))
            ]
            assert other == [], f"{type(instance).__name__} was saved without {other}, which history says is changed"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(History, "create_historical_record_m2ms", compare)
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    installation.forget()
    yield
    installation.forget()


@pytest.fixture(autouse=True)
def _mails_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker hears at once, when a change is kept, that mails about accounts wait."""
    monkeypatch.setattr(post, "wake", account_mails.deliver_waiting)


@dataclass(frozen=True)
class Cast:
    """The people of one practice, by role."""

    practice: Practice
    owner: Person
    officer: Person
    staff: Person
    auditor: Person


def make_cast(name: str) -> Cast:
    practice = factories.make_practice(name=name)
    people = {
        role.value: factories.make_member(practice=practice, name=person, role=role)
        for role, person in zip(Role, ["Maria Reyes", "Dana Okafor", "Sam Lindqvist", "Alex Tan"], strict=True)
    }
    return Cast(practice=practice, **people)


@pytest.fixture
def installed(db: None) -> None:
    cache.clear()
    Installation.objects.create(set_up_at=timezone.now())


@pytest.fixture
def cast(installed: None) -> Cast:
    """Harbor Light Counseling with one person a role."""
    return make_cast("Harbor Light Counseling")


@pytest.fixture
def strangers(installed: None) -> Cast:
    """Another practice on the same installation, with one person a role."""
    return make_cast("Quiet Pines Therapy")


def give_password(client: Client, person: Person) -> None:
    """Write into the session that the person gave their password at this moment."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": clock.now().timestamp()}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()


@pytest.fixture
def browse() -> Callable[[Person], Client]:
    """A client signed in as the person, who gave their password just now."""

    def signed_in(person: Person) -> Client:
        client = Client()
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        give_password(client, person)
        return client

    return signed_in
