"""The form under which a tool is marked as in use."""

from typing import Any

from django import forms

from checklists.gate import Gate
from practice_vetting.core.forms import ChangingForm
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LongField

_NOT_CLEARED = "It is in use although it is not cleared. I know that this will be shown on every page."
_NOT_PROVEN = "It is in use although not every point is proven. I know that this stays on record."


class StartUseForm(ChangingForm):
    """First use, first patient data, and while not everything is proven, why it is in use all the same."""

    in_use_since = DayField(
        label="In use since",
        help_text="The first day that anybody in the practice used it.",
        error_messages={"required": "Say since when it is in use."},
    )
    first_phi_on = DayField(
        label="First patient data on",
        required=False,
        help_text="The first day that patient data reached it, in a trial too. Leave it empty if none did.",
    )
    use_reason = LongField(
        label="Why is it in use before everything is proven?",
        max_length=1000,
        help_text="It stands beside the tool and in the dossier. " + NEVER_PATIENT_DATA,
        error_messages={"required": "Say why it is in use before everything is proven."},
    )
    known = forms.BooleanField(error_messages={"required": "Mark that you know how this will be shown."})

    def __init__(self, data: Any = None, *, gate: Gate, **options: Any) -> None:
        first = {"version": gate.tool.version, "first_phi_on": gate.tool.first_phi_on}
        super().__init__(data, initial=first, **options)
        self.fields["known"].label = _NOT_PROVEN if gate.cleared else _NOT_CLEARED
        if not gate.tool.holds_patient_data:
            del self.fields["first_phi_on"]
        if not gate.needs_reason:
            del self.fields["use_reason"], self.fields["known"]
