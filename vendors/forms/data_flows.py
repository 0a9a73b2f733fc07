"""The forms of the patient-data map. Places are chosen among the vendor's tools, its sub-processors, and kinds."""

from typing import Any

from django import forms

from practice_vetting.core.forms import ChangingForm, CreatingForm
from vendors.actions.data_flows import end_columns
from vendors.flow_drafts import Draft
from vendors.flow_facts import Place
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LineField, LongField, YesNoField
from vendors.kinds import DataClass, FlowData, Known, PlaceKind
from vendors.models import Agreement, DataFlow, Evidence, Vendor

_WRONG_PLACE = "Choose a place of this list."
_KINDS = [kind for kind in PlaceKind if kind not in (PlaceKind.TOOL, PlaceKind.SUB_PROCESSOR)]
_PLAIN = ["carries", "purpose", "safeguard", "region", "logged", "human_gate", "consent"]


class KnownField(forms.ChoiceField):
    """Yes, no, or nobody asked: the last is what stands there until somebody says more."""

    widget = forms.RadioSelect

    def __init__(self, **options: Any) -> None:
        wrong = {"required": "Choose one.", "invalid_choice": "Choose one."}
        choices = [(Known.YES, "Yes"), (Known.NO, "No"), (Known.UNKNOWN, "Nobody asked yet")]
        super().__init__(choices=choices, initial=Known.UNKNOWN, error_messages=wrong, **options)


class FlowFields(forms.Form):
    origin = forms.ChoiceField(
        label="From where?",
        error_messages={"required": "Choose where the data come from.", "invalid_choice": _WRONG_PLACE},
    )
    origin_name = LineField(
        label="Name of where they come from",
        max_length=200,
        required=False,
        help_text="For a system, a consumer tool, somebody else. " + NEVER_PATIENT_DATA,
    )
    target = forms.ChoiceField(
        label="To where?", error_messages={"required": "Choose where the data go.", "invalid_choice": _WRONG_PLACE}
    )
    target_name = LineField(
        label="Name of where they go",
        max_length=200,
        required=False,
        help_text="For a system, a consumer tool, somebody else. " + NEVER_PATIENT_DATA,
    )
    kind_of_data = forms.ChoiceField(
        label="What kind of data?",
        choices=[("", "Choose the kind"), *FlowData.choices()],
        error_messages={"required": "Choose the kind of data.", "invalid_choice": "Choose the kind of data."},
        help_text="PHI is health information that tells who the patient is (protected health information).",
    )
    carries = forms.MultipleChoiceField(
        label="What is in it?",
        choices=DataClass.choices(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose among these."},
        help_text="Mark everything. Leave all empty only for “No patient data”.",
    )
    purpose = LineField(
        label="Why do they go there?",
        max_length=300,
        help_text="In a few words, such as “To draft the note”. " + NEVER_PATIENT_DATA,
        error_messages={"required": "Say why the data go there."},
    )
    safeguard = LineField(
        label="What protects it?", max_length=300, required=False, help_text="Such as encryption. " + NEVER_PATIENT_DATA
    )  # fmt: skip
    agreement = forms.ChoiceField(
        label="Which agreement does it rest on?",
        required=False,
        error_messages={"invalid_choice": "Choose among the agreements of this vendor."},
        help_text="A business associate agreement (BAA), for most flows to a vendor.",
    )
    region = LineField(
        label="Where are the data kept?", max_length=200, required=False,
        help_text="The country, such as United States. " + NEVER_PATIENT_DATA,
    )  # fmt: skip
    logged = KnownField(label="Does a log tell who did what, and when?")
    ai_output = YesNoField(label="Did AI write what goes there?", initial="no")
    human_gate = KnownField(label="Does a person check it before it gets there?")
    method_evidence = forms.ChoiceField(
        label="Which document shows how the data were de-identified?",
        required=False,
        error_messages={"invalid_choice": "Choose among the documents of this vendor."},
        help_text="Only for de-identified data: an expert’s report, or a test for the 18 kinds of identifiers.",
    )
    consent = KnownField(
        label="Does the patient’s written consent cover it?",
        help_text="Only for substance-use records (42 CFR Part 2).",
    )

    def __init__(self, *args: Any, vendor: Vendor, **options: Any) -> None:
        super().__init__(*args, **options)
        self._tools = {tool.uid: tool for tool in vendor.tools.all()}
        self._subs = {sub.uid: sub for sub in vendor.sub_processors.all()}
        self._agreements = {each.uid: each for each in vendor.agreements.select_related("vendor")}
        self._papers = {each.uid: each for each in vendor.evidence.all()}
        for name in ("origin", "target"):
            self._offer(name, [("", "Choose a place"), *self._places()])
        self._offer("agreement", [("", "None yet"), *((uid, _named(each)) for uid, each in self._agreements.items())])
        self._offer("method_evidence", [("", "None"), *((uid, str(each)) for uid, each in self._papers.items())])

    def _offer(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _places(self) -> list[tuple[str, list[tuple[str, str]]]]:
        tools = [(f"tool:{uid}", each.name) for uid, each in self._tools.items()]
        behind = [(f"sub_processor:{uid}", each.name) for uid, each in self._subs.items() if not each.removed_on]
        kinds = [(kind.value, kind.label) for kind in _KINDS]
        groups = [("Tools of this vendor", tools), ("Its sub-processors", behind), ("Other places", kinds)]
        return [(title, choices) for title, choices in groups if choices]

    def clean_agreement(self) -> Agreement | None:
        return self._agreements.get(self.cleaned_data["agreement"])

    def clean_method_evidence(self) -> Evidence | None:
        return self._papers.get(self.cleaned_data["method_evidence"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for side, name in (("from", "origin"), ("to", "target")):
            given |= self._end(side, given.get(name, ""), given.get(f"{name}_name", ""))
        return given

    def _end(self, side: str, chosen: str, name: str) -> dict[str, Any]:
        """The columns of one end; a place of its own list has a name already."""
        if not chosen:
            return {}
        kind, _, key = chosen.partition(":")
        return end_columns(
            side, Place(kind=PlaceKind(kind), name="" if key else name, key=key), self._tools, self._subs
        )


def columns_of(given: dict[str, Any]) -> dict[str, Any]:
    """The columns of a flow that a form says, without the fields that they were made from."""
    columns = {name: value for name, value in given.items() if not name.startswith(("origin", "target"))}
    columns["data"] = columns.pop("kind_of_data")
    return columns


class AddFlowForm(FlowFields, CreatingForm):
    """A flow that is new on the map."""


class ChangeFlowForm(FlowFields, ChangingForm):
    """What is known of a flow, with the version that the person saw."""

    @classmethod
    def of(cls, flow: DataFlow, data: Any = None) -> "ChangeFlowForm":
        values = {name: getattr(flow, name) for name in [*_PLAIN, "version"]}
        values["kind_of_data"] = flow.data
        values["ai_output"] = "yes" if flow.ai_output else "no"
        values["agreement"] = flow.agreement.uid if flow.agreement else ""
        values["method_evidence"] = flow.method_evidence.uid if flow.method_evidence else ""
        values["origin"] = _chosen(flow.from_kind, flow.from_tool or flow.from_sub_processor)
        values["target"] = _chosen(flow.to_kind, flow.to_tool or flow.to_sub_processor)
        values |= {"origin_name": flow.from_name, "target_name": flow.to_name}
        return cls(data, vendor=flow.vendor, initial=values)

    def _places(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """A sub-processor that the vendor no longer names stays while the flow names it."""
        groups = super()._places()
        for name in ("origin", "target"):
            kind, _, key = str(self.initial.get(name, "")).partition(":")
            if kind == PlaceKind.SUB_PROCESSOR and key in self._subs and self._subs[key].removed_on:
                groups.append(("No longer named by the vendor", [(f"{kind}:{key}", self._subs[key].name)]))
        return groups


class EndFlowForm(ChangingForm):
    """The end of a flow."""

    on = DayField(
        label="Ended on",
        help_text="The first day on which the data no longer go there.",
        error_messages={"required": "Write the first day without it."},
    )
    reason = LongField(label="Why?", max_length=1000, required=False, help_text=NEVER_PATIENT_DATA)

    @classmethod
    def of(cls, flow: DataFlow, data: Any = None) -> "EndFlowForm":
        return cls(data, initial={"on": flow.practice.today(), "version": flow.version})


class SuggestedForm(forms.Form):
    """Which of the drafts are true. Nothing is marked beforehand: a person decides each."""

    chosen = forms.MultipleChoiceField(
        label="Which of these flows are true?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Mark at least one flow that is true.",
            "invalid_choice": "One of these is on the map already, or what it came from changed. Look again.",
        },
    )

    def __init__(self, *args: Any, drafts: list[Draft], **options: Any) -> None:
        super().__init__(*args, **options)
        self._drafts = {draft.key: draft for draft in drafts}
        self.fields["chosen"].choices = [(key, _sentence(each)) for key, each in self._drafts.items()]  # type: ignore[attr-defined]

    def clean_chosen(self) -> list[Draft]:
        return [self._drafts[key] for key in self.cleaned_data["chosen"]]


def _named(agreement: Agreement) -> str:
    return f"{agreement}, ended" if agreement.ended_on else str(agreement)


def _chosen(kind: str, named: Any) -> str:
    return f"{kind}:{named.uid}" if named else kind


def _sentence(draft: Draft) -> str:
    return f"{draft.origin.name} to {draft.target.name}: {draft.purpose}"
