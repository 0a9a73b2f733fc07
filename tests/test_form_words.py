"""Every field says in its own words what is missing: never "This field is required."."""

import importlib
import pkgutil

import pytest
from django import forms
from django.test import Client

import checklists.forms
import practice_vetting.core.forms
import practice_vetting.core.history_filter  # noqa: F401
import vendors.forms

OURS = ("checklists.", "vendors.", "practice_vetting.")
BY_DJANGO = {str(forms.Field.default_error_messages["required"])}


def _all(kind: type[forms.BaseForm]) -> set[type[forms.BaseForm]]:
    return {kind}.union(*[_all(sub) for sub in kind.__subclasses__()])


def required_fields() -> dict[str, forms.Field]:
    for package in (checklists.forms, vendors.forms):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    return {
        f"{form.__module__}.{form.__name__}.{name}": field
        for form in _all(forms.BaseForm)
        if form.__module__.startswith(OURS)
        for name, field in form.base_fields.items()
        if field.required
    }


def test_no_field_is_missed_in_djangos_words():
    found = required_fields()
    found.pop(
        "practice_vetting.core.accounts.sign_in_form.SignInForm.password", None
    )  # worded when it is made: see below
    silent = {name for name, field in found.items() if str(field.error_messages["required"]) in BY_DJANGO}
    assert (len(found) > 20, sorted(silent)) == (True, [])


@pytest.mark.django_db
@pytest.mark.usefixtures("cast")
def test_signing_in_without_a_word_is_told_in_ours(client: Client):
    errors = client.post("/sign-in/", {}).context["form"].errors
    assert errors == {"login": ["Write your e-mail."], "password": ["Type your password."]}
