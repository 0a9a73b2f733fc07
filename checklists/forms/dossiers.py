"""What goes along with a dossier."""

from typing import Any

from django import forms

from checklists.evidence_files import INSIDE, MEGABYTE, MOST, ZIP
from practice_vetting.core.forms import CreatingForm

#: what goes along, its name, and what it is good for
CHOICES = [
    ("", "The dossier", "One PDF. It lists every evidence file with its hash."),
    (INSIDE, "With the evidence inside", "The same PDF with the files attached to it."),
    (ZIP, "A bundle for an attorney", "A ZIP: dossier, files, ledger, and how to check them."),
]


class DossierForm(CreatingForm):
    evidence = forms.ChoiceField(required=False, choices=[(value, name) for value, name, _ in CHOICES])
    as_of = forms.DateField(required=False)


def choices_for(size: int) -> list[dict[str, Any]]:
    """The choices for evidence of this many bytes; one that cannot be made says so."""
    return [
        {
            "value": value,
            "name": name,
            "says": says if size <= MOST.get(value, size) else f"Too large: at most {MOST[value] // MEGABYTE} MB.",
            "possible": size <= MOST.get(value, size),
        }
        for value, name, says in CHOICES
    ]
