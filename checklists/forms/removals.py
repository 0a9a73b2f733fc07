"""The forms under which the removal of a vendor's records is proposed and approved."""

from typing import Any

from django import forms

from practice_vetting.core.forms import CreatingForm
from vendors.forms.fields import LineField, LongField


class _NamedForm(forms.Form):
    """Whoever removes types the vendor's name, so that nobody does it in haste."""

    typed_name = LineField(
        label="Name of the vendor",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Type the name of the vendor."},
    )

    def __init__(self, *args: Any, name: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["typed_name"].help_text = f"Type it as it stands here: {name}"


class ProposeRemovalForm(_NamedForm, CreatingForm):
    reason = LongField(
        label="Why should it go?",
        max_length=1000,
        help_text="The owner who approves it reads this, and it stays on record.",
        error_messages={"required": "Say why it should go."},
    )


class ApproveRemovalForm(_NamedForm):
    """The second person's hand."""
