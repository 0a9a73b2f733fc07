from django.urls import path

from vendors.views import agreements, clauses, evidence, holds, looking, patient_data, reviews, tools, vendors

app_name = "vendors"
urlpatterns = [
    path("vendors/", vendors.vendor_list, name="vendor_list"),
    path("vendors/add/", vendors.add_vendor, name="add_vendor"),
    path("vendors/<str:uid>/change/", vendors.change_vendor, name="change_vendor"),
    path("vendors/<str:uid>/no-patient-data/", vendors.no_patient_data, name="no_patient_data"),
    path("vendors/<str:uid>/end/", vendors.end_vendor, name="end_vendor"),
    path("vendors/<str:uid>/reopen/", vendors.reopen_vendor, name="reopen_vendor"),
    path("vendors/<str:uid>/data-gone/", holds.data_gone, name="data_gone"),
    path("vendors/<str:uid>/hold/", holds.place_hold, name="place_hold"),
    path("holds/<str:uid>/lift/", holds.lift_hold, name="lift_hold"),
    path("vendors/<str:uid>/tools/add/", tools.add_tool, name="add_tool"),
    path("tools/<str:uid>/change/", tools.change_tool, name="change_tool"),
    path("tools/<str:uid>/retire/", tools.retire_tool, name="retire_tool"),
    path("agreements/", agreements.agreement_list, name="agreement_list"),
    path("vendors/<str:uid>/agreements/add/", agreements.add_agreement, name="add_agreement"),
    path("agreements/<str:uid>/", agreements.agreement, name="agreement"),
    path("agreements/<str:uid>/change/", agreements.change_agreement, name="change_agreement"),
    path("agreements/<str:uid>/end/", agreements.end_agreement, name="end_agreement"),
    path("agreements/<str:uid>/clauses/<str:code>/", clauses.read_clause, name="read_clause"),
    path("agreements/<str:uid>/review/", reviews.add_review, name="add_review"),
    path("evidence/", evidence.evidence_list, name="evidence_list"),
    path("vendors/<str:uid>/evidence/add/", evidence.add_evidence, name="add_evidence"),
    path("evidence/<str:uid>/", evidence.evidence, name="evidence"),
    path("evidence/<str:uid>/change/", evidence.change_evidence, name="change_evidence"),
    path("evidence/<str:uid>/pages/<int:number>/", looking.evidence_page, name="evidence_page"),
    path("evidence/<str:uid>/download/", evidence.download, name="download_evidence"),
    path("evidence/<str:uid>/quarantine/", patient_data.quarantine, name="quarantine_evidence"),
    path("evidence/<str:uid>/release/", patient_data.release, name="release_evidence"),
    path("evidence/<str:uid>/purge/", patient_data.purge, name="purge_evidence"),
]
