"""How long the session lasts, told to the page that asks; and the text that was sent after its end."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from practice_vetting.core.access import own
from practice_vetting.core.accounts import idle


@own("a page asks how long its own session lasts, and a person stays")
def session(request: Any) -> HttpResponse:
    """The fragment that asks again in time, or warns. A POST is activity, so it makes the session last longer."""
    if not request.htmx:
        return redirect("/")
    return render(request, "_session.html")


@own("a person reads their own text that met an ended session")
def unsent(request: Any) -> HttpResponse:
    kept = idle.unsent(request.user) or {"page": "/", "fields": []}
    page = kept["page"] if url_has_allowed_host_and_scheme(kept["page"], allowed_hosts=None) else "/"
    if request.method == "POST":
        idle.forget_unsent(request)
        return redirect(page)
    fields = [(name.replace("_", " ").capitalize(), text) for name, text in kept["fields"]]
    return render(request, "core/unsent.html", {"fields": fields, "page": page})
