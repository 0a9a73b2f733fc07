"""The forms about a vendor's tools."""

from typing import Any

from django import forms

from practice_vetting.core.forms import ChangingForm, CreatingForm
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LineField, LongField, YesNoField
from vendors.kinds import DataClass
from vendors.models import Tool

NONE = "none"  # said by a person, so that a forgotten mark is never taken for "no patient data"
FACTS = ["name", "purpose", "has_ai", "data_classes", "part2"]
USE = ["in_use_since", "first_phi_on", "use_reason"]


class ToolFields(forms.Form):
    name = LineField(
        label="Name of the tool",
        max_length=200,
        help_text="The product, or one AI feature inside it.",
        error_messages={"required": "Write the tool's name."},
    )
    purpose = LineField(label="What it does", max_length=300, required=False, help_text=NEVER_PATIENT_DATA)
    has_ai = YesNoField(label="Is AI in it?", help_text="It drafts, sums up, suggests, or turns speech into text.")
    data_classes = forms.MultipleChoiceField(
        label="Which patient data does it touch?",
        choices=[*DataClass.choices(), (NONE, "No patient data at all")],
        widget=forms.CheckboxSelectMultiple,
        help_text="Mark everything it can see.",
        error_messages={"required": "Mark what it touches, or “No patient data at all”."},
    )
    part2 = YesNoField(
        label="Are substance-use treatment records among it?",
        help_text="42 CFR Part 2 protects them more strictly. Unsure? Choose yes.",
    )
    in_use_since = DayField(
        label="In use since",
        required=False,
        help_text="The first day that anybody in the practice used it.",
    )
    first_phi_on = DayField(
        label="First patient data on",
        required=False,
        help_text="The first day that patient data reached it, in a trial too.",
    )
    use_reason = LongField(
        label="Why is it in use before it was cleared?",
        max_length=1000,
        required=False,
        help_text="Needed when it touches patient data and is in use. " + NEVER_PATIENT_DATA,
    )

    def clean_data_classes(self) -> list[str]:
        """The kinds of patient data; the empty list when somebody said that there are none."""
        marked: list[str] = self.cleaned_data["data_classes"]
        if marked == [NONE]:
            return []
        if NONE in marked:
            raise forms.ValidationError("You marked patient data and “No patient data at all”. Take one away.")
        return marked


class AddToolForm(ToolFields, CreatingForm):
    """A tool that is new to the practice. Whether it is in use is asked of those who may say so."""

    def __init__(self, *args: Any, may_start: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not may_start:
            for name in USE:
                del self.fields[name]


class ChangeToolForm(ToolFields, ChangingForm):
    """What is known of a tool. The first use is recorded at its gate, so its fields come only after that."""

    why_later = LongField(
        label="Why was the first day of patient data wrong?",
        max_length=1000,
        required=False,
        help_text="Needed when you make that day later or take it away, and no agreement stood on it. The history "
        "keeps it. " + NEVER_PATIENT_DATA,
    )
    retired_on = DayField(
        label="Retired on",
        required=False,
        help_text="The first day without it. Empty it if the tool is in use again.",
    )

    @classmethod
    def of(cls, tool: Tool, data: Any = None) -> "ChangeToolForm":
        values = {name: getattr(tool, name) for name in [*FACTS, *USE, "retired_on", "version"]}
        values |= {name: "yes" if values[name] else "no" for name in ("has_ai", "part2")}
        values["data_classes"] = values["data_classes"] or [NONE]
        form = cls(data, initial=values)
        if tool.in_use_since is None:
            del form.fields["in_use_since"], form.fields["use_reason"]
        if tool.first_phi_on is None:
            del form.fields["why_later"]
        if tool.retired_on is None:
            del form.fields["retired_on"]
        return form


class RetireToolForm(ChangingForm):
    """The end of a tool's use."""

    retired_on = DayField(
        label="Retired on",
        help_text="The first day on which nobody uses it any more.",
        error_messages={"required": "Say since when nobody uses it."},
    )
    reason = LongField(label="Why?", max_length=1000, required=False, help_text=NEVER_PATIENT_DATA)

    @classmethod
    def of(cls, tool: Tool, data: Any = None) -> "RetireToolForm":
        return cls(data, initial={"retired_on": tool.practice.today(), "version": tool.version})
