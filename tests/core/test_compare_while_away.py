"""A database that does not answer says nothing of what is written in it: no practice hears of a misfit."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection

from practice_vetting.core import reminders
from practice_vetting.core.models import HistoryCheck, Practice
from practice_vetting.core.proof import check, live
from practice_vetting.core.proof.misfit import Misfit
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def asking(statement: str) -> Iterator[Misfit]:
    """A part of the comparison that asks this."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.fetchall()
    yield from ()


@pytest.mark.parametrize("away", [OperationalError, InterfaceError, InternalError])
def test_nothing_is_kept_and_nobody_is_told_while_the_database_is_away(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, away: type[Exception]
) -> None:
    def lost() -> Misfit:
        raise away("canceling statement due to lock timeout")

    monkeypatch.setattr(live, "misfits", lambda *_, **__: (lost() for _ in range(1)))
    monkeypatch.setattr(reminders, "tell_now", lambda **_: pytest.fail("somebody was told"))
    with pytest.raises(away):
        check.keep_all()
    assert not HistoryCheck.objects.exists()


def test_a_table_that_is_locked_is_no_misfit(cast: Cast) -> None:
    if connection.vendor != "postgresql":  # SQLite locks no single table
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
    checked = check.Checked(cast.practice, "default")
    with psycopg.connect(**_parameters()) as other:
        other.execute("LOCK TABLE core_backuprun IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OperationalError):
            checked.add(asking("SELECT count(*) FROM core_backuprun"))
    checked.add(asking("SELECT count(*) FROM core_backuprun"))
    assert checked.misfits == []


def _parameters() -> dict[str, Any]:
    given = connection.get_connection_params()
    return {name: given[name] for name in ("dbname", "user", "password", "host", "port") if name in given}


def test_what_cannot_be_read_is_a_misfit_and_stops_no_other_part(cast: Cast) -> None:
    checked = check.Checked(cast.practice, "default")
    unreadable = "SELECT CAST(X'ff' AS TEXT)" if connection.vendor == "sqlite" else "SELECT 'x'::int"
    checked.add(asking(unreadable))
    checked.add(asking("SELECT 1"))
    assert ["cannot be read" in str(each) for each in checked.misfits] == [True]
    assert Practice.objects.exists()
