from django.urls import path

from checklists.views import answers, documents, evaluations, gate, past, removals, signing, today, vendor

app_name = "checklists"
urlpatterns = [
    path("", today.today, name="today"),
    path("vendors/<str:uid>/", vendor.vendor, name="vendor"),
    path("vendors/<str:uid>/as-of/", past.choose_day, name="past"),
    path("vendors/<str:uid>/as-of/<str:day>/", past.as_of, name="as_of"),
    path("vendors/<str:uid>/differences/", past.vendor_differences, name="vendor_differences"),
    path("vendors/<str:uid>/evaluate/", evaluations.start, name="start_evaluation"),
    path("evaluations/<str:uid>/", evaluations.evaluation, name="evaluation"),
    path("evaluations/<str:uid>/differences/", past.evaluation_differences, name="evaluation_differences"),
    path("evaluations/<str:uid>/withdraw/", evaluations.withdraw, name="withdraw_evaluation"),
    path("evaluations/<str:uid>/questions/<int:number>/", answers.answer, name="answer"),
    path("evaluations/<str:uid>/questions/<int:number>/evidence/", answers.add_evidence, name="add_answer_evidence"),
    path("citations/<str:uid>/remove/", answers.remove_citation, name="remove_citation"),
    path("evaluations/<str:uid>/check/", signing.check, name="check_evaluation"),
    path("evaluations/<str:uid>/submit/", signing.submit, name="submit_evaluation"),
    path("evaluations/<str:uid>/send-back/", signing.send_back, name="send_back_evaluation"),
    path("evaluations/<str:uid>/attest/", signing.attest, name="attest_evaluation"),
    path("evaluations/<str:uid>/countersign/", signing.countersign, name="countersign_evaluation"),
    path("tools/<str:uid>/start/", gate.start_use, name="start_use"),
    path("kept/", removals.kept_page, name="kept"),
    path("vendors/<str:uid>/remove/", removals.propose, name="propose_removal"),
    path("removals/<str:uid>/", removals.removal, name="removal"),
    path("removals/<str:uid>/approve/", removals.approve, name="approve_removal"),
    path("removals/<str:uid>/withdraw/", removals.withdraw, name="withdraw_removal"),
    path("vendors/<str:uid>/dossier/", documents.request_dossier, name="request_dossier"),
]
