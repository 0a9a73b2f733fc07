"""The forms about a vendor itself."""

from typing import Any

from django import forms

from practice_vetting.core.forms import ChangingForm, CreatingForm
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LineField, LinkField, LongField
from vendors.models import Vendor

COLUMNS = ["name", "summary", "website", "contact_name", "contact_email"]


class VendorFields(forms.Form):
    name = LineField(
        label="Name of the vendor",
        max_length=200,
        help_text="The company, not the tool. You add its tools next.",
        error_messages={"required": "Write the vendor's name."},
    )
    summary = LineField(label="What it does for you", max_length=300, required=False, help_text=NEVER_PATIENT_DATA)
    website = LinkField(label="Website", max_length=300, required=False)
    contact_name = LineField(label="Your contact there", max_length=200, required=False)
    contact_email = forms.EmailField(
        label="Their e-mail",
        max_length=254,
        required=False,
        error_messages={"invalid": "This is not an e-mail address. Write it like name@example.com."},
    )


class AddVendorForm(VendorFields, CreatingForm):
    """A vendor that is new to the practice."""


class ChangeVendorForm(VendorFields, ChangingForm):
    """What a vendor is called, what it does, whom to ask."""

    @classmethod
    def of(cls, vendor: Vendor, data: Any = None) -> "ChangeVendorForm":
        return cls(data, initial={name: getattr(vendor, name) for name in [*COLUMNS, "version"]})


class NoPatientDataForm(ChangingForm):
    """The practice's own finding that no patient data reaches the vendor."""

    reason = LongField(
        label="Why does no patient data reach this vendor?",
        max_length=1000,
        help_text=f"Say what the vendor does and what it can see. Auditors read this. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say why no patient data reaches this vendor."},
    )

    @classmethod
    def of(cls, vendor: Vendor, data: Any = None) -> "NoPatientDataForm":
        return cls(data, initial={"reason": vendor.no_patient_data_reason, "version": vendor.version})


class EndVendorForm(ChangingForm):
    """The end of the work with a vendor: it stays on file, with its reason."""

    ended_on = DayField(
        label="Ended on",
        help_text="The first day on which you no longer work with it.",
        error_messages={"required": "Say on which day it ended."},
    )
    reason = LongField(
        label="Why did it end?",
        max_length=1000,
        help_text=NEVER_PATIENT_DATA,
        error_messages={"required": "Say why it ended."},
    )

    @classmethod
    def of(cls, vendor: Vendor, data: Any = None) -> "EndVendorForm":
        return cls(data, initial={"ended_on": vendor.practice.today(), "version": vendor.version})


class ReopenVendorForm(ChangingForm):
    """Takes the end of a vendor back."""

    @classmethod
    def of(cls, vendor: Vendor, data: Any = None) -> "ReopenVendorForm":
        return cls(data, initial={"version": vendor.version})
