"""How a form that changes a record is answered: made, refused beside its field, or shown with both texts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from practice_vetting.core.access import PracticeRequest
from practice_vetting.core.errors import Refused, Stale
from practice_vetting.core.models import Record
from practice_vetting.core.templatetags.wording import day

FormOf = Callable[..., forms.Form]


@dataclass(frozen=True)
class Difference:
    """One field that two people wrote differently, in the words that a person reads."""

    label: str
    theirs: str
    yours: str


@dataclass(frozen=True)
class Sent:
    """The form, what the action made of it, and what differs when somebody else was first."""

    form: forms.Form
    made: Any = None
    conflict: list[Difference] | None = None

    def page(self, request: PracticeRequest, template: str, **context: Any) -> HttpResponse:
        """The page again: 409 with both texts, 422 with what is wrong, or 200 when nothing was sent yet."""
        status = 409 if self.conflict is not None else 422 if self.form.errors else 200
        page = {"form": self.form, "conflict": self.conflict, "stale": self.conflict is not None, **context}
        return render(request, template, page, status=status)


def send(request: PracticeRequest, form_of: FormOf, record: Record, act: Callable[..., Any]) -> Sent:
    """Fill the form from the record, and when it was sent, do `act` with what it says."""
    if request.method != "POST":
        return Sent(form_of(record))
    form = form_of(record, request.POST)
    if not form.is_valid():
        return Sent(form)
    try:
        return Sent(form, made=act(**{record.kind(): record}, by=request.membership.person, **form.cleaned_data))
    except Stale as stale:
        return _both_texts(form_of, stale.theirs, request.POST)
    except Refused as refusal:
        return Sent(told(form, refusal))


def told(form: forms.Form, refusal: Refused) -> forms.Form:
    """The form with the refusal's sentence beside its field, or above all when the form has no such field."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
    return form


def _both_texts(form_of: FormOf, theirs: Any, data: Any) -> Sent:
    """The same text against the row as it is now: sent once more, it replaces what the other person wrote."""
    mine = data.copy()
    mine["version"] = theirs.version
    form = form_of(theirs, mine)
    form.is_valid()
    shown = [bound for bound in form.visible_fields() if bound.name in form.changed_data]
    return Sent(form, conflict=[_difference(bound, form.cleaned_data.get(bound.name)) for bound in shown])


def _difference(bound: forms.BoundField, yours: Any) -> Difference:
    theirs = bound.initial
    return Difference(str(bound.label), _in_words(bound.field, theirs), _in_words(bound.field, yours))


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, date):
        return day(value)
    labels = dict(getattr(field, "choices", []))
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(labels.get(each, each)) for each in values if each) or "(empty)"
