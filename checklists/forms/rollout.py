"""The forms in which a step of a rollout is recorded, and taken back."""

from typing import Any

from django import forms

from checklists.rollout import DECISION, PILOT
from practice_vetting.core.forms import ChangingForm, CreatingForm
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LineField, LongField
from vendors.models import Evidence, RolloutStep, Tool
from vendors.models.rollout import DECISIONS


class StepForm(CreatingForm):
    """What every step asks."""

    done_on = DayField(label="Done on", error_messages={"required": "Write the day on which it was done."})
    note = LongField(
        label="What shows it?",
        max_length=2000,
        help_text=f"Where it is kept, what was seen, who agreed. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say what shows that it was done."},
    )
    evidence = forms.ChoiceField(
        label="A document that shows it",
        required=False,
        help_text="One of the vendor's files on record.",
        error_messages={"invalid_choice": "Choose among the files of this vendor."},
    )

    def __init__(self, *args: Any, tool: Tool, **options: Any) -> None:
        super().__init__(*args, **options)
        usable = tool.vendor.evidence.select_related("file")
        self._files = {each.uid: each for each in usable if each.is_usable}
        offered = [("", "No document"), *((uid, str(each)) for uid, each in self._files.items())]
        self.fields["evidence"].choices = offered  # type: ignore[attr-defined]

    def clean_evidence(self) -> Evidence | None:
        return self._files.get(self.cleaned_data["evidence"])


class PilotForm(StepForm):
    """Step 5: a narrow pilot, told after its end."""

    scope = LineField(
        label="What did it cover?",
        max_length=300,
        help_text=f"Which tasks, at which place. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say which tasks the pilot covered."},
    )
    users = LineField(
        label="Who took part?",
        max_length=300,
        help_text="People of your practice, by role or name. " + NEVER_PATIENT_DATA,
        error_messages={"required": "Say who took part."},
    )
    pilot_from = DayField(label="First day", error_messages={"required": "Write the first day of the pilot."})
    pilot_until = DayField(label="Last day", error_messages={"required": "Write the last day of the pilot."})
    stop_criteria = LongField(
        label="What would have stopped it?",
        max_length=1000,
        help_text=NEVER_PATIENT_DATA,
        error_messages={"required": "Say what would have stopped it."},
    )
    incidents = forms.IntegerField(
        label="How many incidents were there?",
        min_value=0,
        max_value=9999,
        help_text="Anything that went wrong with data or with what the tool wrote. 0 for none.",
        error_messages={
            "required": "Write how many incidents there were, 0 for none.",
            "invalid": "Write a whole number, 0 for none.",
            "min_value": "Write 0 or more.",
            "max_value": "Write 9999 or fewer.",
        },
    )
    incidents_handled = LongField(
        label="How was each one handled?", max_length=1000, required=False, help_text=NEVER_PATIENT_DATA
    )


class DecisionForm(StepForm):
    """Step 6: the decision of this year, with a name."""

    decision = forms.ChoiceField(
        label="What was decided?",
        choices=DECISIONS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what was decided."},
    )
    decided_name = LineField(
        label="Who decided? Full name",
        max_length=200,
        help_text="A person of your practice.",
        error_messages={"required": "Write the full name of who decided."},
    )


FORMS: dict[int, type[StepForm]] = {PILOT: PilotForm, DECISION: DecisionForm}


class TakeBackForm(ChangingForm):
    """A step that was recorded in error, or has to be done again."""

    reason = LongField(
        label="Why do you take it back?",
        max_length=1000,
        help_text=f"The record stays on file with your reason. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say why you take it back."},
    )

    @classmethod
    def of(cls, rolloutstep: RolloutStep, data: Any = None) -> "TakeBackForm":
        return cls(data, initial={"version": rolloutstep.version})
