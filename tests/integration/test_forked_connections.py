"""A process that forks keeps its connections to PostgreSQL, and the child opens its own."""

import os

import pytest
from django.db import connection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.production]


def backend() -> int:
    """The process of the server that answers us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def asked_by_a_child() -> int:
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(there, str(backend()).encode())
        finally:
            os._exit(0)
    os.close(there)
    with os.fdopen(here) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return int(said)


def test_parent_and_child_speak_over_lines_of_their_own() -> None:
    before = backend()
    theirs = [asked_by_a_child() for _ in range(2)]
    assert len({before, *theirs}) == 3
    assert backend() == before
