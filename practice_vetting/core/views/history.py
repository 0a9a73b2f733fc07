from django.http import HttpResponse

from practice_vetting.core.access import PracticeRequest, practice_view


@practice_view("see")
def happened(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def record_history(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)
