from django.http import HttpResponse

from practice_vetting.core.access import PracticeRequest, practice_view


@practice_view("see")
def vendor_list(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def add_vendor(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def change_vendor(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def no_patient_data(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)


@practice_view("see")
def end_vendor(request: PracticeRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("to be built", status=501)
