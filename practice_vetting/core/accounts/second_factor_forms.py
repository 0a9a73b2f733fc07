"""The forms around the second factor. allauth checks codes and passkeys; the words are ours."""

import struct
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AgainByCode
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm as AgainByPasskey
from django import forms
from django.http import HttpRequest

from practice_vetting.core.accounts.second_factor import Type, factors_of
from practice_vetting.core.forms import words

_NO_PASSKEY = "The passkey did not work. Press the button once more, or choose another way."
#: what the parsers of allauth and fido2 raise for bytes that no browser sends
_SENSELESS = (LookupError, TypeError, ValueError, AttributeError, struct.error)


def code_field(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=20,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
        error_messages=words("Type the code."),
    )


class _Code(forms.Form):
    """A code of the app or a recovery code, whichever the person has."""

    code = code_field("Code")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field, has_app = self.fields["code"], factors_of(options["user"]).filter(type=Type.TOTP).exists()
        field.label = "Code from your authenticator app" if has_app else "Recovery code"
        field.help_text = "Or one of your recovery codes." if has_app else "One of the codes that you kept."


class CodeForm(_Code, AuthenticateForm):
    """At sign-in, after the password."""


class CodeAgainForm(_Code, AgainByCode):
    """In a session, to say once more who it is."""


class _Passkey(forms.Form):
    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages=words("Press the button, and follow your browser.", invalid=_NO_PASSKEY),
    )

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except forms.ValidationError as problem:
            codes = {each.code for each in problem.error_list}
            raise (forms.ValidationError(_NO_PASSKEY) if "incorrect_code" in codes else problem) from None
        except _SENSELESS:
            raise forms.ValidationError(_NO_PASSKEY) from None


class PasskeyForm(_Passkey, AuthenticateWebAuthnForm):
    """At sign-in, after the password."""


class PasskeySignInForm(_Passkey, LoginWebAuthnForm):
    """At sign-in, instead of the password."""


class PasskeyAgainForm(_Passkey, AgainByPasskey):
    """In a session, to say once more who it is."""


class PasswordAgainForm(forms.Form):
    """In a session, to say once more who it is."""

    password = forms.CharField(
        label="Your password",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages=words("Type the password that you sign in with."),
    )

    def __init__(self, *args: Any, user: Any, request: HttpRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        self._person, self._request = user, request

    def clean_password(self) -> str:
        """Checks the password and drops it: nothing after this form needs it."""
        if not self._person.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError("This is not your password. Try again.")
        return ""

    def save(self) -> None:
        record_authentication(self._request, self._person, method="password", reauthenticated=True)


def note_shown(form: Any) -> None:
    """Note in the session, and at the factor, what the person has just shown by this form."""
    form.save()


class AddAppForm(ActivateTOTPForm):
    code = code_field("Code", "The app shows six digits. They change every 30 seconds.")


def passkey_name(*, required: bool) -> forms.CharField:
    return forms.CharField(
        label="Name of this passkey",
        required=required,
        max_length=60,
        help_text="So that you tell it from others later: “Office computer”, “My phone”.",
        error_messages=words("Give it a name."),
    )


class AddPasskeyForm(AddWebAuthnForm):
    """`passwordless` goes with it always: only a passkey that knows its person can stand in for the password.

    It needs no name: the browser has made it by then, and would keep it for nothing.
    """

    name = passkey_name(required=False)
    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages=words("Press the button, and follow your browser.", invalid=_NO_PASSKEY),
    )

    def clean(self) -> dict[str, Any] | None:
        try:
            return super().clean()
        except (forms.ValidationError, *_SENSELESS):
            raise forms.ValidationError("The passkey could not be made. Press the button once more.") from None


class RenamePasskeyForm(forms.Form):
    name = passkey_name(required=True)


class ResetForm(forms.Form):
    reason = forms.CharField(
        label="Why?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What happened, and how you know that it is them: “Lost her phone, told me in person.” Never put "
        "patient data here.",
        error_messages=words("Say why, so that others can check it later."),
    )
