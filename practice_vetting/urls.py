from django.urls import include, path

handler400 = "practice_vetting.core.views.errors.bad_request"
handler403 = "practice_vetting.core.views.errors.not_allowed"
handler404 = "practice_vetting.core.views.errors.not_found"
handler500 = "practice_vetting.core.views.errors.broken"

urlpatterns = [
    path("", include("checklists.urls")),
    path("", include("vendors.urls")),
    path("", include("practice_vetting.core.urls")),
]
