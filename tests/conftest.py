"""The cast, and the rules every test keeps: its own folders, no remembered installation."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from practice_vetting.core import installation
from practice_vetting.core.models import Installation, Person, Practice
from practice_vetting.core.roles import Role
from tests import factories


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-doors", action="store_true", help="write tests/doors.txt anew from what the doors answer")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tests.prepared keeps what it made: one folder for all processes of this run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(autouse=True)
def _own_folders(settings: Any, tmp_path: Path) -> None:
    """Keys and files of one test are not those of another."""
    settings.KEYS_DIR = tmp_path / "keys"
    files = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path / "files"}}
    settings.STORAGES = {**settings.STORAGES, "default": files}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    installation.forget()
    yield
    installation.forget()


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


@pytest.fixture
def browse() -> Callable[[Person], Client]:
    """A client signed in as the person."""

    def signed_in(person: Person) -> Client:
        client = Client()
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return signed_in
