"""The least that a save of one answer needs: one row with its history, and one roll-up row, in one transaction."""

from collections.abc import Callable

from django import forms
from django.conf import settings
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template import Context, Engine
from django.urls import path
from django.utils import timezone
from simple_history.models import HistoricalRecords

from checklists.states import Response

MIDDLEWARE = [
    "tests.bench.bare_save.its_own_addresses",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
_CHOICES = [(each.value, each.label) for each in Response]
_SAVED = Engine().from_string(
    '<p id="saved">Saved {{ answer.changed_at|date:"j M Y, H:i" }} by {{ person.name }}: '
    "{{ answer.get_response_display }}, {{ answer.said }} {{ rollup.in_writing }} of {{ rollup.asked }} in writing.</p>"
)


class BareRollup(models.Model):  # noqa: DJ008
    asked = models.PositiveIntegerField(default=9)
    in_writing = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "checklists"  # one that is there; nobody migrates it


class BareAnswer(models.Model):  # noqa: DJ008
    rollup = models.ForeignKey(BareRollup, on_delete=models.PROTECT, related_name="answers")
    question = models.PositiveSmallIntegerField()
    response = models.CharField(max_length=20, choices=_CHOICES, default=Response.NOT_ASKED)
    route = models.CharField(max_length=20, blank=True)
    said = models.TextField(max_length=5000, blank=True)
    said_by = models.CharField(max_length=200, blank=True)
    said_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    history = HistoricalRecords()

    class Meta:
        app_label = "checklists"  # one that is there; nobody migrates it


class _Form(forms.Form):
    response = forms.ChoiceField(choices=_CHOICES)
    route = forms.CharField(required=False, max_length=20)
    said = forms.CharField(required=False, max_length=5000)
    said_by = forms.CharField(required=False, max_length=200)
    said_on = forms.DateField(required=False)


def save(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    form = _Form(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=422)
    with transaction.atomic():
        answer = get_object_or_404(BareAnswer.objects.select_for_update(), pk=pk)
        for name, value in form.cleaned_data.items():
            setattr(answer, name, value)
        answer.version += 1
        answer.changed_at, answer.changed_by = timezone.now(), request.user
        answer.save()
        rollup = BareRollup.objects.select_for_update().get(pk=answer.rollup_id)
        rollup.in_writing = rollup.answers.filter(response=Response.IN_WRITING).count()
        rollup.changed_at = answer.changed_at
        rollup.save()
    return HttpResponse(_SAVED.render(Context({"answer": answer, "rollup": rollup, "person": request.user})))


urlpatterns = [path("answers/<int:pk>/", save)]


def its_own_addresses(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return get_response(request)

    return middleware


def made() -> tuple[str, Callable[[], int]]:
    """Nine answers with their tables. The address of one, and its version."""
    with connection.schema_editor() as editor:
        for model in (BareRollup, BareAnswer, BareAnswer.history.model):
            editor.create_model(model)
    rollup = BareRollup.objects.create()
    answers = [BareAnswer.objects.create(rollup=rollup, question=number) for number in range(1, 10)]
    return f"/answers/{answers[3].pk}/", lambda: answers[3].version
