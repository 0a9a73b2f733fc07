"""What an action writes is bound by what it tells, and by nothing that was undone."""

import pytest
from django.db import transaction

from practice_vetting.core import ledger
from practice_vetting.core.actions import Unrecorded, action, wrote
from practice_vetting.core.models import LedgerEntry, Membership
from tests.conftest import Cast, make_cast


@action("test.inner", says="did within")
def inner(*, membership: Membership, by: None, fails: bool = False) -> None:
    membership.version += 1
    membership.save(update_fields=["version"])
    ledger.record(membership)
    if fails:
        raise OSError("no more")


@action("test.outer", says="did around")
def outer(*, membership: Membership, by: None, fails: bool) -> None:
    try:
        with transaction.atomic():
            inner(membership=membership, by=None, fails=fails)
    except OSError:
        membership.refresh_from_db()
    ledger.record(membership)


def test_what_was_undone_alone_is_not_told(cast: Cast):
    outer(membership=cast.owner.memberships.get(), by=None, fails=True)
    [entry] = LedgerEntry.objects.all()
    assert (entry.verb, entry.bound, ledger.broken_at(cast.practice.uid)) == ("test.outer", [], None)


def test_each_row_is_bound_once_by_the_entry_about_its_record(cast: Cast):
    membership = cast.owner.memberships.get()
    outer(membership=membership, by=None, fails=False)
    row = membership.history.latest("history_id")
    bound = [entry.bound for entry in LedgerEntry.objects.order_by("seq")]
    assert bound == [[], [["membership", membership.uid, row.pk, ledger.digest_of(row)]]]


@action("test.elsewhere", says="wrote elsewhere")
def write_elsewhere(*, own: Membership, other: Membership, by: None) -> None:
    other.version += 1
    other.save(update_fields=["version"])
    ledger.record(own)


def test_no_practice_is_changed_without_its_own_ledger(cast: Cast):
    own, other = cast.owner.memberships.get(), make_cast("Quiet Pines Therapy").owner.memberships.get()
    with pytest.raises(Unrecorded, match="the ledger of its practice was told nothing"):
        write_elsewhere(own=own, other=other, by=None)
    other.refresh_from_db()
    assert (other.version, LedgerEntry.objects.count()) == (1, 0)


def test_history_outside_an_action_is_refused(cast: Cast):
    with pytest.raises(Unrecorded):
        wrote(cast.owner.memberships.get().history.first())


def test_a_column_that_says_nothing_changes_no_digest(cast: Cast):
    """A later release may add a column that is empty for all that was before it."""
    row = cast.owner.memberships.get().history.first()
    before = ledger.digest_of(row)
    row.ended_on, row.form_id = None, None
    assert ledger.digest_of(row) == before
    row.form_id = ""
    assert ledger.digest_of(row) != before
