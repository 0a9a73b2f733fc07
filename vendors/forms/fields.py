"""Fields that every form of this app shares: one line, a text, a day, an address on the web."""

import unicodedata
from datetime import date
from typing import Any

from django import forms
from django.core.validators import URLValidator

EARLIEST = date(1990, 1, 1)
# They turn the reading direction of what follows, so that a name looks like another one.
_TURNING = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
NEVER_PATIENT_DATA = "Never put patient data here."


class _Worded(forms.CharField):
    """A text whose length is refused with a sentence, never cut by the browser without a word."""

    def __init__(self, **options: Any) -> None:
        sentence = f"Keep this to {options['max_length']} characters. It has %(show_value)d now."
        options["error_messages"] = {"max_length": sentence, **options.get("error_messages", {})}
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class LineField(_Worded):
    """One line: runs of spaces become one, signs that no eye can see are dropped."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "").translate(_TURNING)
        seen = (sign for sign in text if sign.isspace() or unicodedata.category(sign) != "Cc")
        return " ".join("".join(seen).split())


class LongField(_Worded):
    """A few sentences, with their line breaks. The warning stands beside each, asked for or not."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, **options: Any) -> None:
        said = options.get("help_text", "")
        options["help_text"] = said if NEVER_PATIENT_DATA in said else f"{said} {NEVER_PATIENT_DATA}".strip()
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n").translate(_TURNING)


class DayField(forms.DateField):
    """A calendar day, as the browser's own date field sends it."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_error_messages = {"invalid": "This is not a date. Write it like 2026-11-09."}

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day is not None and day < EARLIEST:
            raise forms.ValidationError("Check the year: it is before 1990.")
        return day


class LinkField(forms.URLField):
    """An address that a browser may open: http or https, nothing else."""

    default_validators = [URLValidator(schemes=["http", "https"])]
    default_error_messages = {"invalid": "This is not a web address. Write it like https://example.com."}

    def __init__(self, **options: Any) -> None:
        super().__init__(assume_scheme="https", **options)


class YesNoField(forms.TypedChoiceField):
    """A yes or no that a person has to choose: nothing is marked beforehand."""

    widget = forms.RadioSelect

    def __init__(self, **options: Any) -> None:
        options["error_messages"] = {"required": "Choose yes or no.", **options.get("error_messages", {})}
        super().__init__(choices=[("yes", "Yes"), ("no", "No")], coerce=lambda answer: answer == "yes", **options)
