"""Every form that changes something leaves a line in the ledger: each address is sent one that it accepts."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from checklists.actions.evaluations import withdraw_evaluation
from checklists.models import Evaluation
from practice_vetting.core import installation, ledger
from practice_vetting.core.models import Installation, LedgerEntry
from tests import files as made
from tests.checklists.conftest import cleared, draft
from tests.checklists.signing import attest, form, submit
from tests.conftest import Cast
from tests.core.test_take_installation import GIVEN
from tests.factories import PASSWORD, arranging
from tests.test_doors import DOORS, address, things
from vendors.actions.vendors import end_vendor
from vendors.models import Evidence, Tool, Vendor

__all__ = ["cleared", "draft", "things"]  # fixtures
pytestmark = pytest.mark.django_db

NEW = {"form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e60"}
DAY = "2026-11-01"
TOOL = {"name": "Another", "has_ai": "no", "data_classes": "notes", "part2": "no"}
BAA = {"kind_of": "baa", "practice_signed_on": DAY, "vendor_signed_on": DAY}
NOTHING_TO_SEND = {
    "account",
    "checklists:today", "checklists:vendor", "checklists:evaluation", "checklists:check_evaluation", "core:job",
    "vendors:vendor_list", "vendors:agreement_list", "vendors:agreement", "vendors:evidence_list", "vendors:evidence",
    "vendors:download_evidence", "core:healthz", "core:people", "core:download_document", "core:history",
    "core:record_history", "core:verify",
}  # fmt: skip
#: name of the address -> a form of the owner that it accepts; words in capitals are filled in
FORMS: dict[str, dict[str, Any]] = {
    "checklists:start_evaluation": {**NEW, "title": "Another", "tools": "TOOL"},
    "checklists:withdraw_evaluation": {"reason": "Begun twice"},
    "checklists:answer": {"version": 1, "response": "said", "said": "They said so."},
    "checklists:add_answer_evidence": {"evidence": "EVIDENCE"},
    "checklists:remove_citation": {},
    "checklists:submit_evaluation": {},
    "checklists:send_back_evaluation": {"reason": "The route is wrong"},
    "checklists:attest_evaluation": {},
    "checklists:countersign_evaluation": {},
    "checklists:start_use": {"version": 1, "in_use_since": DAY, "use_reason": "It is true", "known": "on"},
    "checklists:request_dossier": NEW,
    "vendors:add_vendor": {**NEW, "name": "Another"},
    "vendors:change_vendor": {"version": 1, "name": "Another"},
    "vendors:no_patient_data": {"version": 1, "reason": "It prints our door signs"},
    "vendors:end_vendor": {"version": 1, "ended_on": DAY, "reason": "Too dear"},
    "vendors:reopen_vendor": {"version": 2},
    "vendors:add_tool": {**NEW, **TOOL},
    "vendors:change_tool": {"version": 1, **TOOL},
    "vendors:retire_tool": {"version": 1, "retired_on": DAY},
    "vendors:add_agreement": {**NEW, **BAA},
    "vendors:change_agreement": {"version": 1, **BAA},
    "vendors:end_agreement": {"version": 1, "on": DAY, "reason": "Replaced"},
    "vendors:read_clause": {"version": 0, "status": "present"},
    "vendors:add_review": {**NEW, "on": "TODAY", "finding": "stands"},
    "vendors:add_evidence": {**NEW, "kind_of": "other", "no_patient_data": "on", "file": "FILE"},
    "vendors:change_evidence": {"version": 1, "title": "Another", "kind_of": "other"},
    "core:setup": {**GIVEN, "code": "CODE"},
    "account_login": {"login": "LOGIN", "password": PASSWORD},
    "account_logout": {},
    "core:invite": {**NEW, "name": "Robin Vale", "email": "robin@x.example", "role": "staff"},
    "core:end_membership": {},
    "core:join": {"password": "lantern over quiet water"},
    "core:practice": {"version": 1, "name": "Another", "time_zone": "UTC", "states": "CA", "part2": "no"},
    "core:try_again": {},
}
ANONYMOUS = {"core:setup", "account_login", "core:join"}
#: an address that only a documented evaluation answers -> how it gets there
SIGNING: dict[str, Callable[[Evaluation, Cast], Any]] = {
    "checklists:submit_evaluation": lambda evaluation, cast: None,
    "checklists:send_back_evaluation": lambda evaluation, cast: submit(evaluation, cast.officer),
    "checklists:attest_evaluation": lambda evaluation, cast: submit(evaluation, cast.officer),
    "checklists:countersign_evaluation": lambda evaluation, cast: attest(
        submit(evaluation, cast.officer), cast.officer
    ),
}
#: no change of a record, or the telling itself
UNTOLD = {"Session", "LedgerEntry", "LedgerHead"}


def test_every_address_is_sent_a_form_or_takes_none():
    assert {*FORMS, *NOTHING_TO_SEND} == set(DOORS)


@pytest.mark.parametrize("name", FORMS)
def test_what_a_form_changed_is_told(name: str, cast: Cast, browse: Callable[..., Client], request: Any):
    url, sent = prepared(name, cast, request)
    client = Client() if name in ANONYMOUS else browse(cast.owner)
    before, told = everything(), LedgerEntry.objects.count()
    status = client.post(url, sent).status_code
    assert status in {200, 302}
    if name not in {"account_login", "account_logout"}:
        assert everything() != before
    assert LedgerEntry.objects.count() > told
    assert ledger.broken_at(cast.practice.uid) is None


@pytest.mark.parametrize("name", [name for name in DOORS if name != "account_login"])
def test_looking_at_a_page_changes_nothing(name: str, cast: Cast, browse: Callable[..., Client], request: Any):
    things = request.getfixturevalue("things")
    client, url = browse(cast.owner), address(name, things)
    before = everything()
    client.get(url)
    assert everything() == before


def everything() -> str:
    """A digest of every row of every table but those."""
    rows = hashlib.sha256()
    for model in sorted(apps.get_models(), key=lambda model: model._meta.db_table):
        if model.__name__ not in UNTOLD:
            rows.update(repr(list(model._default_manager.order_by("pk").values())).encode())
    return rows.hexdigest()


def prepared(name: str, cast: Cast, request: Any) -> tuple[str, dict[str, Any]]:
    """The address, and the form for it, with what it needs beforehand brought about."""
    if name in SIGNING:
        evaluation = request.getfixturevalue("cleared")
        SIGNING[name](evaluation, cast)
        needs_hand = name.endswith(("attest_evaluation", "countersign_evaluation"))
        return reverse(name, args=[evaluation.uid]), form(evaluation, cast.owner) if needs_hand else FORMS[name]
    things = request.getfixturevalue("things")
    make_ready(name, things, cast)
    evidence = Evidence.objects.exclude(citations__uid=things["citation"]).first()
    today = str(cast.practice.today())
    fill = {"TODAY": today, "TOOL": things["tool"], "LOGIN": cast.owner.email, "EVIDENCE": evidence and evidence.uid}
    sent = {key: fill.get(str(value), value) for key, value in FORMS[name].items()}
    if "file" in sent:
        sent["file"] = made.upload(b"actor,action\r\n", "log.csv")
    if "code" in sent:
        sent["code"] = installation.new_code()
    return address(name, things), sent


def make_ready(name: str, things: dict[str, str], cast: Cast) -> None:
    vendor, tool = Vendor.objects.get(uid=things["vendor"]), Tool.objects.get(uid=things["tool"])
    if name == "checklists:start_evaluation":
        withdraw_evaluation(evaluation=vendor.evaluations.get(), by=cast.officer, reason="Begun twice")
    if name == "checklists:add_answer_evidence":
        with arranging(cast.officer):
            vendor.evaluations.get().answers.get(question=4).citations.get().delete()
    if name == "vendors:reopen_vendor":
        end_vendor(vendor=vendor, by=cast.owner, version=1, ended_on=cast.practice.today(), reason="Too dear")
    if name == "vendors:no_patient_data":
        with arranging(cast.officer):
            tool.data_classes = []
            tool.save()
    if name == "vendors:add_review":
        with arranging(cast.officer):
            agreement = vendor.agreements.get()
            agreement.practice_signed_on = agreement.vendor_signed_on = cast.practice.today()
            agreement.save()
    if name == "core:setup":
        Installation.objects.update(set_up_at=None)
        installation.forget()
