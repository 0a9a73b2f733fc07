"""What keeps the records of a vendor, however old they are, and until when something of it counted."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

from practice_vetting.core.templatetags.wording import day
from vendors.agreement_states import AgreementState, state_of
from vendors.models import Agreement, Vendor
from vendors.retention_rules import InEffect

#: what a page of many vendors fetches beforehand, so that each costs no query of its own
FETCHED = ("tools", "agreements__tools", "agreements__readings", "legal_holds", "exposures")


def holds(vendor: Vendor, on: date) -> Iterator[str]:
    """Each reason why nothing of the vendor may go on that day, as a sentence; a legal hold first."""
    for hold in vendor.legal_holds.all():
        if hold.lifted_at is None:
            yield f"A legal hold is on it since {day(hold.since)}: “{hold.reason}”"
    if vendor.ended_on is None or vendor.ended_on > on:
        yield "You still work with it."
    for agreement in vendor.agreements.all():
        state = state_of(agreement.dates, on=on)
        if state.in_force or state is AgreementState.EXECUTED:
            yield f"Its {_short(agreement)} is in force, or will be. End it first if that is wrong."
    if vendor.data_gone_on is None and any(tool.may_have_had_data for tool in vendor.tools.all()):
        yield "It may still hold patient data. Record that it returned or destroyed it."
    yield from import_string(settings.OPEN_EXPOSURES)(vendor, on)


def in_effect(vendor: Vendor) -> Iterator[InEffect]:
    """Until when each thing of the vendor counted. When it was written down is asked of its history (checklists)."""
    if vendor.ended_on:
        yield InEffect(vendor.ended_on, "the work with it ended")
    if vendor.data_gone_on:
        yield InEffect(vendor.data_gone_on, "it had returned or destroyed the patient data")
    for agreement in vendor.agreements.all():
        ends = [each for each in (agreement.ends_on, agreement.ended_on, agreement.superseded_on) if each]
        if ends:
            yield InEffect(min(ends), f"its {_short(agreement)} ended")
    for tool in vendor.tools.all():
        if tool.retired_on:
            yield InEffect(tool.retired_on, f"{tool.name} was retired")
    for hold in vendor.legal_holds.all():
        if hold.lifted_at:
            yield InEffect(_local(vendor, hold.lifted_at), "the legal hold was lifted")
    yield InEffect(_local(vendor, vendor.created_at), "it was put on your list")


def _short(agreement: Agreement) -> str:
    return agreement.get_kind_of_display().split(" (")[0].lower() if agreement.kind_of != "rider" else "rider"


def _local(vendor: Vendor, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(vendor.practice.time_zone)).date()
