from django.urls import include, path

handler400 = "practice_vetting.core.views.errors.bad_request"
handler403 = "practice_vetting.core.views.errors.not_allowed"
handler404 = "practice_vetting.core.views.errors.not_found"
handler500 = "practice_vetting.core.views.errors.broken"

urlpatterns = [  # vendors first: "vendors/add/" is no vendor
    path("", include("vendors.urls")),
    path("", include("checklists.urls")),
    path("", include("practice_vetting.core.urls")),
    path("", include("practice_vetting.core.account_urls")),
]
