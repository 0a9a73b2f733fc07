"""Whether the site is alive, whether it can serve, and its counts: for machines that watch. No stranger learns more."""

import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare

from practice_vetting.core import health, metrics
from practice_vetting.core.access import public

_FRESH = {"Cache-Control": "no-store"}
KEPT_FOR = 2.0  # seconds


@dataclass
class _Found:
    parts: dict[str, bool]
    until: float


_found, _one_asks = _Found({}, 0.0), threading.Lock()


@public("a supervisor asks whether the process answers")
def livez(request: HttpRequest) -> JsonResponse:
    """200, and nothing is asked: who restarts what does not answer must not restart it for its database."""
    return JsonResponse({"ok": True}, headers=_FRESH)


@public("a proxy asks whether the site can serve")
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database and file storage answer, else 503; which one, and no word more.

    A worker, a queue or a backup that is late takes no page away: the operator's page and /metrics tell of these.
    """
    parts = _parts()
    well = all(parts.values())
    return JsonResponse({"ok": well, **parts}, status=200 if well else 503, headers=_FRESH)


def _parts() -> dict[str, bool]:
    """Asked once in two seconds by each process, however many ask us; who comes meanwhile gets what was found."""
    with _one_asks:
        if time.monotonic() >= _found.until:
            _found.parts = {name: _answers(name) for name in health.NEEDED}
            _found.until = time.monotonic() + KEPT_FOR
        return _found.parts


def _answers(name: str) -> bool:
    try:
        health.NEEDED[name]()
    except health.Unwell:
        return False
    return True


@public("who runs the installation reads its counts with a token")
def counts(request: HttpRequest) -> HttpResponse:
    """As if there were no such page, unless METRICS_TOKEN is set and comes along."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, settings.METRICS_TOKEN):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8", headers=_FRESH)
