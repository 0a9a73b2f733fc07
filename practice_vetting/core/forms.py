"""The forms of the ground: set-up, invitations, joining, settings, and what every form of the product shares."""

import uuid
from typing import Any

from django import forms

from practice_vetting.core.accounts.passwords import weakness
from practice_vetting.core.installation import is_the_code
from practice_vetting.core.models import Person, Practice
from practice_vetting.core.states import STATES

ZONES = [
    ("America/New_York", "Eastern (New York)"),
    ("America/Chicago", "Central (Chicago)"),
    ("America/Denver", "Mountain (Denver)"),
    ("America/Phoenix", "Mountain without daylight saving (Phoenix)"),
    ("America/Los_Angeles", "Pacific (Los Angeles)"),
    ("America/Anchorage", "Alaska (Anchorage)"),
    ("Pacific/Honolulu", "Hawaii (Honolulu)"),
    ("America/Puerto_Rico", "Atlantic (Puerto Rico)"),
    ("Pacific/Guam", "Guam"),
    ("UTC", "UTC"),
]


LOAD_AGAIN = "Load this page again, then send it once more."
NO_ADDRESS = "This is not an e-mail address. It looks like dana@practice.example."


def words(required: str, **others: str) -> dict[str, str]:
    """The sentences of a field that holds text or a choice: what is missing, and what is too long or not offered."""
    return {
        "required": required,
        "max_length": "Keep this to %(limit_value)d characters. It has %(show_value)d now.",
        "min_length": "Write at least %(limit_value)d characters.",
        "invalid_choice": required,
        **others,
    }


def new_form_id() -> str:
    """An id that a creating form carries: sent twice, it still makes one record."""
    return str(uuid.uuid4())


class CreatingForm(forms.Form):
    """A form that makes a record. Its `form_id` makes a second sending harmless."""

    form_id = forms.UUIDField(
        widget=forms.HiddenInput, initial=new_form_id, error_messages=words(LOAD_AGAIN, invalid=LOAD_AGAIN)
    )

    def clean_form_id(self) -> str:
        return str(self.cleaned_data["form_id"])


class ChangingForm(forms.Form):
    """A form that changes a record. Its `version` tells a stale form from a fresh one."""

    version = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=1,
        error_messages=words(LOAD_AGAIN, invalid=LOAD_AGAIN, min_value=LOAD_AGAIN),
    )


class PasswordPair(forms.Form):
    """A new password, typed once and shown on wish by the browser; checked against names and common ones.

    The field has no greatest length, because browsers cut what is pasted to it without a word: passwords.py tells.
    """

    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. A short sentence is easy to keep in mind.",
        error_messages=words("Choose a password."),
    )

    def person(self) -> Person:
        """The person whose names the password must not repeat."""
        return Person(email=self.cleaned_data.get("email", ""), name=self.cleaned_data.get("name", ""))

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if sentence := weakness(password, self.own_words()):
            raise forms.ValidationError(sentence)
        return password

    def own_words(self) -> list[str]:
        """What anybody who attacks this account knows, so that it makes no password."""
        person = self.person()
        return [person.name, person.email, *person.practice_names()]


class PracticeFields(forms.Form):
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=ZONES,
        help_text="Reminders and dates follow it.",
        error_messages=words("Choose your time zone."),
    )
    states = forms.MultipleChoiceField(
        label="States where your patients live",
        choices=STATES,
        widget=forms.CheckboxSelectMultiple,
        help_text="State law can ask for more than federal law.",
        error_messages=words("Mark at least one state where your patients live."),
    )
    part2 = forms.TypedChoiceField(
        label="Are you a Part 2 program, or do you keep records from one?",
        choices=[("no", "No"), ("yes", "Yes")],
        coerce=lambda answer: answer == "yes",
        widget=forms.RadioSelect,
        help_text="42 CFR Part 2 protects records of federally assisted programs for substance-use care. "
        "Unsure? Choose yes: the evaluation then asks for more, never for less.",
        error_messages=words("Say whether Part 2 concerns you. Unsure? Choose yes."),
    )


class SetupForm(PracticeFields, PasswordPair):
    """Takes a fresh installation."""

    field_order = ["code", "practice_name", "time_zone", "states", "part2", "name", "email", "password"]

    code = forms.CharField(
        label="Set-up code",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
        help_text="The console that started Practice Vetting printed it.",
        error_messages=words("Copy the set-up code from the console."),
    )
    practice_name = forms.CharField(
        label="Name of the practice",
        min_length=2,
        max_length=200,
        error_messages=words("Write the name of your practice."),
    )
    name = forms.CharField(
        label="Your full name",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages=words("Write your full name. It stands under what you sign."),
    )
    email = forms.EmailField(
        label="Your e-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages=words("Write your e-mail. You sign in with it.", invalid=NO_ADDRESS),
    )

    def own_words(self) -> list[str]:
        return [*super().own_words(), self.cleaned_data.get("practice_name", "")]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not is_the_code(code):
            raise forms.ValidationError(
                "This is not the code. Copy it from the console, or run “manage.py setup_code”."
            )
        return code


class JoinForm(PasswordPair):
    """Takes up an invitation; `invited` gives the names that the password must not repeat."""

    def __init__(self, *args: Any, invited: Person, practice: Practice, **options: Any) -> None:
        super().__init__(*args, **options)
        self._invited, self._practice = invited, practice
        if invited.pk:
            self.fields["password"].error_messages["required"] = "Type the password of your account."
            self.fields["password"].help_text = "You have an account here. Type its password."
            self.fields["password"].widget.attrs["autocomplete"] = "current-password"

    def person(self) -> Person:
        return self._invited

    def own_words(self) -> list[str]:
        return [*super().own_words(), self._practice.name]

    def clean_password(self) -> str:
        return self.cleaned_data["password"] if self._invited.pk else super().clean_password()


class PracticeForm(PracticeFields, ChangingForm):
    field_order = [
        "name", "time_zone", "states", "part2", "strict_boundary", "record_years", "idle_minutes", "factor_for_all",
    ]  # fmt: skip

    name = forms.CharField(
        label="Name of the practice",
        min_length=2,
        max_length=200,
        error_messages=words("Write the name of your practice."),
    )
    strict_boundary = forms.BooleanField(
        label="Accept only de-identified data at an outside model (strict mode)",
        required=False,
        help_text="Off, a model provider may also be bound by agreements. Both are lawful; this is your choice.",
    )
    record_years = forms.IntegerField(
        label="Years that you keep records after they were last in effect",
        min_value=6,
        max_value=99,
        help_text="At least 6, because HIPAA asks for six years. If your state or insurer asks for more, write that.",
        error_messages=words(
            "Write a number of years from 6 to 99.",
            invalid="Write a whole number of years from 6 to 99.",
            min_value="Write 6 or more. HIPAA asks for six years at least.",
            max_value="Write 99 or fewer.",
        ),
    )
    idle_minutes = forms.IntegerField(
        label="Minutes without activity until a person is signed out",
        min_value=5,
        max_value=60,
        help_text="From 5 to 60. Where patients walk past the screen, 15 or fewer is wise. Typed text is kept.",
        error_messages=words(
            "Write a number of minutes from 5 to 60.",
            invalid="Write a whole number of minutes from 5 to 60.",
            min_value="Write 5 minutes or more. Less would sign people out while they read.",
            max_value="Write 60 minutes or fewer. An unlocked screen should not stay open for longer.",
        ),
    )
    factor_for_all = forms.BooleanField(
        label="Ask everybody for a second factor",
        required=False,
        help_text="Owners and compliance officers always need one. Marked, staff and auditors do, too.",
    )

    @classmethod
    def of(cls, practice: Practice, data: Any = None) -> "PracticeForm":
        names = [name for name in cls.base_fields if name != "part2"]
        facts = {name: getattr(practice, name) for name in names}
        return cls(data, initial={**facts, "part2": "yes" if practice.part2 else "no"})


class WebhookForm(CreatingForm):
    url = forms.URLField(
        label="Address",
        help_text="It begins with https://",
        max_length=500,
        assume_scheme="https",
        error_messages=words(
            "Type the address.", invalid="This is not an address. It looks like https://tasks.practice.example/due."
        ),
    )
