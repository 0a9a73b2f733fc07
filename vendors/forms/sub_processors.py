"""The forms about the companies behind a vendor."""

from typing import Any

from django import forms

from practice_vetting.core.forms import ChangingForm, CreatingForm, words
from vendors.actions.sub_processors import is_signed
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LineField
from vendors.kinds import PLAINLY_KNOWN, Known, SubProcessorRole
from vendors.models import SubProcessor, Tool, Vendor

FACTS = ["name", "does", "role_of", "region", "gets_patient_data", "covered", "since"]


class IsNews(forms.Form):
    is_news = forms.BooleanField(
        label="This is news from the vendor. Make the review of its agreements due today.",
        required=False,
        help_text="Leave it empty if the vendor did not change, and only your record did.",
    )


class SubProcessorFields(forms.Form):
    name = LineField(
        label="Name of the company", max_length=200, error_messages={"required": "Write the company's name."}
    )
    does = LineField(label="What it does", max_length=1000, required=False, help_text=NEVER_PATIENT_DATA)
    role_of = forms.ChoiceField(
        label="What kind is it?",
        choices=SubProcessorRole.choices(),
        initial=SubProcessorRole.OTHER.value,
        error_messages=words("Choose what kind of company it is."),
    )
    region = LineField(
        label="Where does it keep or see data?", max_length=200, required=False, help_text="For example: United States."
    )
    gets_patient_data = forms.ChoiceField(
        label="Does patient data reach it?",
        choices=PLAINLY_KNOWN,
        widget=forms.RadioSelect,
        error_messages=words("Choose what you know. “Not known” is an answer, too."),
    )
    covered = forms.ChoiceField(
        label="Does its own agreement with the vendor cover patient data?",
        choices=Known.choices(),
        widget=forms.RadioSelect,
        help_text="The vendor must bind each company that gets patient data, by a business associate agreement (BAA).",
        error_messages=words("Choose what you know. “Not known” is an answer, too."),
    )
    tools = forms.MultipleChoiceField(
        label="Which tools does it stand behind?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose among the tools of this vendor."},
        help_text="The chain behind an AI tool is drawn from this.",
    )
    since = DayField(
        label="The vendor names it since",
        help_text="The date of the list or letter that names it.",
        error_messages={"required": "Write since when the vendor names it."},
    )

    def __init__(self, *args: Any, vendor: Vendor, **options: Any) -> None:
        super().__init__(*args, **options)
        self._tools = {tool.uid: tool for tool in vendor.tools.all()}
        self.fields["tools"].choices = [(uid, tool.name) for uid, tool in self._tools.items()]  # type: ignore[attr-defined]
        if not self._tools:
            self.fields["tools"].help_text = "This vendor has no tools yet. Add them, then mark them here."

    def clean_tools(self) -> list[Tool]:
        return [self._tools[uid] for uid in self.cleaned_data["tools"]]


class AddSubProcessorForm(SubProcessorFields, IsNews, CreatingForm):
    """A company that is new on record."""

    def __init__(self, *args: Any, vendor: Vendor, **options: Any) -> None:
        initial = {"since": vendor.practice.today(), "is_news": is_signed(vendor)}
        super().__init__(*args, vendor=vendor, initial=initial, **options)


class ChangeSubProcessorForm(SubProcessorFields, IsNews, ChangingForm):
    """What is known of a company. The day of its end comes only after it ended."""

    removed_on = DayField(
        label="No longer named since", required=False, help_text="Empty it if the vendor names it again."
    )

    @classmethod
    def of(cls, sub: SubProcessor, data: Any = None) -> "ChangeSubProcessorForm":
        values = {name: getattr(sub, name) for name in [*FACTS, "removed_on", "version"]}
        values["tools"] = [tool.uid for tool in sub.tools.all()]
        form = cls(data, vendor=sub.vendor, initial=values)
        if sub.removed_on is None:
            del form.fields["removed_on"]
        return form


class EndSubProcessorForm(IsNews, ChangingForm):
    """The vendor no longer names it."""

    removed_on = DayField(
        label="No longer named since",
        help_text="The first day on which the vendor no longer names it.",
        error_messages={"required": "Say since when the vendor no longer names it."},
    )
    field_order = ["removed_on", "is_news"]

    @classmethod
    def of(cls, sub: SubProcessor, data: Any = None) -> "EndSubProcessorForm":
        return cls(data, initial={"removed_on": sub.practice.today(), "version": sub.version})
