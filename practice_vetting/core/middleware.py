"""Small middleware: headers, set-up first, and refusals that no view caught."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from practice_vetting.core.errors import Refused
from practice_vetting.core.installation import is_set_up

Next = Callable[[HttpRequest], HttpResponse]

_METHODS = ("GET", "HEAD", "POST")
_OF_MACHINES = ("/livez", "/healthz")
_ALWAYS = ("/setup/", "/livez", "/healthz", "/static/")

#: what a browser can do for a page; nothing of it is for ours but passkeys
_NEVER = (
    "accelerometer", "ambient-light-sensor", "attribution-reporting", "autoplay", "bluetooth", "browsing-topics",
    "camera", "compute-pressure", "cross-origin-isolated", "display-capture", "encrypted-media", "fullscreen",
    "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "interest-cohort",
    "keyboard-map", "local-fonts", "magnetometer", "microphone", "midi", "otp-credentials", "payment",
    "picture-in-picture", "private-state-token-issuance", "private-state-token-redemption", "screen-wake-lock",
    "serial", "storage-access", "sync-xhr", "usb", "web-share", "window-management", "xr-spatial-tracking",
)  # fmt: skip
_OURS = ("publickey-credentials-create", "publickey-credentials-get")
PERMISSIONS_POLICY = ", ".join([*(f"{name}=()" for name in _NEVER), *(f"{name}=(self)" for name in _OURS)])


def headers(get_response: Next) -> Next:
    """Headers that Django has no setting for. Nothing of ours is for other origins, cameras or search engines."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("X-Robots-Tag", "noindex")
        return response

    return middleware


def usual_methods(get_response: Next) -> Next:
    """No page of ours has a use for another method, so none is asked what it would do with one.

    Who asks whether we live is nobody, whatever cookies come along: nothing is asked of the database for it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path in _OF_MACHINES:
            request.COOKIES = {}
        if request.method in _METHODS:
            return get_response(request)
        return HttpResponseNotAllowed(_METHODS)

    return middleware


def set_up_first(get_response: Next) -> Next:
    """Until the practice is set up, every page leads to the set-up."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_ALWAYS) or is_set_up():
            return get_response(request)
        return redirect("core:setup")

    return middleware


def _explained(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Who opens the address of a button by hand (a refused form leaves it in the browser) gets a page, not a blank."""
    if request.method == "GET" and isinstance(response, HttpResponseNotAllowed) and not response.content:
        response.content = render(request, "405.html").content
    return response


class answer_refusals:  # noqa: N801  Django names middleware functions in lower case; this one needs a hook
    """A refusal that reached the top is still answered with its sentence, never as a fault."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return _explained(request, self.get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        return render(request, "refused.html", {"sentence": exception.sentence}, status=409)
