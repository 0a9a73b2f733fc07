"""The least that a list and a page of one evaluation need: who asks, the rows, and a plain template."""

from collections.abc import Callable
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import Lag
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.template import Context, Engine
from django.urls import path

from checklists.models import Answer, Evaluation
from vendors.models import Standing

PAGE = 50
MIDDLEWARE = [
    "tests.bench.bare_pages.its_own_addresses",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
_BASE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{% block title %}{% endblock %}</title>
<link rel="stylesheet" href="/static/site.css"></head><body><header><nav><ul><li><a href="/">Home</a></li>
<li><a href="/vendors/">Vendors</a></li></ul></nav>{{ person.name }}</header><main>{% block main %}{% endblock %}</main>
</body></html>"""
_LIST = """{% extends "base" %}{% block title %}Vendors{% endblock %}{% block main %}<h1>Vendors</h1>
<table><thead><tr><th>Vendor</th><th>Requirements</th><th>Standing</th><th>Agreement signed</th><th>Next review</th>
</tr></thead><tbody>{% for row in rows %}<tr><td><a href="/vendors/{{ row.vendor.uid }}/">{{ row.vendor.name }}</a>
<small>{{ row.vendor.summary }}</small>{% if row.in_use_not_cleared %}<b>In use but not cleared</b>{% endif %}</td>
<td>{{ row.met_count }} of 5</td><td>{{ row.get_state_display }} since {{ row.since|date:"j M Y" }}</td>
<td>{{ row.agreement_signed_on|date:"j M Y" }}</td><td>{{ row.next_review_on|date:"j M Y" }}</td></tr>{% endfor %}
</tbody></table>{% endblock %}"""
_DETAIL = """{% extends "base" %}{% block title %}{{ found.title }}{% endblock %}{% block main %}
<h1>{{ found.vendor.name }}</h1><p>{{ found.title }}, {{ found.state }}, started {{ found.started_on|date:"j M Y" }}</p>
{% for answer in answers %}<article><h2>Question {{ answer.question }}</h2>
<form method="post" action="/answers/{{ answer.uid }}/"><input type="hidden" name="csrf" value="{{ csrf }}">
<fieldset><legend>What did the vendor answer?</legend>{% for value, label in choices %}
<label><input type="radio" name="response" value="{{ value }}"{% if value == answer.response %} checked{% endif %}>
{{ label }}</label>{% endfor %}</fieldset><textarea name="said">{{ answer.said }}</textarea>
<input name="said_by" value="{{ answer.said_by }}"><input name="said_on" value="{{ answer.said_on|date:'Y-m-d' }}">
<button>Save</button></form><p>Saved {{ answer.changed_at|date:"j M Y, H:i" }} by {{ answer.changed_by.name }}</p>
<ul>{% for each in answer.citations.all %}<li><a href="/evidence/{{ each.evidence.uid }}/">{{ each.evidence.title }}</a>
{{ each.pages }}, until {{ each.evidence.expires_on|date:"j M Y" }}<form method="post" action="/taken/{{ each.uid }}/">
<input type="hidden" name="csrf" value="{{ csrf }}"><button>Take away</button></form></li>{% endfor %}</ul>
<form method="post" action="/cited/{{ answer.uid }}/"><input type="hidden" name="csrf" value="{{ csrf }}">
<select name="evidence">{% for each in on_file %}<option value="{{ each.uid }}">{{ each.title }}</option>{% endfor %}
</select><input name="pages"><button>Use it</button></form>
<form method="post" action="/added/{{ answer.uid }}/"><input type="hidden" name="csrf" value="{{ csrf }}">
<input type="file" name="file"><input name="expires_on"><button>Add this file</button></form></article>{% endfor %}
<h2>Last changes</h2><ol>{% for row in changes %}<li>{{ row.history_date|date:"j M Y, H:i" }}
{{ row.history_user.name }}: question {{ row.question }}, {{ row.before }}, {{ row.said_before }}, then
{{ row.response }}, {{ row.said }}</li>{% endfor %}</ol>{% endblock %}"""
_engine = Engine(
    loaders=[("django.template.loaders.locmem.Loader", {"base": _BASE, "list": _LIST, "detail": _DETAIL})],
)
_LIST_PAGE, _DETAIL_PAGE = _engine.get_template("list"), _engine.get_template("detail")


def vendors(request: HttpRequest, practice: int, state: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    rows = Standing.objects.filter(practice=practice, state=state).select_related("vendor").order_by("vendor_id")
    return HttpResponse(_LIST_PAGE.render(Context({"rows": rows[:PAGE], "person": request.user})))


def evaluation(request: HttpRequest, uid: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    found = get_object_or_404(Evaluation.objects.select_related("vendor"), uid=uid)
    answers = found.answers.select_related("changed_by").prefetch_related("citations__evidence").order_by("question")
    told = {
        "found": found,
        "answers": answers,
        "on_file": found.vendor.evidence.all(),
        "changes": _changes(found),
        "choices": Answer._meta.get_field("response").choices,
        "csrf": get_token(request),
        "person": request.user,
    }
    return HttpResponse(_DETAIL_PAGE.render(Context(told)))


def _changes(found: Evaluation) -> Any:
    """The last of the answers alone, each with what it said before."""
    rows = Answer.history.filter(evaluation=found).select_related("history_user").order_by("-history_id")
    asked = {"partition_by": F("id"), "order_by": F("history_id").asc()}
    before = {"before": Window(Lag("response"), **asked), "said_before": Window(Lag("said"), **asked)}
    return rows.annotate(**before)[:PAGE]


urlpatterns = [path("vendors/<int:practice>/<str:state>/", vendors), path("evaluations/<str:uid>/", evaluation)]


def its_own_addresses(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return get_response(request)

    return middleware
