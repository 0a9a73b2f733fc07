"""The form in which one clause is read. The page writes it by hand: forty of them have to stay quick."""

from typing import Any

from django import forms

from practice_vetting.core.forms import LOAD_AGAIN, words
from vendors.clauses import ReadingStatus
from vendors.forms.fields import LineField, LongField

_DAYS = "Write a whole number of days, such as 10. Leave it empty if the text names none."


class ReadingForm(forms.Form):
    """What was found. `theirs` and `keep` answer a conflict: the version shown, and whose text stands."""

    version = forms.IntegerField(min_value=0, error_messages=words(LOAD_AGAIN, invalid=LOAD_AGAIN))
    status = forms.ChoiceField(
        choices=[(status.value, status.label) for status in ReadingStatus],
        error_messages=words("Choose whether it is there. Then this is saved."),
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=3650,
        required=False,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _DAYS),
    )
    page = LineField(max_length=30, required=False)
    quote = LongField(max_length=2000, required=False)
    reason = LongField(max_length=1000, required=False)
    theirs = forms.IntegerField(min_value=0, required=False)
    keep = forms.ChoiceField(choices=[("mine", "Mine"), ("theirs", "Theirs")], required=False)

    @property
    def found(self) -> dict[str, Any]:
        """What the person typed, under the names that the action takes."""
        return {name: self.cleaned_data[name] for name in ("status", "days", "page", "quote", "reason")}

    @property
    def version_to_change(self) -> int:
        """The version seen; or theirs, once the person has read it and keeps their own text all the same."""
        data = self.cleaned_data
        return int(data["theirs"] if data["keep"] == "mine" and data["theirs"] is not None else data["version"])
