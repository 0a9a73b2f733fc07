from django.http import HttpResponse

from practice_vetting.core.access import PracticeRequest, practice_view


@practice_view("see")
def evidence_list(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def add_evidence(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def evidence(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def change_evidence(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def download(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)
