"""Reading one clause: saved by itself as a fragment, or as a whole page where no script runs."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from practice_vetting.core import clock
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused, Stale
from vendors.actions import clauses as actions
from vendors.clause_sheet import Row, Sheet, agreement_sheet
from vendors.forms.clauses import ReadingForm
from vendors.models import Agreement, ClauseReading
from vendors.views.agreements import agreement_of, agreement_page

_TYPED = ("version", "status", "days", "page", "quote", "reason")


@practice_view("record")
@require_POST
def read_clause(request: PracticeRequest, uid: str, code: str) -> HttpResponse:
    agreement = agreement_of(request, uid)
    sheet = agreement_sheet(agreement, request.practice.today())
    row, status = _read(request, agreement, _row(sheet, code))
    if "HX-Request" in request.headers:
        fragment = {
            "row": row,
            "sheet": sheet.having(row),
            "agreement": agreement,
            "editable": True,
            "alone": True,
        }
        fragment["saved_at"] = clock.now() if status == 200 else None
        return render(request, "vendors/_clause_saved.html", fragment, status=status)
    if status != 200:
        return agreement_page(request, agreement, sheet.having(row), status)
    stands = request.POST.get("keep") == "theirs"
    messages.success(request, f"Clause {code} stays as it was." if stands else f"Clause {code} is saved.")
    return redirect(f"{reverse('vendors:agreement', args=[uid])}#{code}")


def _row(sheet: Sheet, code: str) -> Row:
    try:
        return sheet.row(code)
    except KeyError:
        raise Http404 from None


def _read(request: PracticeRequest, agreement: Agreement, row: Row) -> tuple[Row, int]:
    """Keep what was found, and give the clause as it now is, with the status of the answer."""
    form = ReadingForm(request.POST)
    typed = {name: request.POST.get(name, "") for name in _TYPED}
    if not form.is_valid():
        name, sentences = next(iter(form.errors.items()))
        return replace(row, typed=typed, error=str(sentences[0]), error_field=name), 422
    if form.cleaned_data["keep"] == "theirs":
        return row, 200
    try:
        return Row(row.clause, _keep(request, agreement, row, form), amended=row.amended), 200
    except Stale as stale:
        theirs = stale.theirs
        assert isinstance(theirs, ClauseReading), "a reading is never deleted, so a stale one has a newer"
        if _same(theirs, form.found):
            return Row(row.clause, theirs, amended=row.amended), 200
        return replace(row, reading=theirs, typed=typed, theirs=theirs), 409
    except Refused as refusal:
        return replace(row, typed=typed, error=refusal.sentence, error_field=refusal.field), 422


def _keep(request: PracticeRequest, agreement: Agreement, row: Row, form: ReadingForm) -> ClauseReading:
    return actions.read_clause(
        agreement=agreement,
        by=request.membership.person,
        on=request.practice.today(),
        code=row.clause.code,
        version=form.version_to_change,
        **form.found,
    )


def _same(theirs: ClauseReading, found: dict[str, Any]) -> bool:
    """The same form sent twice, or two people of one mind: there is nothing to choose."""
    return all(getattr(theirs, name) == value for name, value in found.items())
