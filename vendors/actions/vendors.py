"""What a person can do with a vendor: add, change, end, and take up again."""

from datetime import date
from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower

from practice_vetting.core import ledger
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Person, Practice
from vendors.actions.tools import retire_tool
from vendors.models import Vendor
from vendors.standing import rejudge


@action("vendor.added", says="added the vendor")
def add_vendor(*, practice: Practice, by: Person, name: str, form_id: str | None = None, **facts: str) -> Vendor:
    """Put a vendor on the practice's list. Raises Refused when one of that name is there already.

    `facts`: summary, website, contact_name, contact_email.
    """
    Practice.objects.select_for_update(no_key=True).get(
        pk=practice.pk
    )  # two people adding one name wait for each other
    _refuse_twin(practice, name, form_id=form_id)
    vendor = Vendor(practice=practice, name=name, form_id=form_id, **facts)
    vendor.save()
    ledger.record(vendor)
    rejudge(vendor)
    return vendor


@action("vendor.changed", says="changed the vendor")
def change_vendor(*, vendor: Vendor, by: Person, version: int, **changes: Any) -> Vendor:
    """Change what is known of a vendor. Raises Stale, or Refused on a taken name."""
    current = locked(vendor, version)
    if "name" in changes:
        Practice.objects.select_for_update(no_key=True).get(pk=current.practice_id)
        _refuse_twin(current.practice, changes["name"], but=current)
    changed = sorted(name for name, value in changes.items() if getattr(current, name) != value)
    for name in changed:
        setattr(current, name, changes[name])
    current.version += 1
    current.save(update_fields=[*changed, "version"])
    ledger.record(current, changed=changed)
    return current


@action("vendor.ended", says="ended the work with")
def end_vendor(*, vendor: Vendor, by: Person, version: int, ended_on: date, reason: str) -> Vendor:
    """End the work with a vendor from `ended_on` on, and retire what is left of its tools. It stays on file.

    Raises Stale, or Refused when the day is in the future or a tool came into use after it.
    """
    current = locked(vendor, version)
    if current.ended_on is not None:
        raise Refused("This vendor has ended already.")
    if ended_on > current.practice.today():
        raise Refused("This day is still to come. End the vendor when it has come.", field="ended_on")
    for tool in current.tools.filter(retired_on=None):
        if tool.last_start and tool.last_start > ended_on:
            raise Refused(f"{tool.name} was in use after this day. Check both dates.", field="ended_on")
        retire_tool(tool=tool, by=by, version=tool.version, retired_on=ended_on, reason=reason)
    current.ended_on, current.end_reason = ended_on, reason
    current.version += 1
    current.save(update_fields=["ended_on", "end_reason", "version"])
    ledger.record(current, ended_on=ended_on, reason=reason)
    rejudge(current)
    return current


@action("vendor.reopened", says="took up again the work with")
def reopen_vendor(*, vendor: Vendor, by: Person, version: int) -> Vendor:
    """Undo the end of a vendor. Its tools stay retired. Raises Stale or Refused."""
    current = locked(vendor, version)
    if current.ended_on is None:
        raise Refused("This vendor has not ended.")
    current.ended_on, current.end_reason = None, ""
    current.data_gone_on, current.data_gone_reason = None, ""  # it may get patient data again
    current.version += 1
    current.save(update_fields=["ended_on", "end_reason", "data_gone_on", "data_gone_reason", "version"])
    ledger.record(current)
    rejudge(current)
    return current


def locked(vendor: Vendor, version: int) -> Vendor:
    """The vendor's row, locked. Raises Stale when it is no longer the version that the person saw."""
    current = Vendor.objects.select_for_update(no_key=True).get(pk=vendor.pk)
    if current.version != version:
        raise Stale(current)
    return current


def _refuse_twin(practice: Practice, name: str, *, form_id: str | None = None, but: Vendor | None = None) -> None:
    """Refuse a name that the list has already, in any case. A form sent twice is no twin of its own."""
    twins = Vendor.objects.of(practice).alias(key=Lower("name")).filter(key=Lower(Value(name)))
    twins = twins.exclude(pk=but.pk) if but else twins
    twin = (twins.exclude(form_id=form_id) if form_id else twins).first()
    if twin is None:
        return
    if twin.ended_on:
        raise Refused(f"“{twin.name}” is on your list as ended. Open it there to take it up again.", field="name")
    raise Refused(f"“{twin.name}” is on your list already. Open it, or tell the two apart by name.", field="name")
