"""The form that leads from a name to the proposal of a tool. It keeps nothing itself."""

from typing import Any

from django import forms

from practice_vetting.core.forms import CreatingForm
from practice_vetting.core.models import Practice
from vendors.forms.fields import NEVER_PATIENT_DATA, LineField
from vendors.models import Vendor


class ProposeForm(forms.Form):
    name = LineField(
        label="What is the tool called?",
        max_length=200,
        help_text=NEVER_PATIENT_DATA,
        error_messages={"required": "Write what the tool is called."},
    )
    vendor = forms.ChoiceField(
        label="Which company makes it?",
        required=False,
        help_text="A company that you work with already may have a new tool.",
        error_messages={"invalid_choice": "Choose among the vendors of your list, or “Another company”."},
    )

    def __init__(self, *args: Any, practice: Practice, **options: Any) -> None:
        super().__init__(*args, **options)
        known = Vendor.objects.of(practice).filter(ended_on=None).order_by("name").values_list("uid", "name")
        self.fields["vendor"].choices = [("", "Another company, or I do not know"), *known]  # type: ignore[attr-defined]


class SheetForm(CreatingForm):
    """Asks for the sheet as a document."""
