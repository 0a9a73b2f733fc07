"""The forms about evidence, and the fields that every upload shares."""

from typing import Any

from django import forms
from django.conf import settings

from practice_vetting.core.files.file_types import ENDINGS, IN_WORDS
from practice_vetting.core.files.held import GONE, Held, read_token
from practice_vetting.core.files.patient_data import Finding
from practice_vetting.core.forms import ChangingForm, CreatingForm, words
from practice_vetting.core.models import Membership
from vendors.forms.fields import NEVER_PATIENT_DATA, DayField, LineField, LongField
from vendors.kinds import EvidenceKind
from vendors.models import Evidence, Vendor

COLUMNS = ["title", "kind_of", "dated_on", "expires_on", "pages_that_matter"]


class UploadFields(forms.Form):
    """A file, and the word of who adds it that no patient data is in it (templates/vendors/_upload_field.html).

    With `file_required=False` the word is asked for only when a file comes.
    """

    file = forms.FileField(
        label="File",
        allow_empty_file=True,  # refused later, with a sentence that says what to do
        widget=forms.FileInput(attrs={"accept": ENDINGS}),
        error_messages={"required": "Choose a file."},
    )
    no_patient_data = forms.BooleanField(
        label="I checked that this file contains no patient information.", required=False
    )

    why_no_patient_data = LongField(
        label="Why is it no patient data?",
        max_length=1000,
        required=False,
        help_text="For example: a made-up patient in a test file. It stays beside the file. " + NEVER_PATIENT_DATA,
    )
    held = forms.CharField(required=False, widget=forms.HiddenInput, max_length=8000)
    #: what was found in the file that we hold for this form, and the token under which we do; see `ask_about`
    asked: Held | None = None
    token = ""

    def __init__(self, *args: Any, file_required: bool = True, membership: Membership | None = None, **options: Any):
        super().__init__(*args, **options)
        token = str(self.data.get("held", "")).strip() if membership else ""
        if token and membership:
            self.ask_about(read_token(token, practice=membership.practice, person=membership.person), token)
        self.fields["file"].required = file_required and not token
        self.fields["file"].help_text = f"{IN_WORDS}, up to {settings.UPLOAD_LIMIT // 1024**2} MB."

    def ask_about(self, held: Held | None, token: str) -> None:
        """Show what was found in a file, so that the person says why it is none, without choosing the file again."""
        self.asked, self.token = held, token if held else ""

    @property
    def found(self) -> list[Finding]:
        return self.asked.looked.stops if self.asked else []

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if "file" in given and not given["file"]:
            if given.get("held") and not self.asked:
                self.add_error("file", GONE)
            elif self.found and not given.get("why_no_patient_data"):
                self.add_error("why_no_patient_data", "Say why it is no patient data, or choose a clean copy above.")
        if (given.get("file") or self.asked) and not given.get("no_patient_data"):
            self.add_error("no_patient_data", "Look through the file, then mark that no patient data is in it.")
        return given


class EvidenceFields(forms.Form):
    """What is known of a document."""

    title = LineField(
        label="Title",
        max_length=200,
        error_messages={"required": "Give it a title."},
        help_text=NEVER_PATIENT_DATA,
    )
    kind_of = forms.ChoiceField(
        label="What is it?",
        choices=EvidenceKind.choices(),
        initial=EvidenceKind.OTHER.value,
        error_messages=words("Choose what kind of document it is."),
    )
    dated_on = DayField(label="Date on the document", required=False)
    expires_on = DayField(
        label="Counts until",
        required=False,
        help_text="The last day. Empty: one year for a report or memo, no end for others.",
    )
    pages_that_matter = LineField(
        label="Pages that matter", max_length=100, required=False, help_text="For example: 4, 12 to 15."
    )


class WhyForm(forms.Form):
    """A quarantine, its release, or a purge: each needs a reason that others can follow."""

    reason = LongField(
        label="Why?",
        max_length=1000,
        help_text=f"Say what kind of data and where, never the data itself. {NEVER_PATIENT_DATA}",
        error_messages={"required": "Say why, so that others understand it."},
    )


class AddEvidenceForm(EvidenceFields, UploadFields, CreatingForm):
    """A file that is new for a vendor. It can take the place of an older one of the same vendor."""

    replaces = forms.ChoiceField(
        label="Does it take the place of an older document?",
        required=False,
        help_text="Then nobody is asked for a newer one of that any more.",
        error_messages={"invalid_choice": "Choose among the documents of this vendor."},
    )

    def __init__(self, *args: Any, vendor: Vendor, **options: Any) -> None:
        super().__init__(*args, **options)
        self._older = {each.uid: each for each in vendor.evidence.unreplaced()}
        self.fields["replaces"].choices = [  # type: ignore[attr-defined]
            ("", "No, it is new"),
            *((uid, str(each)) for uid, each in self._older.items()),
        ]
        self.fields["title"].required = False
        self.fields["title"].help_text = f"Empty: the name of the file. {NEVER_PATIENT_DATA}"

    def clean_replaces(self) -> Evidence | None:
        return self._older.get(self.cleaned_data["replaces"])


class ChangeEvidenceForm(EvidenceFields, ChangingForm):
    """What is known of a document, with the version that the person saw."""

    @classmethod
    def of(cls, evidence: Evidence, data: Any = None) -> "ChangeEvidenceForm":
        return cls(data, initial={name: getattr(evidence, name) for name in [*COLUMNS, "version"]})
