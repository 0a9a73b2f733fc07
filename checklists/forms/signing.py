"""The forms under which people send back and sign an evaluation."""

from typing import Any

from django import forms

from checklists.statements import CONSENT
from practice_vetting.core.forms import LOAD_AGAIN, words
from practice_vetting.core.models import Person
from practice_vetting.core.typed_name import same_name


class SendBackForm(forms.Form):
    reason = forms.CharField(
        label="What has to be corrected?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The next person reads this. Never put patient data here.",
        error_messages={"required": "Say why it goes back, so that the next person knows what to correct."},
    )


class SignForm(forms.Form):
    """One signature: the typed name, and the mark of intent and consent. Who it is was asked at the door.

    `snapshot_sha256` is the hash of what the page showed, so that nobody signs what they did not see.
    """

    snapshot_sha256 = forms.RegexField(
        "^[0-9a-f]{64}$", widget=forms.HiddenInput, error_messages=words(LOAD_AGAIN, invalid=LOAD_AGAIN)
    )
    typed_name = forms.CharField(
        label="Your full name",
        max_length=200,
        error_messages={"required": "Type your full name."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    consent = forms.BooleanField(
        label=CONSENT, error_messages={"required": "Mark this if you mean it. Without it, nothing is signed."}
    )

    def __init__(self, *args: Any, person: Person, **options: Any) -> None:
        super().__init__(*args, **options)
        self._person = person
        self.fields["typed_name"].help_text = f"As your account has it: {person.name}."

    def clean_typed_name(self) -> str:
        typed: str = self.cleaned_data["typed_name"]
        if not same_name(typed, self._person.name):
            raise forms.ValidationError(f"Type your name as your account has it: {self._person.name}.")
        return typed
