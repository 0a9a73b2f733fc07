"""What is due and who was told: the list, one deadline to snooze or to be done, the mails, and the settings."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from practice_vetting.core import delivery, due, snoozes
from practice_vetting.core.access import PracticeRequest, practice_view
from practice_vetting.core.deadline import Deadline
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Mail, Reminder, Snooze
from practice_vetting.core.once import once
from practice_vetting.core.reminder_forms import ReminderSettingsForm, SnoozeForm
from practice_vetting.core.reminder_settings import set_reminders
from practice_vetting.core.views.changing import send, told


@practice_view("reminders")
@require_safe
def reminders(request: PracticeRequest) -> HttpResponse:
    show = request.GET.get("show", "")
    mails = due.mails(request.practice)
    page = {
        "rows": due.rows(request.practice, show),
        "show": show,
        "shown": due.SHOWN,
        "mails": mails,
        "refused": due.refused(request.practice, {each.person for each in mails}).values(),
        "most": due.MOST,
    }
    return render(request, "core/reminders.html", page)


@practice_view("reminders")
@require_safe
def reminder(request: PracticeRequest, kind: str, uid: str, due_on: str) -> HttpResponse:
    deadline = _deadline(request, kind, uid, due_on)
    if deadline is None:
        return render(request, "core/reminder_done.html")
    return _page(request, deadline, _form(request, deadline))


@practice_view("record")
@require_POST
def snooze(request: PracticeRequest, kind: str, uid: str, due_on: str) -> HttpResponse:
    deadline = _deadline(request, kind, uid, due_on)
    if deadline is None:
        return render(request, "core/reminder_done.html")
    form = _form(request, deadline, request.POST)
    if form.is_valid() and (made := _snoozed(request, deadline, form)):
        messages.success(request, f"Snoozed. Nobody is told before {made.until:%-d %B %Y}. You can take that back.")
        return redirect("core:reminders")
    return _page(request, deadline, form, status=422)


@practice_view("reminders")
@require_safe
def snoozed(request: PracticeRequest, uid: str) -> HttpResponse:
    return render(request, "core/snooze.html", {"snooze": _snooze(request, uid)})


@practice_view("record")
@require_POST
def end_snooze(request: PracticeRequest, uid: str) -> HttpResponse:
    try:
        snoozes.end_snooze(snooze=_snooze(request, uid), by=request.user)
        messages.success(request, "Taken back. It is told again on its usual days.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("core:reminders")


@practice_view("record")
@require_POST
def mail_again(request: PracticeRequest, uid: str) -> HttpResponse:
    mail = get_object_or_404(Mail.objects.filter(practice=request.practice).select_related("practice"), uid=uid)
    try:
        delivery.try_again(mail=mail, by=request.user)
        messages.success(request, "We try again, at most once a day for each person. What is done by then is left out.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("core:reminders")


@practice_view("practice")
def settings(request: PracticeRequest) -> HttpResponse:
    sent = send(request, ReminderSettingsForm.of, request.practice, set_reminders)  # type: ignore[arg-type]
    if sent.made:
        messages.success(request, "Saved. It holds from the next morning on.")
        return redirect("core:reminder_settings")
    return sent.page(request, "core/reminder_settings.html", back=reverse("core:reminder_settings"))


def _deadline(request: PracticeRequest, kind: str, uid: str, due_on: str) -> Deadline | None:
    """The open deadline of this name; None when it was told of once and is over, 404 when there was never one."""
    try:
        day = date.fromisoformat(due_on)
    except ValueError:
        raise Http404 from None
    found = snoozes.standing_deadline(request.practice, kind, uid, day)
    known = Reminder.objects.filter(practice=request.practice, kind=kind, subject_uid=uid, due_on=day)
    if found is None and not known.exists():
        raise Http404
    return found


def _form(request: PracticeRequest, deadline: Deadline, data: Any = None) -> SnoozeForm:
    return SnoozeForm(data, limit=snoozes.bound(request.practice, deadline), today=request.practice.today())


def _snoozed(request: PracticeRequest, deadline: Deadline, form: SnoozeForm) -> Snooze | None:
    facts = {**form.cleaned_data, "practice": request.practice, "by": request.membership.person, "deadline": deadline}
    form_id = facts["form_id"]
    try:
        return once(
            Snooze,
            practice=request.practice,
            form_id=form_id,
            about={"deadline_kind": deadline.kind, "subject_uid": deadline.subject_uid, "due_on": deadline.due_on},
            make=lambda: snoozes.snooze(**facts),
        )
    except Refused as refusal:
        told(form, refusal)
        return None


def _page(request: PracticeRequest, deadline: Deadline, form: SnoozeForm, status: int = 200) -> HttpResponse:
    standing = Snooze.objects.of(request.practice).standing().filter(until__gt=request.practice.today())
    key = {"deadline_kind": deadline.kind, "subject_uid": deadline.subject_uid, "due_on": deadline.due_on}
    page = {
        "deadline": deadline,
        "limit": snoozes.bound(request.practice, deadline),
        "form": form,
        "snooze": standing.filter(**key).select_related("by").first(),
        "late": deadline.due_on < request.practice.today(),
    }
    return render(request, "core/reminder.html", page, status=status)


def _snooze(request: PracticeRequest, uid: str) -> Snooze:
    rows = Snooze.objects.of(request.practice).select_related("by", "ended_by", "practice")
    found: Snooze = get_object_or_404(rows, uid=uid)
    return found
