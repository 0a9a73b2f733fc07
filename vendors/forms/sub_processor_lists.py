"""The forms about a list of sub-processors: bringing it in, deciding about each difference, setting it aside."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings

from practice_vetting.core.forms import ChangingForm, CreatingForm
from practice_vetting.core.models import Membership
from vendors.forms.evidence import UploadFields
from vendors.forms.fields import DayField, LineField, LongField
from vendors.models import SubProcessorList
from vendors.sub_processor_changes import LEAVE, TAKE, Change, seen
from vendors.sub_processor_upload import ENDINGS, IN_WORDS


class _Pasted(LongField):
    """A text whose tabs and line ends say where its cells end."""

    widget = forms.Textarea(attrs={"rows": 8, "spellcheck": "false"})

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)


class BringInForm(UploadFields, CreatingForm):
    """A list as the vendor gave it: pasted, or in a file. `owner` is asked for when it is of several companies."""

    field_order = ["text", "file"]

    text = _Pasted(
        label="Paste the list",
        max_length=400_000,
        required=False,
        help_text="A table from a web page, a spreadsheet, a CSV or a Markdown text, with its row of headings.",
    )
    received_on = DayField(
        label="Date of the list", error_messages={"required": "Write the date of the list, or today."}
    )
    owner = LineField(label="Whose rows are this vendor's?", max_length=300, required=False, widget=forms.HiddenInput)
    keep = forms.BooleanField(label="Keep the file as evidence, too", required=False, initial=True)

    def __init__(self, *args: Any, membership: Membership, **options: Any) -> None:
        initial = {"received_on": membership.practice.today()}
        super().__init__(*args, membership=membership, file_required=False, initial=initial, **options)
        self.fields["file"].label = "Or choose a file"
        self.fields["file"].widget.attrs["accept"] = ENDINGS
        self.fields["file"].help_text = f"{IN_WORDS}, up to {settings.UPLOAD_LIMIT // 1024**2} MB."
        self.fields["keep"].help_text = "Otherwise only its rows are kept, not its bytes."

    def ask_whose(self, owners: Sequence[str]) -> None:
        """Offer the companies that the list names, so that the person says which of them the vendor is."""
        choices = [("", "Choose"), *((each, each) for each in owners[:300])]
        self.fields["owner"].widget = forms.Select(choices=choices)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        has_file, has_text = bool(given.get("file") or self.asked), bool((given.get("text") or "").strip())
        if has_file and has_text:
            self.add_error("text", "You pasted a text and chose a file. Bring in one of them.")
        elif not has_file and not has_text and not {"text", "file"} & self.errors.keys():
            self.add_error("text", "Paste the list here, or choose a file below.")
        return given


class DecideForm(ChangingForm):
    """One decision a difference. What looks like another company, or would end one, has nothing marked."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)

    def __init__(self, data: Any = None, *, of: SubProcessorList, changes: Sequence[Change], standing: Sequence[Any]):
        super().__init__(data, initial={"version": of.version, "seen": seen(standing)})
        self.changes = [each for each in changes if each.kind != "same"]
        for change in self.changes:
            self.fields[change.key] = forms.ChoiceField(
                label=change.name,
                choices=_choices(change),
                initial=None if change.alike or change.kind == "gone" else TAKE,
                widget=forms.RadioSelect,
                error_messages={"required": _ask(change), "invalid_choice": _ask(change)},
            )

    def group(self, kind: str) -> list[tuple[Change, forms.BoundField]]:
        return [(each, self[each.key]) for each in self.changes if each.kind == kind]

    @property
    def groups(self) -> list[tuple[str, str, list[tuple[Change, forms.BoundField]]]]:
        """(kind, title, changes with their field) of each kind that there is."""
        titles = {"new": "New", "changed": "Changed", "gone": "On record, and no longer in the list"}
        return [(kind, title, self.group(kind)) for kind, title in titles.items() if self.group(kind)]

    @property
    def decisions(self) -> dict[str, str]:
        return {each.key: self.cleaned_data[each.key] for each in self.changes}


def _choices(change: Change) -> list[tuple[str, str]]:
    if change.kind == "new":
        same = [(each.uid, f"It is {each.name}, under a new name") for each in change.alike]
        return [*same, (TAKE, "A new company: add it" if same else "Add it"), (LEAVE, "Leave it out")]
    if change.kind == "changed":
        return [(TAKE, "Change it"), (LEAVE, "Keep what stands")]
    return [(TAKE, "End it"), (LEAVE, "Keep it")]


def _ask(change: Change) -> str:
    return f"Say what is to happen with {change.name}."


class SetAsideForm(ChangingForm):
    """A list that changes nothing, and why."""

    reason = LongField(
        label="Why do you set it aside?",
        max_length=1000,
        help_text="For example: it is of another product.",
        error_messages={"required": "Say why, so that others understand it."},
    )

    @classmethod
    def of(cls, given: SubProcessorList, data: Any = None) -> "SetAsideForm":
        return cls(data, initial={"version": given.version})
