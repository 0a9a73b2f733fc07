"""The practice's own facts."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.errors import Stale
from practice_vetting.core.forms import PracticeForm
from practice_vetting.core.people import change_practice


@practice_view("practice")
def settings(request: PracticeRequest) -> HttpResponse:
    form = PracticeForm.of(request.practice, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            change_practice(practice=request.practice, by=request.user, **form.cleaned_data)
        except Stale as stale:
            page = {"form": form, "theirs": stale.theirs, "sentence": stale.sentence}
            return render(request, "core/practice.html", page, status=409)
        messages.success(request, "Saved. Every vendor was judged again by the new settings.")
        return redirect("core:practice")
    return render(request, "core/practice.html", {"form": form}, status=422 if form.errors else 200)
