"""The filters above the list of what happened."""

from typing import Any

from django import forms

from practice_vetting.core import history
from practice_vetting.core.models import Membership, Practice

_NO_DAY = {"invalid": "This is not a date. Write it like 2026-11-09."}


class HistoryFilter(forms.Form):
    """Every field may stay empty. Its people are those of the practice, past ones too."""

    words = forms.CharField(
        label="Words in the name", max_length=100, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    person = forms.ChoiceField(label="Person", required=False)
    kind = forms.ChoiceField(label="Kind of record", required=False)
    verb = forms.ChoiceField(label="What was done", required=False)
    since = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=_NO_DAY,
    )
    until = forms.DateField(
        label="To",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=_NO_DAY,
    )

    def __init__(self, *args: Any, practice: Practice, **options: Any) -> None:
        super().__init__(*args, **options)
        members = Membership.objects.of(practice).order_by("person__name", "id")
        people = [*members.values_list("person__uid", "person__name"), (history.OURSELVES, "Practice Vetting itself")]
        self._choose("person", "Everybody", people)
        self._choose("kind", "Every kind", history.kind_choices())
        self._choose("verb", "Everything", history.verb_choices())

    def _choose(self, name: str, all_of_them: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.error_messages["invalid_choice"] = "Choose one from the list."
        field.choices = [("", all_of_them), *choices]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", "This day is before the first one. Choose a later day.")
        return given
