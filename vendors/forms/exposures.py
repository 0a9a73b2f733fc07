"""The forms about an exposure: the report, the stop, the facts, the four factors, the decision, the notices."""

from typing import Any

from django import forms

from practice_vetting.core.forms import ChangingForm, CreatingForm, words
from practice_vetting.core.models import Person
from practice_vetting.core.states import STATES
from practice_vetting.core.typed_name import same_name
from vendors.breach_clocks import MEDIA
from vendors.exposure_statements import CONSENT
from vendors.exposure_states import Exclusion, Factor
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LineField, LongField, YesNoField
from vendors.kinds import DataClass
from vendors.models import Evidence, Exposure, Tool, Vendor

NO_NAMES = f"Count people, and never name them. {NEVER_PATIENT_DATA}"
_NAMES = dict(STATES)
_WHOLE = words("", invalid="Write a whole number.", min_value="Write 0 or more.", max_value="Check this number.")
_MOST = 100_000_000


def tool_field(vendor: Vendor) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label="Which tool was it?",
        queryset=Tool.objects.filter(vendor=vendor).order_by("name"),
        to_field_name="uid",
        required=False,
        empty_label="Another one, or the whole vendor",
        error_messages={"invalid_choice": "Choose among the tools of this vendor."},
    )


class WhatHappened(forms.Form):
    tool = forms.Field(required=False)  # its choices are those of one vendor, see tool_field
    what_happened = LongField(
        label="What happened?",
        max_length=4000,
        help_text=f"In a few sentences: what was sent or seen, and by which role. {NO_NAMES}",
        error_messages={"required": "Say what happened, in a sentence or two."},
    )
    began_on = DayField(
        label="First day",
        help_text="The first day on which patient data reached it.",
        error_messages={"required": "Write the first day. An estimate is better than nothing."},
    )
    last_on = DayField(label="Last day", required=False, help_text="Empty if it goes on, or nobody knows.")
    discovered_on = DayField(
        label="Discovered on",
        help_text="The first day that anybody at your practice knew of it, or could have known with reasonable care. "
        "It starts the clocks.",
        error_messages={"required": "Write the day of discovery. It starts the clocks."},
    )

    def __init__(self, *args: Any, vendor: Vendor, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["tool"] = tool_field(vendor)


class ReportForm(WhatHappened, CreatingForm):
    """What anybody who works here can report in a minute."""


class StopForm(ChangingForm):
    stopped_on = DayField(
        label="Stopped on",
        help_text="The first day on which no more patient data reached it.",
        error_messages={"required": "Write the day on which it was stopped."},
    )
    stopped_how = LongField(
        label="How was it stopped?",
        max_length=1000,
        help_text=f"The account was closed, the feature switched off, everybody was told. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say how it was stopped."},
    )

    @classmethod
    def of(cls, exposure: Exposure, data: Any = None) -> "StopForm":
        return cls(data, initial={name: getattr(exposure, name) for name in cls.base_fields})


class FactsForm(WhatHappened, ChangingForm):
    """Which days count, and whether an official asked to wait."""

    vendor_discovered_on = DayField(
        label="Discovered by the vendor on",
        required=False,
        help_text="The vendor has 60 days from then to tell you (45 CFR 164.410). Empty: it has not said.",
    )
    vendor_is_agent = forms.BooleanField(
        label="The vendor acts as our agent",
        required=False,
        help_text="It acts for you and under your control. Then its discovery counts as yours. Ask your attorney.",
    )
    delay_kind = forms.ChoiceField(
        label="Did a law-enforcement official ask you to wait with the notices?",
        choices=[("", "No"), ("written", "Yes, in writing"), ("oral", "Yes, orally")],
        widget=forms.RadioSelect,
        required=False,
        help_text="Asked orally, it lasts for 30 days at most, unless a written statement follows (45 CFR 164.412).",
    )
    delay_asked_on = DayField(label="Asked on", required=False)
    delay_until = DayField(
        label="Wait until", required=False, help_text="As the written statement says. We keep a year at most."
    )

    field_order = ["tool", "what_happened", "began_on", "last_on", "discovered_on"]

    @classmethod
    def of(cls, exposure: Exposure, data: Any = None) -> "FactsForm":
        initial = {name: getattr(exposure, name) for name in cls.base_fields}
        initial["tool"] = exposure.tool.uid if exposure.tool else ""
        return cls(data, initial=initial, vendor=exposure.vendor)


class PeopleForm(ChangingForm):
    """How many people, where they live, and which kinds of data: counts, and never a name."""

    data_kinds = forms.MultipleChoiceField(
        label="Which kinds of data?",
        choices=DataClass.choices(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    part2 = YesNoField(
        label="Are substance-use treatment records among it?",
        help_text="42 CFR Part 2 protects them more strictly, and they are reported a second time. Unsure? Choose yes.",
    )
    people = forms.IntegerField(
        label="People in all",
        required=False,
        min_value=1,
        max_value=_MOST,
        help_text=f"Empty while nobody has counted: then the shorter clocks count. {NO_NAMES}",
        error_messages={**_WHOLE, "min_value": "Write 1 or more, or leave it empty."},
    )
    another = forms.ChoiceField(label="Another state", choices=[("", "None"), *STATES], required=False)
    another_people = forms.IntegerField(
        label="People there", required=False, min_value=0, max_value=_MOST, error_messages=_WHOLE
    )

    def __init__(self, *args: Any, states: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.states = states
        for state in states:
            self.fields[f"in_{state}"] = forms.IntegerField(
                label=f"Of them, living in {_NAMES.get(state, state)}",
                required=False, min_value=0, max_value=_MOST, error_messages=_WHOLE,
            )  # fmt: skip
        counted = ["data_kinds", "part2", "people", *(f"in_{state}" for state in states)]
        self.order_fields([*counted, "another", "another_people"])

    @classmethod
    def of(cls, exposure: Exposure, data: Any = None) -> "PeopleForm":
        states = sorted({*exposure.practice.states, *exposure.residents}, key=lambda each: _NAMES.get(each, each))
        initial = {name: getattr(exposure, name) for name in ("data_kinds", "people", "version")}
        initial["part2"] = "yes" if exposure.part2 else "no"
        initial |= {f"in_{state}": exposure.residents.get(state) for state in states}
        return cls(data, initial=initial, states=states)

    def clean(self) -> dict[str, Any]:
        """The counts by state go together into `residents`, and their fields away."""
        given = super().clean() or self.cleaned_data
        residents = {state: given.pop(f"in_{state}", None) for state in self.states}
        another, people = given.pop("another", ""), given.pop("another_people", None)
        if another and people is None:
            self.add_error("another_people", "Write how many of them live there.")
        if people and not another:
            self.add_error("another", "Choose the state in which they live.")
        if another and people is not None:
            residents[another] = people
        given["residents"] = {state: count for state, count in residents.items() if count}
        return given


class ScreeningForm(ChangingForm):
    """The four questions that come before the four factors (regulation: 164.402, 164.502(a))."""

    was_phi = forms.ChoiceField(
        label="Was it patient data (PHI)?",
        choices=[("yes", "Yes"), ("no", "No"), ("", "Not answered yet")],
        widget=forms.RadioSelect,
        required=False,
        help_text="It was none if it was de-identified as 45 CFR 164.514(b) asks. Leaving out the name is not enough.",
    )
    was_unsecured = forms.ChoiceField(
        label="Was it unsecured?",
        choices=[("yes", "Yes"), ("no", "No"), ("", "Not answered yet")],
        widget=forms.RadioSelect,
        required=False,
        help_text="It is unsecured unless nobody could read it, by a method that HHS names. "
        "A secure connection to a vendor that reads it does not count.",
    )
    not_permitted = forms.ChoiceField(
        label="Was it permitted?",  # the record keeps the rule's word: "not permitted" is "no" when it was
        choices=[("no", "Yes, the rule permitted it"), ("yes", "No"), ("", "Not answered yet")],
        widget=forms.RadioSelect,
        required=False,
        help_text="Giving patient data to a vendor without the written agreement is not permitted.",
    )
    exclusion = forms.ChoiceField(
        label="Does one of the three exclusions apply?",
        choices=[("", "Not answered yet"), *((each.value, each.label) for each in Exclusion)],
        widget=forms.RadioSelect,
        required=False,
        help_text="Text that was pasted into an outside tool is received and kept there, so normally none fits.",
    )
    screening_reason = LongField(
        label="Why?",
        max_length=4000,
        required=False,
        help_text=f"What you rest your answers on. Needed if you will decide that it is no breach. {NO_NAMES}",
    )

    @classmethod
    def of(cls, exposure: Exposure, data: Any = None) -> "ScreeningForm":
        return cls(data, initial={name: getattr(exposure, name) for name in cls.base_fields})


class FactorForm(ChangingForm):
    """One of the four factors: what a person writes, and the documents that show it. There is no score."""

    narrative = LongField(
        label="What do you know, and what follows from it?",
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=f"In your own words. {NO_NAMES}",
    )
    evidence = forms.ModelMultipleChoiceField(
        label="Documents that show it",
        queryset=Evidence.objects.none(),
        to_field_name="uid",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose among the documents of this vendor."},
    )

    @classmethod
    def of(cls, exposure: Exposure, data: Any = None, *, factor: Factor) -> "FactorForm":
        under = [link.evidence for link in exposure.evidence.filter(factor=factor.number).select_related("evidence")]
        narrative = exposure.factors.get(str(factor.number), "")
        initial = {"narrative": narrative, "evidence": [each.uid for each in under], "version": exposure.version}
        form = cls(data, initial=initial)
        usable = [each.pk for each in exposure.vendor.evidence.select_related("file") if each.is_usable]
        chosen = Evidence.objects.filter(pk__in=[*usable, *(each.pk for each in under)])
        form.fields["evidence"].queryset = chosen.order_by("number")  # type: ignore[attr-defined]
        return form


class DecisionForm(ChangingForm):
    """A person's decision with their name under it. Who it is was asked at the door."""

    reason = LongField(
        label="Why do you decide so?",
        max_length=4000,
        help_text=f"A reader in five years should understand it. {NO_NAMES}",
        error_messages={"required": "Write down why you decide so."},
    )
    typed_name = LineField(
        label="Your full name",
        max_length=200,
        error_messages={"required": "Type your full name."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    consent = forms.BooleanField(
        label=CONSENT, error_messages={"required": "Mark this if you mean it. Without it, nothing is decided."}
    )

    def __init__(self, *args: Any, person: Person, **options: Any) -> None:
        super().__init__(*args, **options)
        self._person = person
        self.fields["typed_name"].help_text = f"As your account has it: {person.name}."

    @classmethod
    def of(cls, exposure: Exposure, data: Any = None, *, person: Person) -> "DecisionForm":
        return cls(data, initial={"version": exposure.version}, person=person)

    def clean_typed_name(self) -> str:
        typed: str = self.cleaned_data["typed_name"]
        if not same_name(typed, self._person.name):
            raise forms.ValidationError(f"Type your name as your account has it: {self._person.name}.")
        return typed

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        given.pop("consent", None)
        return given


class NoticesForm(ChangingForm):
    """On which days who was told. Only what the clocks of this exposure ask for is shown."""

    people_told_on = DayField(label="The people were told on", required=False)
    hhs_told_on = DayField(label="HHS was told on", required=False)
    part2_told_on = DayField(label="The separate Part 2 report was made on", required=False)

    @classmethod
    def of(cls, exposure: Exposure, data: Any = None) -> "NoticesForm":
        names = ("people_told_on", "hhs_told_on", "part2_told_on", "version")
        form = cls(data, initial={name: getattr(exposure, name) for name in names})
        if not exposure.part2:
            del form.fields["part2_told_on"]
        told = exposure.told.media or {}
        form.states = sorted(
            {each.state for each in exposure.clocks if each.kind == MEDIA and each.state} | told.keys()
        )
        for state in form.states:
            label = f"The media in {_NAMES.get(state, state)} were told on"
            form.fields[f"media_{state}"] = DayField(label=label, required=False, initial=told.get(state))
        return form

    states: list[str] = []

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        told = {state: given.pop(f"media_{state}", None) for state in self.states}
        given["media_told"] = {state: day for state, day in told.items() if day}
        return {"part2_told_on": None, **given}


class CloseForm(ChangingForm):
    @classmethod
    def of(cls, exposure: Exposure, data: Any = None) -> "CloseForm":
        return cls(data, initial={"version": exposure.version})


class ReopenForm(CloseForm):
    reason = LongField(
        label="Why is it taken up again?",
        max_length=2000,
        help_text=f"What is new, or what was wrong. {NO_NAMES}",
        error_messages={"required": "Say why it is taken up again."},
    )
