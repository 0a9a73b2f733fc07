"""Whether database, queue and storage answer."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse

from practice_vetting.core import health
from practice_vetting.core.access import public


@public("a supervisor asks whether the site answers")
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when every part answers, 503 with the part that does not."""
    parts = {name: _state(check) for name, check in health.CHECKS.items()}
    well = all(part["ok"] for part in parts.values())
    return JsonResponse({"ok": well, **parts}, status=200 if well else 503, headers={"Cache-Control": "no-store"})


def _state(check: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"ok": True, "state": check()}
    except health.Unwell as trouble:
        return {"ok": False, "state": str(trouble)}
