from django.urls import include, path

from practice_vetting.core.views.sign_in import sign_in, sign_out

handler400 = "practice_vetting.core.views.errors.bad_request"
handler403 = "practice_vetting.core.views.errors.not_allowed"
handler404 = "practice_vetting.core.views.errors.not_found"
handler500 = "practice_vetting.core.views.errors.broken"

urlpatterns = [  # vendors first: "vendors/add/" is no vendor
    path("", include("vendors.urls")),
    path("", include("checklists.urls")),
    path("", include("practice_vetting.core.urls")),
    # allauth asks for its own pages by these names
    path("sign-in/", sign_in, name="account_login"),
    path("sign-out/", sign_out, name="account_logout"),
]
