"""Every door, tried by everybody: each address and method, things of two practices, eight persons.

tests/doors.txt is the expected value; doors.py says how it is written anew. An address without a row in DOORS
fails, and so does a row without an address.
"""

import logging
from datetime import date
from difflib import unified_diff
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from checklists.actions.answers import cite
from checklists.models import Evaluation
from practice_vetting.core import calendar_feeds, clock, installation, ledger, webhooks
from practice_vetting.core.accounts import links
from practice_vetting.core.accounts.factor_reset import DELAY
from practice_vetting.core.accounts.second_factor import id_of
from practice_vetting.core.accounts.sessions import uid_of
from practice_vetting.core.models import Document, FactorReset, Job, LinkPurpose, Person, PracticeExport
from practice_vetting.core.people import invite
from practice_vetting.core.roles import PERMISSIONS
from tests import doors
from tests import files as made
from tests.checklists.conftest import make_evidence
from tests.conftest import Cast
from tests.core.document_kinds import make_document
from tests.core.factors import give_passkey
from tests.factories import (
    arranging,
    change,
    make_agreement,
    make_exposure,
    make_flow,
    make_hold,
    make_mail,
    make_part2_memo,
    make_removal,
    make_rollout_step,
    make_snooze,
    make_sub_processor,
    make_sub_processor_list,
    make_tool,
    make_trigger,
    make_vendor,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PUBLIC, OWN = "public", "own"
MEMO = '{"applies": false, "method": "password", "answers": [], "signed_role": "Owner"}'
#: name of the address -> who may open it, and what its address speaks of
DOORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "checklists:today": ("see", ()),
    "checklists:vendor": ("see", ("vendor",)),
    "checklists:past": ("see", ("vendor",)),
    "checklists:as_of": ("see", ("vendor", "2026-01-01")),  # before it was added
    "checklists:vendor_differences": ("see", ("vendor",)),
    "checklists:evaluation_differences": ("see", ("evaluation",)),
    "checklists:start_evaluation": ("evaluate", ("vendor",)),
    "checklists:evaluation": ("see", ("evaluation",)),
    "checklists:withdraw_evaluation": ("evaluate", ("evaluation",)),
    "checklists:answer": ("answer", ("evaluation", "4")),
    "checklists:add_answer_evidence": ("answer", ("evaluation", "4")),
    "checklists:remove_citation": ("answer", ("citation",)),
    "checklists:check_evaluation": ("evaluate", ("evaluation",)),
    "checklists:submit_evaluation": ("evaluate", ("evaluation",)),
    "checklists:send_back_evaluation": ("evaluate", ("evaluation",)),
    "checklists:attest_evaluation": ("attest", ("evaluation",)),
    "checklists:countersign_evaluation": ("countersign", ("evaluation",)),
    "checklists:start_use": ("evaluate", ("tool",)),
    "checklists:may_use": ("see", ()),
    "checklists:propose": ("propose", ()),
    "checklists:request_sheet": ("issue", ()),
    "checklists:rollout": ("see", ("tool",)),
    "checklists:rollout_step": ("evaluate", ("tool", "1")),
    "checklists:take_back_step": ("evaluate", ("rollout-step",)),
    "checklists:request_dossier": ("issue", ("vendor",)),
    "checklists:kept": ("kept", ()),
    "checklists:propose_removal": ("hold", ("vendor",)),
    "checklists:removal": ("kept", ("removal",)),
    "checklists:approve_removal": ("remove", ("removal",)),
    "checklists:withdraw_removal": ("hold", ("removal",)),
    "vendors:vendor_list": ("see", ()),
    "vendors:add_vendor": ("propose", ()),
    "vendors:change_vendor": ("record", ("vendor",)),
    "vendors:no_patient_data": ("record", ("vendor",)),
    "vendors:end_vendor": ("record", ("vendor",)),
    "vendors:reopen_vendor": ("record", ("vendor",)),
    "vendors:data_gone": ("record", ("vendor",)),
    "vendors:place_hold": ("hold", ("vendor",)),
    "vendors:lift_hold": ("remove", ("hold",)),
    "vendors:add_tool": ("propose", ("vendor",)),
    "vendors:change_tool": ("record", ("tool",)),
    "vendors:retire_tool": ("record", ("tool",)),
    "vendors:sub_processors": ("see", ("vendor",)),
    "vendors:add_sub_processor": ("record", ("vendor",)),
    "vendors:bring_in_list": ("record", ("vendor",)),
    "vendors:change_sub_processor": ("record", ("sub-processor",)),
    "vendors:end_sub_processor": ("record", ("sub-processor",)),
    "vendors:sub_processor_list": ("see", ("sub-processor-list",)),
    "vendors:confirm_list": ("record", ("sub-processor-list",)),
    "vendors:set_list_aside": ("record", ("sub-processor-list",)),
    "vendors:practice_map": ("see", ()),
    "vendors:data_map": ("see", ("vendor",)),
    "vendors:add_flow": ("record", ("vendor",)),
    "vendors:suggested_flows": ("record", ("vendor",)),
    "vendors:change_flow": ("record", ("flow",)),
    "vendors:end_flow": ("record", ("flow",)),
    "vendors:agreement_list": ("see", ()),
    "vendors:add_agreement": ("record", ("vendor",)),
    "vendors:agreement": ("see", ("agreement",)),
    "vendors:change_agreement": ("record", ("agreement",)),
    "vendors:send_agreement": ("record", ("agreement",)),
    "vendors:sign_agreement": ("record", ("agreement",)),
    "vendors:new_version": ("record", ("agreement",)),
    "vendors:agreement_differences": ("see", ("agreement",)),
    "vendors:letter": ("issue", ("agreement",)),
    "vendors:request_letter": ("issue", ("agreement",)),
    "vendors:end_agreement": ("record", ("agreement",)),
    "vendors:read_clause": ("record", ("agreement", "B07")),
    "vendors:add_review": ("record", ("agreement",)),
    "vendors:reviews": ("see", ("vendor",)),
    "vendors:report_change": ("record", ("vendor",)),
    "vendors:set_aside_trigger": ("record", ("trigger",)),
    "vendors:part2": ("see", ()),
    "vendors:sign_part2": ("attest", ()),
    "vendors:part2_memo": ("see", ("part2memo",)),
    "vendors:tool_part2": ("see", ("tool",)),
    "vendors:sign_tool_part2": ("attest", ("tool",)),
    "vendors:part2_checks": ("see", ("vendor",)),
    "vendors:record_part2_check": ("record", ("vendor", "P07")),
    "vendors:exposure_list": ("see", ()),
    "vendors:choose_vendor": ("report", ()),
    "vendors:report_exposure": ("report", ("vendor",)),
    "vendors:exposure": ("see", ("exposure",)),
    "vendors:stop_exposure": ("record", ("exposure",)),
    "vendors:change_exposure": ("record", ("exposure",)),
    "vendors:count_exposure": ("record", ("exposure",)),
    "vendors:screen_exposure": ("record", ("exposure",)),
    "vendors:write_factor": ("record", ("exposure", "1")),
    "vendors:decide_exposure": ("decide", ("exposure", "breach")),
    "vendors:record_notices": ("record", ("exposure",)),
    "vendors:close_exposure": ("decide", ("exposure",)),
    "vendors:reopen_exposure": ("decide", ("exposure",)),
    "vendors:exposure_document": ("issue", ("exposure",)),
    "vendors:evidence_list": ("see", ()),
    "vendors:add_evidence": ("answer", ("vendor",)),
    "vendors:evidence": ("see", ("evidence",)),
    "vendors:ask_for_new": ("answer", ("evidence",)),
    "vendors:change_evidence": ("record", ("evidence",)),
    "vendors:evidence_page": ("see", ("evidence", "1")),
    "vendors:download_evidence": ("download", ("evidence",)),
    "vendors:quarantine_evidence": ("quarantine", ("evidence",)),
    "vendors:release_evidence": ("purge", ("evidence",)),
    "vendors:purge_evidence": ("purge", ("evidence",)),
    "core:livez": (PUBLIC, ()),
    "core:healthz": (PUBLIC, ()),
    "core:metrics": (PUBLIC, ()),
    "core:setup": (PUBLIC, ()),
    "core:session": (OWN, ()),
    "core:unsent": (OWN, ()),
    "account_login": (PUBLIC, ()),
    "account_logout": (PUBLIC, ()),
    "account_reset_password": (PUBLIC, ()),
    "set_password": (PUBLIC, ("password-token",)),
    "account": (OWN, ()),
    "account_change_password": (OWN, ()),
    "account_email": (OWN, ()),
    "confirm_email": (PUBLIC, ("email-token",)),
    "usersessions_list": (OWN, ()),
    "end_other_sessions": (OWN, ()),
    "end_session": (OWN, ("session",)),
    "close_account": (OWN, ()),
    "account_reauthenticate": (OWN, ()),
    "mfa_index": (OWN, ()),
    "second_factor_needed": (OWN, ()),
    "mfa_activate_totp": (OWN, ()),
    "mfa_add_webauthn": (OWN, ()),
    "mfa_edit_webauthn": (OWN, ("passkey",)),
    "mfa_remove_webauthn": (OWN, ("passkey",)),
    "mfa_view_recovery_codes": (OWN, ()),
    "mfa_generate_recovery_codes": (OWN, ()),
    "mfa_download_recovery_codes": (OWN, ()),
    "mfa_authenticate": (PUBLIC, ()),
    "mfa_login_webauthn": (PUBLIC, ()),
    "core:reset_factor": ("reset", ("membership",)),
    "core:stop_factor_reset": (PUBLIC, ("reset-token",)),
    "core:end_member_sessions": ("people", ("membership",)),
    "core:people": ("people", ()),
    "core:invite": ("people", ()),
    "core:roles": ("people", ()),
    "core:member": ("people", ("membership",)),
    "core:change_role": ("people", ("membership",)),
    "core:end_membership": ("people", ("membership",)),
    "core:practices": (OWN, ()),
    "openid_connect_login": (PUBLIC, ("sso",)),
    "openid_connect_callback": (PUBLIC, ("sso",)),
    "core:join": (PUBLIC, ("token",)),
    "core:practice": ("practice", ()),
    "core:webhook": ("practice", ()),
    "core:try_webhook": ("practice", ()),
    "core:end_webhook": ("practice", ()),
    "core:calendar": ("remind", ()),
    "core:make_calendar": ("remind", ()),
    "core:end_calendar": ("remind", ()),
    "core:read_calendar": (PUBLIC, ("calendar-token",)),
    "core:job": ("see", ("job",)),
    "core:try_again": ("issue", ("job",)),
    "core:download_document": ("download", ("document",)),
    "core:verify": (PUBLIC, ()),
    "core:reminders": ("reminders", ()),
    "core:reminder": ("reminders", ("deadline-kind", "agreement", "review-day")),
    "core:snooze": ("record", ("deadline-kind", "agreement", "review-day")),
    "core:snoozed": ("reminders", ("snooze",)),
    "core:end_snooze": ("record", ("snooze",)),
    "core:mail_again": ("record", ("mail",)),
    "core:reminder_settings": ("practice", ()),
    "core:backups": ("backups", ()),
    "core:condition": ("backups", ()),
    "core:exports": ("take", ()),
    "core:export_state": ("take", ("export",)),
    "core:download_export": ("take", ("export",)),
    "core:verify_code": (PUBLIC, ("code",)),
    "core:export_history": ("export", ()),
    "core:history": ("history", ()),
    "core:history_check": ("history", ()),
    "core:compare_history": ("check", ()),
    "core:record_history": ("see", ("vendor-kind", "vendor")),
}


@pytest.fixture
def things(cast: Cast) -> dict[str, str]:
    return one_of_each(cast)


def one_of_each(cast: Cast) -> dict[str, str]:
    """One of each thing that an address may speak of, all of one practice: its noun -> its id."""
    vendor = make_vendor(practice=cast.practice)
    tool = make_tool(vendor=vendor)
    agreement = make_agreement(vendor=vendor, next_review_on=date(2040, 1, 5))
    paper = made.accepted(made.pdf(pages=1, text=vendor.uid), "paper.pdf", "application/pdf", 1)
    evidence = make_evidence(vendor=vendor, by=cast.officer, file=made.kept(paper, cast.practice))
    evaluation = start(vendor, tool, cast)
    citation = cite(answer=evaluation.answers.get(question=4), evidence=evidence, by=cast.officer)
    invited = invite(practice=cast.practice, by=cast.owner, email="new@x.example", name="New", role="staff")
    job = Job.objects.create(
        practice=cast.practice,
        kind="dossier",
        subject_kind="vendor",
        subject_uid=vendor.uid,
        subject_label=vendor.name,
        key=f"door {vendor.uid}",
        requested_by=cast.owner,
        next_try_at=clock.now(),
    )
    return {
        "vendor": vendor.uid,
        "hold": make_hold(vendor=vendor, by=cast.officer).uid,
        "trigger": make_trigger(vendor=vendor).uid,
        "exposure": make_exposure(vendor=vendor).uid,
        "removal": make_removal(vendor=vendor, by=cast.officer).uid,
        "tool": tool.uid,
        "sub-processor": make_sub_processor(vendor=vendor).uid,
        "sub-processor-list": make_sub_processor_list(vendor=vendor).uid,
        "rollout-step": make_rollout_step(tool=tool, by=cast.officer).uid,
        "flow": make_flow(vendor=vendor, to_tool=tool).uid,
        "part2memo": make_part2_memo(practice=cast.practice, by=cast.officer, content=MEMO).uid,
        "agreement": agreement.uid,
        "evidence": evidence.uid,
        "evaluation": evaluation.uid,
        "citation": citation.uid,
        "membership": cast.staff.memberships.get().uid,
        "password-token": links.make(cast.staff, LinkPurpose.PASSWORD, cast.staff.email),
        "email-token": links.make(cast.staff, LinkPurpose.EMAIL, f"new@{cast.practice.uid}.example"),
        "session": session_of(cast.owner),
        "passkey": id_of(give_passkey(cast.owner)),
        "reset-token": reset_that_waits(cast),
        "calendar-token": calendar_of(cast.owner, cast),
        "token": invited.link.rstrip("/").rsplit("/", 1)[1],
        "job": job.uid,
        "document": make_document(subject=cast.owner.memberships.get(), key=f"paper {vendor.uid}").uid,
        "code": Document.objects.get(practice=cast.practice).job.uid,
        "vendor-kind": "vendor",
        "deadline-kind": "agreement-review",
        "review-day": str(agreement.next_review_on),
        "snooze": make_snooze(agreement=agreement, by=cast.officer).uid,
        "mail": make_mail(practice=cast.practice, person=cast.owner).uid,
        "export": PracticeExport.objects.create(
            practice=cast.practice, requested_by=cast.owner, state="done", finished_at=clock.now()
        ).uid,
    }


def calendar_of(person: Person, cast: Cast) -> str:
    """The secret of the person's calendar, which was read today; and a webhook beside it."""
    token = calendar_feeds.make_feed(practice=cast.practice, by=person)
    change(calendar_feeds.feed_of(cast.practice, person), read_on=cast.practice.today())
    webhooks.make_webhook(practice=cast.practice, by=person, url="https://tasks.practice.example/")
    return token


def session_of(person: Person) -> str:
    """Another session of the person, by its name in addresses."""
    key = doors.signed_in(person, recently=True)
    UserSession.objects.create(user=person, session_key=key, ip="192.0.2.14", user_agent="")
    return uid_of(key)


def reset_that_waits(cast: Cast) -> str:
    """The secret that stops the reset of a second factor, which waits for its day."""
    token = f"stop-{cast.practice.uid}"
    with arranging():
        FactorReset.objects.create(
            practice=cast.practice,
            person=cast.auditor,
            reason="Lost the phone",
            takes_effect_at=clock.now() + DELAY,
            stop_sha256=ledger.sha256(token),
        )
    return token


def start(vendor: Any, tool: Any, cast: Cast) -> Evaluation:
    from checklists.actions.evaluations import start_evaluation

    return start_evaluation(vendor=vendor, by=cast.officer, title="2026", tools=[tool])


def address(name: str, things: dict[str, str]) -> str:
    return doors.address_of(name, DOORS[name][1], things)


@pytest.fixture(scope="module")
def walked(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What the walk saw, as data; the rows that it needed are gone again."""
    folder = tmp_path_factory.mktemp("doors")
    stored = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder / "files"}}
    memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    places: dict[str, Any] = {
        "KEYS_DIR": folder / "keys",
        "STORAGES": {**settings.STORAGES, "default": stored},
        "CACHES": {"default": memory, "meanwhile": memory},
    }
    with django_db_blocker.unblock(), override_settings(**places), transaction.atomic():
        installation.forget()
        logging.disable()  # thousands of refusals, each of which is meant
        try:
            seen, persons = doors.walk(DOORS, one_of_each)
        finally:
            logging.disable(logging.NOTSET)
        transaction.set_rollback(True)
    return SimpleNamespace(seen=seen, persons=persons, table=doors.table(seen, persons))


def test_every_address_has_a_row_and_every_row_an_address():
    assert set(doors.view_names()) == set(DOORS)


def test_each_view_wears_the_mark_of_its_row():
    marks = {name: view.access_mark for name, view in doors.view_names().items()}
    assert marks == {name: permission for name, (permission, _) in DOORS.items()}


def test_every_permission_opens_some_door():
    assert {permission for permission, _ in DOORS.values()} == {PUBLIC, OWN, *PERMISSIONS}


def test_everybody_is_answered_as_the_table_says(walked: SimpleNamespace, pytestconfig: pytest.Config):
    """Regenerate it with --write-doors, and read what changed before you keep it."""
    if pytestconfig.getoption("--write-doors") and not list(doors.faults(walked.seen, DOORS, walked.persons)):
        doors.TABLE.write_text(walked.table)
    kept = doors.TABLE.read_text()
    changed = list(unified_diff(kept.splitlines(), walked.table.splitlines(), "doors.txt", "the doors", lineterm=""))
    if changed:
        pytest.fail("\n".join(changed), pytrace=False)


def test_the_table_keeps_what_the_permissions_promise(walked: SimpleNamespace):
    """Whoever regenerates the table cannot let a wrong answer slip in with it."""
    assert list(doors.faults(walked.seen, DOORS, walked.persons)) == []


def test_nothing_is_written_by_looking_or_by_who_is_refused(walked: SimpleNamespace):
    assert walked.seen.written == set()


def test_a_stranger_cannot_tell_what_exists(walked: SimpleNamespace):
    assert walked.seen.told_apart == set()
