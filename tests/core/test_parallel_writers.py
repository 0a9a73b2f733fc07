"""Many write in one practice at once: its ledger neither forks nor makes the quick wait for the slow."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

import pytest
from django.db import connection

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.models import LedgerEntry, LedgerHead, Membership, Practice, StoredFile
from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 8, 12
R = TypeVar("R")


@action("test.written", says="wrote in a test of")
def write(*, membership: Membership, by: None, meanwhile: Callable[[], Any] = lambda: None) -> None:
    membership.version += 1
    membership.save(update_fields=["version"])
    ledger.record(membership)
    meanwhile()


@action("test.referred", says="added a row in a test of")
def refer(*, membership: Membership, by: None) -> None:
    """Adds a row that refers to the practice: whether it may is asked of the database when the transaction ends."""
    StoredFile(practice=membership.practice, sha256="a" * 64, size=1, content_type="application/pdf").save()
    ledger.record(membership)


def together(work: Callable[[int], R], people: int) -> list[R]:
    def alone(number: int) -> R:
        try:
            return work(number)
        finally:
            connection.close()

    at_once = people if connection.vendor == "postgresql" else 1  # SQLite in memory has one connection only
    with ThreadPoolExecutor(at_once) as workers:
        return list(workers.map(alone, range(people)))


def test_every_entry_is_there_in_one_chain(cast: Cast):
    own = [person.memberships.select_related("practice").get() for person in (cast.owner, cast.officer, cast.staff)]

    def writes(number: int) -> None:
        for _ in range(EACH):
            write(membership=Membership.objects.select_related("practice").get(pk=own[number % 3].pk), by=None)

    together(writes, WRITERS)
    assert LedgerEntry.objects.count() == LedgerHead.objects.get().seq == WRITERS * EACH
    assert ledger.broken_at(cast.practice.uid) is None


def test_who_takes_long_keeps_nobody_waiting(cast: Cast):
    """The head is locked while entries are appended, not while the work is done that they tell of."""
    if connection.vendor != "postgresql":
        write(membership=cast.owner.memberships.get(), by=None)
        assert LedgerEntry.objects.count() == 1  # one writer at a time: there is nobody to keep waiting
        return
    begun, done = Event(), Event()
    slow, quick = cast.owner.memberships.get(), cast.officer.memberships.get()

    def keep_open() -> None:
        begun.set()
        done.wait(20)

    def works(number: int) -> None:
        if number == 0:
            write(membership=slow, by=None, meanwhile=keep_open)
        else:
            assert begun.wait(20)
            write(membership=quick, by=None)
            done.set()

    together(works, 2)
    told = LedgerEntry.objects.order_by("seq").values_list("record_uid", flat=True)
    assert list(told) == [quick.uid, slow.uid]


def test_who_holds_the_practice_keeps_nobody_from_adding_what_refers_to_it(cast: Cast):
    """Else the one would hold the practice and wait for the end of the ledger, and the other the reverse."""
    held, added = Event(), Event()
    mine, other = cast.owner.memberships.get(), cast.officer.memberships.get()

    def hold() -> None:
        Practice.objects.select_for_update(no_key=True).get(pk=cast.practice.pk)
        held.set()
        assert connection.vendor == "sqlite" or added.wait(20)

    def works(number: int) -> None:
        if number == 0:
            write(membership=mine, by=None, meanwhile=hold)
        else:
            assert held.wait(20)
            refer(membership=Membership.objects.select_related("practice").get(pk=other.pk), by=None)
            added.set()

    together(works, 2)
    assert sorted(LedgerEntry.objects.values_list("verb", flat=True)) == ["test.referred", "test.written"]
