from django.urls import path

from checklists.views import answers, documents, evaluations, gate, signing, today, vendor

app_name = "checklists"
urlpatterns = [
    path("", today.today, name="today"),
    path("vendors/<str:uid>/", vendor.vendor, name="vendor"),
    path("vendors/<str:uid>/evaluate/", evaluations.start, name="start_evaluation"),
    path("evaluations/<str:uid>/", evaluations.evaluation, name="evaluation"),
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
    path("vendors/<str:uid>/dossier/", documents.request_dossier, name="request_dossier"),
]
