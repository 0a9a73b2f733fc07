"""Forms of evaluations and their answers."""

from typing import Any

from django import forms

from checklists.catalogue import Question
from checklists.models import Answer
from checklists.states import Response
from practice_vetting.core.forms import ChangingForm, CreatingForm, words
from practice_vetting.core.models import Practice
from vendors.forms.evidence import UploadFields
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LineField
from vendors.kinds import EvidenceKind
from vendors.models import Evidence, Tool


class ToolChoice(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({', '.join(obj.data_labels).lower() or 'no patient data'})"


class StartForm(CreatingForm):
    """Starts an evaluation of some tools of one vendor."""

    title = forms.CharField(
        label="Name of this evaluation",
        max_length=200,
        help_text=NEVER_PATIENT_DATA,
        error_messages=words("Give it a name."),
    )
    tools = ToolChoice(
        label="Which tools does it judge?",
        queryset=Tool.objects.none(),
        to_field_name="uid",
        widget=forms.CheckboxSelectMultiple,
        help_text="The verdict speaks of these tools only.",
        error_messages={"required": "Choose at least one tool."},
    )

    def __init__(self, *args: Any, tools: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["tools"].queryset = tools  # type: ignore[attr-defined]


class AnswerForm(ChangingForm):
    """The answer to one question. Every field may be left: an answer grows over days."""

    keep = forms.CharField(required=False, widget=forms.HiddenInput)
    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    response = forms.ChoiceField(
        label="What did the vendor answer?",
        choices=[(each.value, each.label) for each in Response],
        error_messages=words("Choose what the vendor answered."),
    )
    route = forms.ChoiceField(label="Which route do the documents prove?", required=False)
    said = forms.CharField(label="What they said", max_length=5000, required=False, strip=True)
    said_by = forms.CharField(label="Who said it", max_length=200, required=False)
    said_on = forms.DateField(label="When", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, question: Question, practice: Practice, **options: Any) -> None:
        super().__init__(*args, **options)
        self._practice = practice
        self.fields["route"].choices = [("", "")] + [(each.code, each.label) for each in question.routes]  # type: ignore[attr-defined]
        self.fields["response"].choices = [  # type: ignore[attr-defined]
            (each.value, each.label)
            for each in Response
            if each is not Response.DOES_NOT_APPLY or question.may_not_apply
        ]

    def clean_said_on(self) -> Any:
        day = self.cleaned_data["said_on"]
        if day and day > self._practice.today():
            raise forms.ValidationError("This day is still to come. Write the day on which they said it.")
        return day

    def version_to_replace(self) -> int:
        """The version this text was written over; after "keep mine", the one that the person saw and gave up."""
        seen = self.cleaned_data["seen_version"]
        version: int = seen if seen and self.cleaned_data["keep"] == "mine" else self.cleaned_data["version"]
        return version

    def changes(self, answer: Answer) -> dict[str, Any]:
        """What differs from the answer as it stands."""
        given = {name: self.cleaned_data[name] for name in ("response", "route", "said", "said_by", "said_on")}
        return {name: value for name, value in given.items() if getattr(answer, name) != value}


class AttachForm(UploadFields, CreatingForm):
    """A new file for an answer. Its fields carry the question's number, because a page holds nine such forms."""

    kind_of = forms.ChoiceField(
        label="What is it?",
        choices=EvidenceKind.choices(),
        initial=EvidenceKind.OTHER.value,
        error_messages=words("Choose what kind of document it is."),
    )
    expires_on = DayField(label="Counts until", required=False)
    pages = LineField(label="Pages that matter", max_length=100, required=False)

    def __init__(self, *args: Any, number: int, **options: Any) -> None:
        super().__init__(*args, auto_id=f"attach-{number}-%s", **options)


class CiteForm(forms.Form):
    """Puts a document that is on file under an answer."""

    evidence = forms.ModelChoiceField(
        label="Use a document on file",
        queryset=Evidence.objects.none(),
        to_field_name="uid",
        error_messages={
            "required": "Choose a document.",
            "invalid_choice": "Choose a document of this vendor.",
        },
    )
    pages = forms.CharField(label="Pages that matter", max_length=100, required=False)

    def __init__(self, *args: Any, evidence: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["evidence"].queryset = evidence  # type: ignore[attr-defined]
