"""The finding that no patient data reaches a vendor: recorded with a reason, asked again yearly."""

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person
from vendors.models import Vendor
from vendors.standing import rejudge


@action("vendor.no_patient_data", says="recorded that no patient data reaches")
def record_no_patient_data(*, vendor: Vendor, by: Person, version: int, reason: str) -> Vendor:
    """Record, as of today, that no patient data reaches the vendor. Recording it again starts a new year.

    Raises Stale, or Refused while any of its tools touches patient data. A retired one counts too, because
    the vendor may still hold what it got.
    """
    current = Vendor.objects.select_for_update(no_key=True).get(pk=vendor.pk)
    if current.version != version:
        raise Stale(current)
    if current.ended_on:
        raise Refused("This vendor has ended. Take it up again first.")
    if touching := [tool.name for tool in current.tools.all() if tool.holds_patient_data]:
        raise Refused(
            f"Patient data is marked on {', '.join(touching)}. Correct the tool first if that is wrong.",
            field="reason",
        )
    current.no_patient_data_reason, current.no_patient_data_on = reason, current.practice.today()
    _save(current)
    ledger.record(current, reason=reason)
    rejudge(current)
    return current


@action("vendor.patient_data_reaches", says="recorded that patient data reaches")
def withdraw_no_patient_data(*, vendor: Vendor, by: Person) -> Vendor:
    """Take the finding back, because one of the vendor's tools touches patient data after all."""
    current = Vendor.objects.select_for_update(no_key=True).get(pk=vendor.pk)
    earlier = current.no_patient_data_reason
    current.no_patient_data_reason, current.no_patient_data_on = "", None
    _save(current)
    ledger.record(current, withdrawn_reason=earlier)
    return current


def _save(vendor: Vendor) -> None:
    vendor.version += 1
    vendor.save(update_fields=["no_patient_data_reason", "no_patient_data_on", "version"])
