"""The sign-in form of allauth, with our own words."""

from typing import Any

from allauth.account.forms import LoginForm

from practice_vetting.core.forms import NO_ADDRESS


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        sentences = {"login": "Write your e-mail.", "password": "Type your password."}
        for name, sentence in sentences.items():
            self.fields[name].error_messages["required"] = sentence
            self.fields[name].widget.attrs.pop("placeholder", None)  # it would say the label again
        self.fields["login"].error_messages["invalid"] = NO_ADDRESS
        self.fields["login"].label = "E-mail"
        self.fields["password"].help_text = ""  # the page has its own link for a forgotten one
