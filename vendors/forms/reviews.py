"""The form in which the review of an agreement is recorded."""

from django import forms

from practice_vetting.core.forms import CreatingForm
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LongField
from vendors.kinds import ReviewFinding


class ReviewForm(CreatingForm):
    on = DayField(label="Read again on", error_messages={"required": "Write the day on which you read it."})
    finding = forms.ChoiceField(
        label="What did you find?",
        choices=ReviewFinding.choices(),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you found."},
    )
    notes = LongField(
        label="What you looked at, and what must change",
        max_length=4000,
        required=False,
        help_text=NEVER_PATIENT_DATA,
    )
    next_review_on = DayField(label="Next review", required=False, help_text="Empty: one year after this one.")
