from django.urls import path

from practice_vetting.core.views import (
    documents,
    factor_reset,
    health,
    history,
    people,
    practice,
    practices,
    session,
    setup,
    verify,
)

app_name = "core"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("setup/", setup.setup, name="setup"),
    path("session/", session.session, name="session"),
    path("unsent/", session.unsent, name="unsent"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/roles/", people.roles, name="roles"),
    path("people/<str:uid>/", people.member, name="member"),
    path("people/<str:uid>/role/", people.change_role, name="change_role"),
    path("people/<str:uid>/end/", people.end_membership, name="end_membership"),
    path("people/<str:uid>/sessions/end/", people.end_member_sessions, name="end_member_sessions"),
    path("people/<str:uid>/second-factor/", factor_reset.reset, name="reset_factor"),
    path("second-factor/stop/<str:token>/", factor_reset.stop, name="stop_factor_reset"),
    path("join/<str:token>/", people.join, name="join"),
    path("practices/", practices.practices, name="practices"),
    path("practice/", practice.settings, name="practice"),
    path("documents/<str:uid>/", documents.job, name="job"),
    path("documents/<str:uid>/again/", documents.try_again, name="try_again"),
    path("documents/<str:uid>/download/", documents.download, name="download_document"),
    path("verify/", verify.verify, name="verify"),
    path("history/", history.happened, name="history"),
    path("history/export/", history.export, name="export_history"),
    path("history/<slug:kind>/<str:uid>/", history.record_history, name="record_history"),
]
