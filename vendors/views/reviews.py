"""Recording the review of an agreement."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Refused
from practice_vetting.core.once import once
from practice_vetting.core.templatetags.wording import day
from practice_vetting.core.views.changing import told
from vendors.actions import reviews as actions
from vendors.forms.reviews import ReviewForm
from vendors.models import Agreement, Review
from vendors.views.agreements import agreement_of


@practice_view("record")
def add_review(request: PracticeRequest, uid: str) -> HttpResponse:
    agreement, today = agreement_of(request, uid), request.practice.today()
    form = ReviewForm(request.POST if request.method == "POST" else None, initial={"on": today})
    review = _added(request, agreement, form) if form.is_valid() else None
    if review:
        messages.success(request, f"The review is on file. The next one is due on {day(review.next_review_on)}.")
        return redirect("vendors:agreement", uid=uid)
    page = {"form": form, "agreement": agreement, "vendor": agreement.vendor, "today": today}
    return render(request, "vendors/review_form.html", page, status=422 if form.errors else 200)


def _added(request: PracticeRequest, agreement: Agreement, form: ReviewForm) -> Review | None:
    facts = {**form.cleaned_data, "by": request.membership.person, "agreement": agreement}
    try:
        return once(
            Review,
            practice=request.practice,
            form_id=facts["form_id"],
            make=lambda: actions.add_review(**facts),
        )
    except Refused as refusal:
        told(form, refusal)
        return None
