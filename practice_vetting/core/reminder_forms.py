"""The forms about reminders: the practice's ladder, and silencing one deadline for a while."""

from datetime import date, timedelta
from typing import Any

from django import forms

from practice_vetting.core import ladder, snoozing
from practice_vetting.core.forms import ChangingForm, CreatingForm, words
from practice_vetting.core.models import Practice
from practice_vetting.core.templatetags.wording import day

_DAYS_BEFORE = {0: "On the day itself", 1: "1 day before"}
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def _from_to(low: int, high: int, what: str) -> dict[str, str]:
    sentence = f"Write a number of {what} from {low} to {high}."
    return words(sentence, invalid=sentence, min_value=sentence, max_value=sentence)


class ReminderSettingsForm(ChangingForm):
    """The practice's own ladder, for every deadline alike."""

    field_order = ["remind_before", "owners_after", "summary_weekday", "summary_when_quiet", "snooze_days", "version"]

    remind_before = forms.TypedMultipleChoiceField(
        label="Days before a date on which the compliance officer is told",
        choices=[(days, _DAYS_BEFORE.get(days, f"{days} days before")) for days in ladder.BEFORE_CHOICES],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text="Once it is late, it is told once a week until it is done.",
        error_messages=words("Mark at least one day."),
    )
    owners_after = forms.IntegerField(
        label="Days late from which owners are told, too",
        min_value=ladder.OWNERS_AFTER[0],
        max_value=ladder.OWNERS_AFTER[1],
        help_text="From 1 to 30. A review lapses 30 days after its date (our policy), so fewer is safer.",
        error_messages=_from_to(*ladder.OWNERS_AFTER, "days"),
    )
    summary_weekday = forms.TypedChoiceField(
        label="Day on which owners get the summary of the week",
        choices=list(enumerate(_WEEKDAYS)),
        coerce=int,
        help_text="It is part of that day’s mail.",
        error_messages=words("Choose a day of the week."),
    )
    summary_when_quiet = forms.BooleanField(
        label="Send the summary also when there is nothing to do",
        required=False,
        help_text="Off, a week without news brings no mail.",
    )
    snooze_days = forms.IntegerField(
        label="Days that somebody can snooze a reminder at most",
        min_value=snoozing.DAYS[0],
        max_value=snoozing.DAYS[1],
        help_text="From 7 to 90. Nobody can snooze past a warning before something lapses.",
        error_messages=_from_to(*snoozing.DAYS, "days"),
    )

    def clean_remind_before(self) -> list[int]:
        marks = sorted(self.cleaned_data["remind_before"], reverse=True)
        if marks[0] < ladder.EARLY_ENOUGH:
            raise forms.ValidationError("Mark a day that is at least 7 days before, so that there is time to act.")
        return marks

    @classmethod
    def of(cls, practice: Practice, data: Any = None) -> "ReminderSettingsForm":
        return cls(data, initial={name: getattr(practice, name) for name in cls.base_fields})


class SnoozeForm(CreatingForm):
    """Until when a deadline is silent, and why."""

    field_order = ["form_id", "length", "until", "reason"]

    length = forms.ChoiceField(
        label="Tell nobody until",
        choices=[("day", "Another day")],
        widget=forms.RadioSelect,
        error_messages=words("Choose until when."),
    )
    until = forms.DateField(
        label="Another day",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": "This is not a date. Write it like 2026-11-09."},
    )
    reason = forms.CharField(
        label="Why can it wait?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Owners read this in the summary of the week. Never put patient data here.",
        error_messages=words("Say why it can wait."),
    )

    def __init__(self, data: Any = None, *, limit: snoozing.Bound, today: date) -> None:
        super().__init__(data)
        self._today = today
        offered = snoozing.weeks_offered(limit, today)
        choices = [(str(weeks), f"{weeks} week{'' if weeks == 1 else 's'}: {day(until)}") for weeks, until in offered]
        self.fields["length"].choices = [*choices, *self.fields["length"].choices]  # type: ignore[attr-defined]
        if limit.last:
            self.fields["until"].help_text = f"{day(limit.last)} at the latest. {limit.why}"

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        length = found.pop("length", "")
        if length.isdigit():
            found["until"] = self._today + timedelta(weeks=int(length))
        elif length == "day" and "until" in found and not found["until"]:
            self.add_error("until", "Choose the day until which it can wait.")
        return found
