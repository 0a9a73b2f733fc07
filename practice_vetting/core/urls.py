from django.urls import path

from practice_vetting.core.views import documents, health, history, people, practice, setup, verify

app_name = "core"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("setup/", setup.setup, name="setup"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/<str:uid>/end/", people.end_membership, name="end_membership"),
    path("join/<str:token>/", people.join, name="join"),
    path("practice/", practice.settings, name="practice"),
    path("documents/<str:uid>/", documents.job, name="job"),
    path("documents/<str:uid>/again/", documents.try_again, name="try_again"),
    path("documents/<str:uid>/download/", documents.download, name="download_document"),
    path("verify/", verify.verify, name="verify"),
    path("history/", history.happened, name="history"),
    path("history/<slug:kind>/<str:uid>/", history.record_history, name="record_history"),
]
