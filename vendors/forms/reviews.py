"""The forms about reviews: recording one, what changed meanwhile, and setting that aside."""

from typing import Any

from django import forms

from practice_vetting.core.forms import ChangingForm, CreatingForm, words
from practice_vetting.core.templatetags.wording import day
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LongField, YesNoField
from vendors.kinds import ReviewFinding, TriggerKind
from vendors.models import Agreement, ReviewTrigger
from vendors.review_facts import Asking
from vendors.review_points import problems


class ReviewForm(CreatingForm):
    """A review. It has two fields for each point: whether it is still so, and a note, which a no needs."""

    on = DayField(label="Read again on", error_messages={"required": "Write the day on which you read it."})
    triggers = forms.MultipleChoiceField(
        label="Which of these does this review answer?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "One of these was answered or set aside meanwhile. Look at the list again."},
    )
    also = forms.MultipleChoiceField(
        label="I have read these, too",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "One of these was read or changed meanwhile. Look at the list again."},
        help_text="They are due for the same. Mark each that you read for it: what you find counts for them, too.",
    )
    finding = forms.ChoiceField(
        label="What did you find?",
        choices=ReviewFinding.choices(),
        widget=forms.RadioSelect,
        help_text="If something must change, the next review is due within 30 days (our policy).",
        error_messages={"required": "Choose what you found."},
    )
    notes = LongField(
        label="What you looked at, and what must change",
        max_length=4000,
        required=False,
        help_text=NEVER_PATIENT_DATA,
    )
    next_review_on = DayField(
        label="Next review",
        required=False,
        help_text="Empty: one year after this one, or 30 days if something must change.",
    )

    def __init__(self, *args: Any, asking: Asking, **options: Any) -> None:
        options["initial"] = {"triggers": [each.uid for each in asking.triggers], **options.get("initial", {})}
        super().__init__(*args, **options)
        self._asking, self._open = asking, {each.uid: each for each in asking.triggers}
        self.fields["triggers"].choices = [  # type: ignore[attr-defined]
            (uid, f"{each.get_kind_of_display()}: {each.what}") for uid, each in self._open.items()
        ]
        self._also = {each.uid: each for each in asking.also}
        self.fields["also"].choices = [(uid, each.named) for uid, each in self._also.items()]  # type: ignore[attr-defined]
        if not asking.yearly:
            self.fields[
                "next_review_on"
            ].help_text = (
                f"Empty: the yearly review stays on {day(asking.regular_on)}, or 30 days if something must change."
            )
        for point in asking.points:
            sentence = "Choose yes or no, or look at it first."
            self.fields[f"still_{point.key}"] = YesNoField(label="Still so?", error_messages={"required": sentence})
            self.fields[f"note_{point.key}"] = LongField(
                label="Note", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
                help_text="After a no: what changed.",
            )  # fmt: skip

    def clean_triggers(self) -> list[ReviewTrigger]:
        return [self._open[uid] for uid in self.cleaned_data["triggers"]]

    def clean_also(self) -> list[Agreement]:
        return [self._also[uid] for uid in self.cleaned_data["also"]]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        answered = [point.key for point in self._asking.points if f"still_{point.key}" in given]
        given["points"] = [
            {"key": key, "still": given[f"still_{key}"], "note": given.get(f"note_{key}", "")} for key in answered
        ]
        for key, sentence in problems(given["points"]).items():
            self.add_error(f"note_{key}", sentence)
        return given

    @property
    def facts(self) -> dict[str, Any]:
        """What the action takes."""
        names = ("on", "finding", "notes", "next_review_on", "triggers", "also", "points", "form_id")
        return {name: self.cleaned_data[name] for name in names}

    def rows(self) -> list[dict[str, Any]]:
        """Each point with its two fields, for the page."""
        return [
            {"asked": each, "still": self[f"still_{each.point.key}"], "note": self[f"note_{each.point.key}"]}
            for each in self._asking.asked
        ]


class ChangeReportForm(CreatingForm):
    """Something changed that the agreements have to be read again for."""

    kind_of = forms.ChoiceField(
        label="What changed?",
        choices=TriggerKind.choices(),
        widget=forms.RadioSelect,
        error_messages=words("Choose what changed."),
    )
    on = DayField(label="When", error_messages={"required": "Write the day on which it happened."})
    what = LongField(
        label="What happened, and how do you know?",
        max_length=1000,
        help_text=f"Name the mail, the page or the document by its number, such as E-07. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say what changed."},
    )
    all_vendors = forms.BooleanField(
        label="It concerns all vendors that we have an agreement with",
        required=False,
        help_text="Only for a changed law or a new state.",
    )


class SetAsideForm(ChangingForm):
    """Why something that happened needs no review."""

    reason = LongField(
        label="Why is no review needed?",
        max_length=1000,
        help_text=f"It stays on record with your name. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say why no review is needed."},
    )

    @classmethod
    def of(cls, trigger: ReviewTrigger, data: Any = None) -> "SetAsideForm":
        return cls(data, initial={"version": trigger.version})
