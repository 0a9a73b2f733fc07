"""Every form that changes something leaves a line in the ledger: each address is sent one that it accepts."""

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from checklists.actions.evaluations import withdraw_evaluation
from checklists.models import Evaluation
from checklists.removing import belongings
from practice_vetting.core import clock, installation, ledger
from practice_vetting.core.accounts import account_mails
from practice_vetting.core.models import Installation, Job, LedgerEntry, Removal
from practice_vetting.core.roles import Role
from tests import files as made
from tests.checklists.conftest import cleared, draft
from tests.checklists.signing import attest, form, submit
from tests.conftest import Cast
from tests.core.factors import give_app
from tests.core.test_take_installation import GIVEN
from tests.doors import read_out
from tests.factories import PASSWORD, arranging, change, make_member, make_reading
from tests.test_doors import DOORS, address, things
from tests.vendors.exposing import closed, decided, stopped, told
from vendors.actions.patient_data import quarantine_evidence
from vendors.actions.sub_processor_lists import set_list_aside
from vendors.actions.vendors import end_vendor
from vendors.models import Evidence, RolloutStep, SubProcessor, SubProcessorList, Tool, Vendor
from vendors.part2 import About, part2_list
from vendors.review_points import POINTS
from vendors.sub_processor_changes import seen

__all__ = ["cleared", "draft", "things"]  # fixtures
pytestmark = pytest.mark.django_db

NEW = {"form_id": "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e60"}
DAY = "2026-11-01"
TOOL = {"name": "Another", "has_ai": "no", "data_classes": "notes", "part2": "no"}
FLOW = {"origin": "patient", "kind_of_data": "phi", "carries": "notes", "purpose": "Forms", "logged": "yes"}
FLOW |= {"human_gate": "unknown", "consent": "unknown", "ai_output": "no"}
STILL = {f"still_{point.key}": "yes" for point in POINTS}
SUB = {"name": "Quill", "role_of": "model", "gets_patient_data": "no", "covered": "no", "since": DAY}
BAA = {"kind_of": "baa", "practice_signed_on": DAY, "vendor_signed_on": DAY}
NOTHING_TO_SEND = {
    "core:roles", "core:member", "openid_connect_callback",
    "openid_connect_login",  # goes to a provider that is not set up here: see test_single_sign_on
    "core:session", "core:unsent",  # they change nothing but the session
    "account", "usersessions_list",
    "mfa_index", "second_factor_needed", "mfa_view_recovery_codes", "mfa_download_recovery_codes",
    # these need a device: see test_second_factor and test_passkeys
    "mfa_authenticate", "mfa_login_webauthn", "mfa_activate_totp", "mfa_add_webauthn",
    "checklists:past", "checklists:as_of", "checklists:vendor_differences", "checklists:evaluation_differences",
    "checklists:may_use", "checklists:propose", "checklists:rollout",
    "checklists:today", "checklists:vendor", "checklists:evaluation", "checklists:check_evaluation", "core:job",
    "vendors:vendor_list", "vendors:agreement_list", "vendors:agreement", "vendors:evidence_list", "vendors:evidence",
    "vendors:sub_processors", "vendors:sub_processor_list",
    "vendors:agreement_differences", "vendors:letter",
    "vendors:part2", "vendors:tool_part2", "vendors:part2_memo", "vendors:part2_checks",
    "vendors:practice_map", "vendors:data_map",
    "vendors:reviews", "vendors:ask_for_new",
    "vendors:exposure_list", "vendors:choose_vendor", "vendors:exposure",
    "vendors:download_evidence", "vendors:evidence_page", "core:healthz", "core:people",
    "core:livez", "core:metrics", "core:condition",
    "checklists:kept", "checklists:removal",
    "core:download_document", "core:history", "core:record_history", "core:verify",
    "core:reminders", "core:reminder", "core:snoozed",
    "core:export_state", "core:history_check",
    "core:backups", "core:calendar", "core:read_calendar", "core:download_export", "core:verify_code",
}  # fmt: skip
MEMO = {
    **NEW, "step": "sign", "pointed": "does_not_apply", "applies": "no", "reason": "No such care", "consent": "on",
    "typed_name": "Maria Reyes",
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
    "checklists:request_sheet": NEW,
    "checklists:rollout_step": {**NEW, "done_on": DAY, "note": "Seen"},
    "checklists:take_back_step": {"version": 1, "reason": "Not done yet"},
    "checklists:propose_removal": {**NEW, "typed_name": "Notewell", "reason": "Its time is over"},
    "checklists:approve_removal": {"typed_name": "Notewell"},
    "checklists:withdraw_removal": {},
    "vendors:data_gone": {"version": 1, "gone_on": DAY, "reason": "They wrote so in E-01"},
    "vendors:place_hold": {**NEW, "reason": "A lawsuit", "since": DAY},
    "vendors:lift_hold": {"version": 1, "reason": "The case is closed"},
    "vendors:add_vendor": {**NEW, "name": "Another"},
    "vendors:change_vendor": {"version": 1, "name": "Another"},
    "vendors:no_patient_data": {"version": 1, "reason": "It prints our door signs"},
    "vendors:end_vendor": {"version": 1, "ended_on": DAY, "reason": "Too dear"},
    "vendors:reopen_vendor": {"version": 2},
    "vendors:add_tool": {**NEW, **TOOL},
    "vendors:change_tool": {"version": 1, **TOOL},
    "vendors:retire_tool": {"version": 1, "retired_on": DAY},
    "vendors:add_sub_processor": {**NEW, **SUB},
    "vendors:change_sub_processor": {"version": 1, **SUB},
    "vendors:end_sub_processor": {"version": 1, "removed_on": DAY},
    "vendors:bring_in_list": {**NEW, "text": "Name,Purpose\nQuill,Drafts", "received_on": DAY},
    "vendors:confirm_list": {"version": 1, "seen": "SEEN", "row-1": "take"},
    "vendors:set_list_aside": {"version": 1, "reason": "Of another product"},
    "vendors:add_flow": {**NEW, **FLOW, "target": "TOOL_PLACE"},
    "vendors:change_flow": {"version": 1, **FLOW, "target": "TOOL_PLACE"},
    "vendors:end_flow": {"version": 1, "on": DAY},
    "vendors:suggested_flows": {"all": "1"},
    "vendors:add_agreement": {**NEW, **BAA},
    "vendors:change_agreement": {"version": 1, **BAA},
    "vendors:send_agreement": {"version": 1, "on": DAY},
    "vendors:sign_agreement": {"version": 1, "practice_signed_on": DAY, "vendor_signed_on": DAY},
    "vendors:new_version": {**NEW, **BAA},
    "vendors:request_letter": NEW,
    "vendors:end_agreement": {"version": 1, "on": DAY, "reason": "Replaced"},
    "vendors:read_clause": {"version": 0, "status": "present"},
    "vendors:add_review": {**NEW, "on": "TODAY", "finding": "stands", **STILL},
    "vendors:report_change": {**NEW, "on": "TODAY", "kind_of": "terms", "what": "They changed their terms"},
    "vendors:set_aside_trigger": {"version": 1, "reason": "A typing error"},
    "vendors:sign_part2": MEMO | {question.key: "no" for question in part2_list().questions_about(About.PRACTICE)},
    "vendors:sign_tool_part2": MEMO | {question.key: "no" for question in part2_list().questions_about(About.TOOL)},
    "vendors:record_part2_check": {"version": 0, "status": "shown", "note": "In the rider"},
    "vendors:report_exposure": {**NEW, "what_happened": "A note was pasted", "began_on": DAY, "discovered_on": DAY},
    "vendors:stop_exposure": {"version": 1, "stopped_on": "TODAY", "stopped_how": "Closed the account"},
    "vendors:change_exposure": {"version": 1, "what_happened": "Two notes", "began_on": DAY, "discovered_on": DAY},
    "vendors:count_exposure": {"version": 1, "part2": "no", "people": 12, "in_CA": 12},
    "vendors:screen_exposure": {"version": 1, "was_phi": "yes"},
    "vendors:write_factor": {"version": 1, "narrative": "Names were in it"},
    "vendors:decide_exposure": {"version": 1, "reason": "It was kept", "typed_name": "Maria Reyes", "consent": "on"},
    "vendors:record_notices": {"version": 3, "people_told_on": "TODAY"},
    "vendors:close_exposure": {"version": 4},
    "vendors:reopen_exposure": {"version": 3, "reason": "It was more"},
    "vendors:exposure_document": NEW,
    "vendors:add_evidence": {**NEW, "kind_of": "other", "no_patient_data": "on", "file": "FILE"},
    "vendors:quarantine_evidence": {"reason": "It names a patient"},
    "vendors:release_evidence": {"reason": "A false alarm"},
    "vendors:purge_evidence": {"reason": "It names a patient"},
    "vendors:change_evidence": {"version": 1, "title": "Another", "kind_of": "other"},
    "core:setup": {**GIVEN, "code": "CODE"},
    "account_login": {"login": "LOGIN", "password": PASSWORD},
    "account_logout": {},
    "account_reset_password": {"email": "LOGIN"},
    "set_password": {"password": "lantern over quiet water"},
    "account_change_password": {"old_password": PASSWORD, "password": "lantern over quiet water"},
    "account_email": {"email": "maria@elsewhere.example"},
    "confirm_email": {},
    "end_other_sessions": {},
    "end_session": {},
    "close_account": {"password": PASSWORD},
    "account_reauthenticate": {"password": PASSWORD},
    "mfa_edit_webauthn": {"name": "My phone"},
    "mfa_remove_webauthn": {},
    "mfa_generate_recovery_codes": {},
    "core:reset_factor": {"reason": "Lost the phone"},
    "core:stop_factor_reset": {},
    "core:end_member_sessions": {},
    "core:export_history": {},
    "core:invite": {**NEW, "name": "Robin Vale", "email": "robin@x.example", "role": "staff"},
    "core:change_role": {"version": 1, "role": "officer"},
    "core:practices": {"practice": "PRACTICE"},
    "core:end_membership": {},
    "core:join": {"password": "lantern over quiet water"},
    "core:practice": {
        "version": 1,
        "name": "Another",
        "time_zone": "UTC",
        "states": "CA",
        "part2": "no",
        "record_years": 7,
        "idle_minutes": 15,
    },  # fmt: skip
    "core:snooze": {**NEW, "length": "1", "reason": "The vendor answers next week"},
    "core:end_snooze": {},
    "core:mail_again": {},
    "core:reminder_settings": {
        "version": 1,
        "remind_before": "30",
        "owners_after": 2,
        "summary_weekday": 1,
        "snooze_days": 14,
    },
    "core:try_again": {},
    "core:exports": {},
    "core:compare_history": {},
    "core:make_calendar": {},
    "core:end_calendar": {},
    "core:webhook": {**NEW, "url": "https://other.practice.example/"},
    "core:try_webhook": {},
    "core:end_webhook": {},
}
ANONYMOUS = {"core:setup", "account_login", "core:join", "account_reset_password", "set_password", "confirm_email"}
ANONYMOUS |= {"core:stop_factor_reset"}
#: an address that only a documented evaluation answers -> how it gets there
SIGNING: dict[str, Callable[[Evaluation, Cast], Any]] = {
    "checklists:submit_evaluation": lambda evaluation, cast: None,
    "checklists:send_back_evaluation": lambda evaluation, cast: submit(evaluation, cast.officer),
    "checklists:attest_evaluation": lambda evaluation, cast: submit(evaluation, cast.officer),
    "checklists:countersign_evaluation": lambda evaluation, cast: attest(
        submit(evaluation, cast.officer), cast.officer
    ),
}
#: what changes sessions alone
SESSIONS_ONLY = {
    "account_login", "account_logout", "core:practices", "end_other_sessions", "end_session",
    "core:end_member_sessions", "account_reauthenticate",
    "account_email",  # nothing changes before the link is followed
    "core:export_history",
}  # fmt: skip
#: what is done when everything of the vendor is old
REMOVING = {"checklists:propose_removal", "checklists:approve_removal"}
YEARS_LATER = datetime(2050, 11, 21, 18, tzinfo=UTC)
#: no change of a record, or the telling itself
UNTOLD = {"Session", "UserSession", "LedgerEntry", "LedgerHead"}


def test_every_address_is_sent_a_form_or_takes_none():
    assert {*FORMS, *NOTHING_TO_SEND} == set(DOORS)


@pytest.mark.parametrize("name", FORMS)
def test_what_a_form_changed_is_told(name: str, cast: Cast, browse: Callable[..., Client], request: Any):
    url, sent = prepared(name, cast, request)
    with clock.set_to(YEARS_LATER) if name in REMOVING else nullcontext():
        client = Client() if name in ANONYMOUS else browse(cast.owner)
        before, told = everything(), LedgerEntry.objects.count()
        status = client.post(url, sent).status_code
        account_mails.deliver_waiting()  # a wish for a link is told when the link is made
    assert status in {200, 302}
    if name not in SESSIONS_ONLY:
        assert everything() != before
    assert LedgerEntry.objects.count() > told
    assert ledger.broken_at(cast.practice.uid) is None


def test_looking_at_a_page_changes_nothing(things: dict[str, str], cast: Cast, browse: Callable[..., Client]):
    client, changed, before = browse(cast.owner), [], everything()
    for name in DOORS:
        read_out(client.get(address(name, things)))
        if (after := everything()) != before:
            changed, before = [*changed, name], after
    assert changed == []


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
    fill = {"TODAY": today, "TOOL": things["tool"], "LOGIN": cast.officer.email, "EVIDENCE": evidence and evidence.uid}
    fill["TOOL_PLACE"] = f"tool:{things['tool']}"
    fill["PRACTICE"] = cast.practice.uid
    fill["SEEN"] = seen(SubProcessor.objects.filter(vendor__uid=things["vendor"]))
    sent = {key: fill.get(str(value), value) for key, value in FORMS[name].items()}
    if "file" in sent:
        sent["file"] = made.upload(b"actor,action\r\n", "log.csv")
    if "code" in sent:
        sent["code"] = installation.new_code()
    return address(name, things), sent


def make_ready(name: str, things: dict[str, str], cast: Cast) -> None:
    make_people_ready(name, cast)
    make_exposure_ready(name, Vendor.objects.get(uid=things["vendor"]), cast)
    make_old_enough(name, cast)
    vendor, tool = Vendor.objects.get(uid=things["vendor"]), Tool.objects.get(uid=things["tool"])
    if name == "checklists:rollout_step":
        change(RolloutStep.objects.get(), taken_back_on=DAY, taken_back_by=cast.officer, taken_back_reason="Again")
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
    if name == "vendors:request_letter":
        make_reading(agreement=vendor.agreements.get(), by=cast.officer, code="B07", status="absent")
    if name in {"vendors:add_review", "vendors:new_version"}:
        with arranging(cast.officer):
            agreement = vendor.agreements.get()
            agreement.practice_signed_on = agreement.vendor_signed_on = cast.practice.today()
            agreement.save()
    if name == "vendors:bring_in_list":
        waiting = SubProcessorList.objects.get()
        set_list_aside(subprocessorlist=waiting, by=cast.officer, version=1, reason="Of another product")
    if name in {"vendors:release_evidence", "vendors:purge_evidence"}:
        quarantine_evidence(evidence=vendor.evidence.get(), by=cast.staff, reason="It names a patient")


def make_exposure_ready(name: str, vendor: Vendor, cast: Cast) -> None:
    """The exposure is decided where an address asks for that, told for its close, and closed for a removal."""
    steps = ["record_notices", "reopen_exposure", "exposure_document", "close_exposure", "removal"]
    step = next((each for each in steps if name.endswith(each)), "")
    if step:
        change(vendor.exposures.get(), began_on="2026-10-01", people=12, residents={"CA": 12})
        exposure = decided(stopped(vendor.exposures.get(), cast.owner, stopped_on=cast.practice.today()), cast.owner)
    if step in {"close_exposure", "removal"}:
        day = cast.practice.today()
        told(exposure, cast.owner, people_told_on=day, hhs_told_on=day if step == "removal" else None)
    if step == "removal":
        closed(exposure, cast.owner)


def make_old_enough(name: str, cast: Cast) -> None:
    """The vendor has ended, and nothing holds it."""
    vendor, long_ago = Vendor.objects.get(), datetime(2015, 5, 1, tzinfo=UTC)
    if name in {*REMOVING, "vendors:data_gone"}:
        Job.objects.update(state="done")
        make_member(practice=cast.practice, name="Noor Haddad", role=Role.OWNER, email="noor@x.example")
        change(vendor, ended_on=long_ago.date())
        removal = Removal.objects.get()
        change(removal, counts=belongings(vendor).counts, vendor_uid=vendor.uid if "approve" in name else "another")
    if name in {*REMOVING, "vendors:purge_evidence"}:
        change(vendor.legal_holds.get(), lifted_at=long_ago, lifted_by=cast.owner, lift_reason="Closed")


def make_people_ready(name: str, cast: Cast) -> None:
    if name == "mfa_remove_webauthn":
        give_app(cast.owner)
    if name == "core:reset_factor":
        give_app(cast.staff)
    if name == "close_account":  # not the only owner
        make_member(practice=cast.practice, name="Noor Haddad", role=Role.OWNER, email="noor@x.example")
    if name == "core:setup":
        Installation.objects.update(set_up_at=None)
        installation.forget()
