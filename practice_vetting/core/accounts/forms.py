"""The forms about one's own account."""

from typing import Any

from django import forms

from practice_vetting.core.forms import NO_ADDRESS, PasswordPair, words
from practice_vetting.core.models import Person


def _own_password(label: str, required: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages=words(required),
    )


class NewPasswordForm(PasswordPair):
    """A new password for a person who has an account."""

    def __init__(self, *args: Any, person: Person, **options: Any) -> None:
        super().__init__(*args, **options)
        self._person = person
        self.fields["password"].label = "New password"
        self.fields["password"].error_messages["required"] = "Choose a new password."

    def person(self) -> Person:
        return self._person


class ChangePasswordForm(NewPasswordForm):
    field_order = ["old_password", "password"]
    old_password = _own_password("Password now", "Type the password that you have now.")


class ForgottenPasswordForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages=words("Write the e-mail that you sign in with.", invalid=NO_ADDRESS),
    )


class NewEmailForm(forms.Form):
    email = forms.EmailField(
        label="New e-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages=words("Write your new e-mail.", invalid=NO_ADDRESS),
    )


class CloseAccountForm(forms.Form):
    password = _own_password("Your password", "Type your password.")
