"""Which past day, or which two, somebody asks to see."""

from datetime import date
from typing import Any

from django import forms

_NO_DAY = {"invalid": "This is not a date. Write it like 2026-11-09.", "required": "Choose a day."}


def _day(label: str) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages=_NO_DAY)


class PastDayForm(forms.Form):
    """A day up to `today`."""

    on = _day("Day")

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        self.fields["on"].widget.attrs["max"] = today.isoformat()

    def clean_on(self) -> date:
        return _come(self.cleaned_data["on"], self.today)


class TwoDaysForm(forms.Form):
    """Two days up to `today`, the first before the second. Their names in the address are "from" and "to"."""

    to = _day("And")

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        self.fields = {"from": _day("Between"), **self.fields}
        for field in self.fields.values():
            field.widget.attrs["max"] = today.isoformat()

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for name, day in list(given.items()):
            if day > self.today:
                self.add_error(name, _COMING)
        first, last = given.get("from"), given.get("to")
        if first and last and last < first:
            self.add_error("to", "This day is before the first one. Choose a later day.")
        return given


_COMING = "This day is still to come. Choose today or a day before."


def _come(day: date, today: date) -> date:
    if day > today:
        raise forms.ValidationError(_COMING)
    return day
