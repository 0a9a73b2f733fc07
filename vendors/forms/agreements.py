"""The forms about an agreement. What can be chosen is limited to its vendor's own tools and files."""

from typing import Any

from django import forms

from practice_vetting.core.forms import ChangingForm, CreatingForm
from vendors.deadlines import AgreementDates, problems
from vendors.forms.evidence import UploadFields
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LineField, LongField
from vendors.kinds import AMENDS_KINDS, AgreementKind, Environment, EvidenceKind
from vendors.models import Agreement, Evidence, Tool, Vendor

FACTS = [
    "kind_of", "vendor_party", "sent_on", "practice_signed_on", "vendor_signed_on", "effective_on", "ends_on", "plan",
    "environments", "tools", "amends", "evidence", "next_review_on",
]  # fmt: skip


class AgreementFields(forms.Form):
    kind_of = forms.ChoiceField(
        label="What kind is it?",
        choices=AgreementKind.choices(),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the kind of agreement."},
    )
    vendor_party = LineField(
        label="The vendor's company, as the agreement names it",
        max_length=200,
        required=False,
        help_text="The legal name. It can differ from the name of the product.",
    )
    amends = forms.ChoiceField(
        label="Which agreement does it belong to?",
        required=False,
        error_messages={"invalid_choice": "Choose among the agreements with this vendor."},
        help_text="For an amendment or a rider. Its clauses complete those of that agreement.",
    )
    sent_on = DayField(
        label="Sent out for signature on", required=False, help_text="Empty: it is a draft, or was signed at once."
    )
    practice_signed_on = DayField(label="Signed by your practice on", required=False)
    vendor_signed_on = DayField(label="Signed by the vendor on", required=False)
    effective_on = DayField(label="In force from", required=False, help_text="Empty: the later signature.")
    ends_on = DayField(label="In force until", required=False, help_text="The last day. Empty: it has no end date.")
    plan = LineField(
        label="Plan or edition it covers",
        max_length=200,
        required=False,
        help_text="Some vendors sign for their paid plans only. Write what the agreement says. " + NEVER_PATIENT_DATA,
    )
    tools = forms.MultipleChoiceField(
        label="Which tools does it cover?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose among the tools of this vendor."},
        help_text="Mark a tool only if the agreement covers it. A tool without one may get no patient data.",
    )
    environments = forms.MultipleChoiceField(
        label="Where does it cover them?",
        choices=Environment.choices(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose among these."},
        help_text="Some agreements leave out trials and beta features. Mark only what the text names.",
    )
    evidence = forms.ChoiceField(
        label="The signed file",
        required=False,
        error_messages={"invalid_choice": "Choose among the files of this vendor."},
        help_text="One of the vendor's files on record.",
    )
    next_review_on = DayField(
        label="Next yearly review",
        required=False,
        help_text="Empty: one year after the later signature or the last review. A change can make it due earlier.",
    )

    def __init__(self, *args: Any, vendor: Vendor, about: Agreement | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._others = {each.uid: each for each in _amendable(vendor, about)}
        self.fields["amends"].choices = [("", "None"), *((uid, each.named) for uid, each in self._others.items())]  # type: ignore[attr-defined]
        self._today = vendor.practice.today()
        self._tools = {tool.uid: tool for tool in vendor.tools.all()}
        self._files = {each.uid: each for each in sorted(vendor.evidence.all(), key=_agreements_first)}
        self.fields["tools"].choices = [(uid, _tool_label(tool)) for uid, tool in self._tools.items()]  # type: ignore[attr-defined]
        self.fields["evidence"].choices = [  # type: ignore[attr-defined]
            ("", "No file yet"),
            *((uid, str(each)) for uid, each in self._files.items()),
        ]
        if not self._tools:
            self.fields["tools"].help_text = "This vendor has no tools yet. Add them first, or mark them here later."

    def clean_tools(self) -> list[Tool]:
        return [self._tools[uid] for uid in self.cleaned_data["tools"]]

    def clean_evidence(self) -> Evidence | None:
        return self._files.get(self.cleaned_data["evidence"])

    def clean_amends(self) -> Agreement | None:
        return self._others.get(self.cleaned_data["amends"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        dates = AgreementDates(**{name: given.get(name) for name in _DATES})
        for name, sentence in problems(dates, today=self._today).items():
            self.add_error(name, sentence)
        return given


_DATES = ["sent_on", "practice_signed_on", "vendor_signed_on", "effective_on", "ends_on", "next_review_on"]


class RecordAgreementForm(AgreementFields, UploadFields, CreatingForm):
    """An agreement that is new on file. Its signed file is chosen among the vendor's, or comes with it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, file_required=False, **options)
        self.fields["file"].label = "Add the signed file"

    @classmethod
    def after(cls, old: Agreement, *args: Any, **options: Any) -> "RecordAgreementForm":
        """A new version of an agreement: what it covers is filled in, its dates and its file are not."""
        values = {name: getattr(old, name) for name in ("kind_of", "vendor_party", "plan", "environments")}
        values["tools"] = [tool.uid for tool in old.tools.all()]
        values["amends"] = old.amends.uid if old.amends else ""
        return cls(*args, initial=values, **options)


class ChangeAgreementForm(AgreementFields, ChangingForm):
    """What is known of an agreement, with the version that the person saw."""

    @classmethod
    def of(cls, agreement: Agreement, data: Any = None) -> "ChangeAgreementForm":
        values = {name: getattr(agreement, name) for name in [*FACTS, "version"]}
        values["tools"] = [tool.uid for tool in agreement.tools.all()]
        values["evidence"] = agreement.evidence.uid if agreement.evidence else ""
        values["amends"] = agreement.amends.uid if agreement.amends else ""
        values["next_review_on"] = agreement.regular_review_on
        return cls(data, vendor=agreement.vendor, about=agreement, initial=values)


class SendAgreementForm(ChangingForm):
    """That an agreement went to the vendor for signature."""

    on = DayField(label="Sent on", error_messages={"required": "Write the day on which you sent it."})

    @classmethod
    def of(cls, agreement: Agreement, data: Any = None) -> "SendAgreementForm":
        return cls(data, initial={"on": agreement.practice.today(), "version": agreement.version})


class SignAgreementForm(ChangingForm):
    """Who signed an agreement, when, and from when to when it is in force."""

    practice_signed_on = DayField(label="Signed by your practice on", required=False)
    vendor_signed_on = DayField(label="Signed by the vendor on", required=False)
    effective_on = DayField(label="In force from", required=False, help_text="Empty: the later signature.")
    ends_on = DayField(label="In force until", required=False, help_text="The last day. Empty: it has no end date.")

    @classmethod
    def of(cls, agreement: Agreement, data: Any = None) -> "SignAgreementForm":
        names = ["practice_signed_on", "vendor_signed_on", "effective_on", "ends_on", "version"]
        return cls(data, initial={name: getattr(agreement, name) for name in names})


class EndAgreementForm(ChangingForm):
    """The end of an agreement before its time."""

    on = DayField(
        label="Ended on",
        help_text="The first day on which it no longer counts, today or before.",
        error_messages={"required": "Write the day on which it ended."},
    )
    reason = LongField(
        label="Why did it end?",
        max_length=1000,
        help_text=NEVER_PATIENT_DATA,
        error_messages={"required": "Say why it ended."},
    )

    @classmethod
    def of(cls, agreement: Agreement, data: Any = None) -> "EndAgreementForm":
        on = agreement.ended_on or agreement.practice.today()
        return cls(data, initial={"on": on, "reason": agreement.end_reason, "version": agreement.version})


def _amendable(vendor: Vendor, about: Agreement | None) -> list[Agreement]:
    """The vendor's agreements that an amendment may belong to."""
    return [each for each in vendor.agreements.all() if each.kind_of not in AMENDS_KINDS and each != about]


def _agreements_first(evidence: Evidence) -> tuple[bool, int]:
    return evidence.kind_of != EvidenceKind.AGREEMENT, evidence.number


def _tool_label(tool: Tool) -> str:
    return f"{tool.name} (no longer used)" if tool.retired_on else tool.name
