from django.http import HttpResponse

from practice_vetting.core.access import PracticeRequest, practice_view


@practice_view("see")
def agreement_list(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def add_agreement(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def agreement(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def change_agreement(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def end_agreement(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)
