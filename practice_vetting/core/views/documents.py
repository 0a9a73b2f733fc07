from django.http import HttpResponse

from practice_vetting.core.access import PracticeRequest, practice_view


@practice_view("see")
def job(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def try_again(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def download(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)
