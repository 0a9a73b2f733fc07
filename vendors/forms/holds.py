"""The forms about legal holds, and about patient data that an ended vendor no longer has."""

from typing import Any

from practice_vetting.core.forms import ChangingForm, CreatingForm
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LongField
from vendors.models import LegalHold, Vendor


class PlaceHoldForm(CreatingForm):
    """Why everything of a vendor has to stay, and since when."""

    reason = LongField(
        label="Why must everything stay?",
        max_length=1000,
        help_text=f"A lawsuit, an inquiry, a letter of your attorney. Auditors read this. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say why everything of this vendor must stay."},
    )
    since = DayField(
        label="Since",
        help_text="The day on which you learned that it must stay.",
        error_messages={"required": "Say since when it must stay."},
    )


class LiftHoldForm(ChangingForm):
    """Why a hold is no longer needed."""

    reason = LongField(
        label="Why is it lifted?",
        max_length=1000,
        help_text=f"The case was closed, the inquiry ended, your attorney agreed. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say why it is lifted."},
    )

    @classmethod
    def of(cls, hold: LegalHold, data: Any = None) -> "LiftHoldForm":
        return cls(data, initial={"version": hold.version})


class DataGoneForm(ChangingForm):
    """That the vendor returned or destroyed the patient data, and how that is known."""

    gone_on = DayField(
        label="Returned or destroyed by",
        help_text="The day by which nothing was left there.",
        error_messages={"required": "Say by which day nothing was left."},
    )
    reason = LongField(
        label="How do you know?",
        max_length=1000,
        help_text=f"Name the letter or certificate by its number, such as E-07. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say how you know that nothing is left."},
    )

    @classmethod
    def of(cls, vendor: Vendor, data: Any = None) -> "DataGoneForm":
        known = {"gone_on": vendor.data_gone_on, "reason": vendor.data_gone_reason, "version": vendor.version}
        return cls(data, initial=known)
