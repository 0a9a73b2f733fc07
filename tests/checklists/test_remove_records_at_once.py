"""While somebody approves a removal, nobody else changes what it decides on; each waits until it is over."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from threading import Event, Thread
from typing import Any

import pytest
from django.db import OperationalError, connection

from checklists.actions import removals
from practice_vetting.core import clock
from practice_vetting.core.models import Person, Removal, RemovalState
from tests.checklists.gone import DUE, second_owner
from tests.conftest import Cast
from tests.factories import make_vendor
from vendors.actions.holds import place_hold
from vendors.models import Vendor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def noor(cast: Cast) -> Person:
    return second_owner(cast)


@pytest.fixture
def proposed(cast: Cast, noor: Person) -> Removal:
    with clock.set_to(datetime(2015, 5, 1, 18, tzinfo=UTC)):
        vendor = make_vendor(practice=cast.practice, ended_on=date(2015, 5, 1))
    with clock.set_to(DUE):
        return removals.propose_removal(vendor=vendor, by=cast.officer, typed_name="Notewell", reason="It is over")


def withdraw(removal: Removal, cast: Cast) -> Any:
    return removals.withdraw_removal(removal=Removal.objects.get(pk=removal.pk), by=cast.owner)


def hold(removal: Removal, cast: Cast) -> Any:
    vendor = Vendor.objects.get(uid=removal.vendor_uid)
    return place_hold(vendor=vendor, by=cast.officer, reason="A lawsuit", since=date(2033, 12, 2))


@pytest.mark.parametrize("other", [withdraw, hold])
def test_who_comes_in_between_waits(
    proposed: Removal, cast: Cast, noor: Person, monkeypatch: Any, other: Callable[[Removal, Cast], Any]
):
    looked, tried, done = Event(), Event(), []
    decide = removals._refuse_kept

    def decide_slowly(vendor: Vendor) -> Any:
        looked.set()
        assert tried.wait(20)
        return decide(vendor)

    def approve() -> None:
        try:
            with clock.set_to(DUE):
                done.append(removals.approve_removal(removal=proposed, by=noor, typed_name="Notewell").state)
        finally:
            connection.close()

    if connection.vendor != "postgresql":  # one writer at a time: nobody comes in between
        approve()
        assert done == [RemovalState.DONE]
        return
    monkeypatch.setattr(removals, "_refuse_kept", decide_slowly)
    approving = Thread(target=approve)
    approving.start()
    try:
        assert looked.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        with clock.set_to(DUE), pytest.raises(OperationalError, match="lock timeout"):
            other(proposed, cast)
    finally:
        connection.close()  # and with it goes the setting
        tried.set()
        approving.join()
    assert (done, Vendor.objects.exists()) == ([RemovalState.DONE], False)
