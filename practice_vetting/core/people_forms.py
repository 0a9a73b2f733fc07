"""The forms about the people of a practice: inviting somebody, and changing what a member may do."""

from datetime import date
from typing import Any

from django import forms

from practice_vetting.core.forms import NO_ADDRESS, ChangingForm, CreatingForm, words
from practice_vetting.core.last_day import LONGEST, USUAL
from practice_vetting.core.models import Membership
from practice_vetting.core.roles import Role
from practice_vetting.core.templatetags.wording import day


class _RoleFields(forms.Form):
    role = forms.ChoiceField(
        label="Role",
        choices=[(role.value, role.label) for role in Role],
        widget=forms.RadioSelect,
        error_messages=words("Choose what they may do."),
    )
    access_until = forms.DateField(
        label="Last day of access",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": "This is not a date. Write it like 2026-11-09."},
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["access_until"].help_text = (
            f"For auditors and staff, {day(today + LONGEST)} at the latest. Empty: an auditor’s last day is "
            f"{day(today + USUAL)}, and staff have none."
        )


class InviteForm(_RoleFields, CreatingForm):
    field_order = ["form_id", "name", "email", "role", "access_until"]

    name = forms.CharField(label="Full name", max_length=200, error_messages=words("Write their full name."))
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        error_messages=words("Write their e-mail. The invitation goes there.", invalid=NO_ADDRESS),
    )


class MemberForm(_RoleFields, ChangingForm):
    """The role and the last day of a member, with the version that the person saw."""

    @classmethod
    def of(cls, membership: Membership, data: Any = None) -> "MemberForm":
        known = {"role": membership.role, "access_until": membership.last_day, "version": membership.version}
        return cls(data, today=membership.practice.today(), initial=known)
