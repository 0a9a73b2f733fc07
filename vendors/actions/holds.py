"""Placing and lifting a legal hold, and recording that an ended vendor has no patient data any more."""

from datetime import date

from practice_vetting.core import clock, ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from vendors.actions.vendors import locked
from vendors.models import LegalHold, Vendor


@action("hold.placed", says="placed a legal hold on")
def place_hold(*, vendor: Vendor, by: Person, reason: str, since: date, form_id: str | None = None) -> LegalHold:
    """Keep everything of the vendor until an owner lifts the hold. Raises Refused on a day that is still to come."""
    vendor = Vendor.objects.select_for_update(no_key=True).get(pk=vendor.pk)
    if since > vendor.practice.today():
        raise Refused("This day is still to come. A hold counts from today at the latest.", field="since")
    hold = LegalHold(
        practice=vendor.practice, vendor=vendor, reason=reason.strip(), since=since, placed_by=by, form_id=form_id
    )
    hold.save()
    ledger.record(hold, label=vendor.name, reason=hold.reason, since=since)
    return hold


@action("hold.lifted", says="lifted the legal hold on")
def lift_hold(*, hold: LegalHold, by: Person, version: int, reason: str) -> LegalHold:
    """End the hold. It stays on file with both reasons. Raises Refused when somebody lifted it before."""
    current = (
        LegalHold.objects.select_for_update(no_key=True, of=("self",))
        .select_related("vendor", "practice")
        .get(pk=hold.pk)
    )
    if current.lifted_at is not None:
        raise Refused("This hold was lifted already.")
    if current.version != version:
        raise Stale(current)
    if not reason.strip():
        raise Refused("Say why it is lifted.", field="reason")
    current.lifted_at, current.lifted_by, current.lift_reason = clock.now(), by, reason.strip()
    current.version += 1
    current.save(update_fields=["lifted_at", "lifted_by", "lift_reason", "version"])
    ledger.record(current, label=current.vendor.name, reason=current.lift_reason)
    return current


@action("vendor.data_gone", says="recorded that no patient data is left at")
def record_data_gone(*, vendor: Vendor, by: Person, version: int, gone_on: date, reason: str) -> Vendor:
    """Record that an ended vendor returned or destroyed the patient data that it held, and how that is known.

    Raises Stale, or Refused while the vendor has not ended, and on a day that cannot be.
    """
    current = locked(vendor, version)
    if current.ended_on is None:
        raise Refused("You still work with this vendor. End it first.")
    if gone_on > current.practice.today():
        raise Refused("This day is still to come. Record it when it has come.", field="gone_on")
    current.data_gone_on, current.data_gone_reason = gone_on, reason.strip()
    current.version += 1
    current.save(update_fields=["data_gone_on", "data_gone_reason", "version"])
    ledger.record(current, gone_on=gone_on, reason=current.data_gone_reason)
    return current
