"""Every door, tried by everybody: each address of the site, with GET and POST, by each role and by strangers.

The table is the expected value. An address without a row fails, and so does a row without an address.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from checklists.actions.answers import cite
from checklists.models import Evaluation
from practice_vetting.core import clock
from practice_vetting.core.checks import every_view
from practice_vetting.core.models import Job
from practice_vetting.core.people import invite
from practice_vetting.core.roles import PERMISSIONS, Role, may
from tests.checklists.conftest import make_evidence
from tests.conftest import Cast
from tests.factories import make_agreement, make_tool, make_vendor

pytestmark = pytest.mark.django_db

PUBLIC, OWN = "public", "own"
#: name of the address -> who may open it, and what its address speaks of
DOORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "checklists:today": ("see", ()),
    "checklists:vendor": ("see", ("vendor",)),
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
    "checklists:request_dossier": ("issue", ("vendor",)),
    "vendors:vendor_list": ("see", ()),
    "vendors:add_vendor": ("propose", ()),
    "vendors:change_vendor": ("record", ("vendor",)),
    "vendors:no_patient_data": ("record", ("vendor",)),
    "vendors:end_vendor": ("record", ("vendor",)),
    "vendors:reopen_vendor": ("record", ("vendor",)),
    "vendors:add_tool": ("propose", ("vendor",)),
    "vendors:change_tool": ("record", ("tool",)),
    "vendors:retire_tool": ("record", ("tool",)),
    "vendors:agreement_list": ("see", ()),
    "vendors:add_agreement": ("record", ("vendor",)),
    "vendors:agreement": ("see", ("agreement",)),
    "vendors:change_agreement": ("record", ("agreement",)),
    "vendors:end_agreement": ("record", ("agreement",)),
    "vendors:read_clause": ("record", ("agreement", "B07")),
    "vendors:add_review": ("record", ("agreement",)),
    "vendors:evidence_list": ("see", ()),
    "vendors:add_evidence": ("answer", ("vendor",)),
    "vendors:evidence": ("see", ("evidence",)),
    "vendors:change_evidence": ("record", ("evidence",)),
    "vendors:download_evidence": ("download", ("evidence",)),
    "core:healthz": (PUBLIC, ()),
    "core:setup": (PUBLIC, ()),
    "account_login": (PUBLIC, ()),
    "account_logout": (PUBLIC, ()),
    "account": (OWN, ()),
    "core:people": ("people", ()),
    "core:invite": ("people", ()),
    "core:end_membership": ("people", ("membership",)),
    "core:join": (PUBLIC, ("token",)),
    "core:practice": ("practice", ()),
    "core:job": ("see", ("job",)),
    "core:try_again": ("issue", ("job",)),
    "core:download_document": ("download", ("document",)),
    "core:verify": (PUBLIC, ()),
    "core:history": ("history", ()),
    "core:record_history": ("see", ("vendor-kind", "vendor")),
}


@pytest.fixture
def things(cast: Cast) -> dict[str, str]:
    """One of each thing that an address may speak of, all of one practice."""
    vendor = make_vendor(practice=cast.practice)
    tool = make_tool(vendor=vendor)
    agreement = make_agreement(vendor=vendor)
    evidence = make_evidence(vendor=vendor, by=cast.officer)
    evaluation = start(vendor, tool, cast)
    citation = cite(answer=evaluation.answers.get(question=4), evidence=evidence, by=cast.officer)
    invited = invite(practice=cast.practice, by=cast.owner, email="new@x.example", name="New", role="staff")
    job = Job.objects.create(
        practice=cast.practice,
        kind="dossier",
        subject_kind="vendor",
        subject_uid=vendor.uid,
        subject_label=vendor.name,
        key="door",
        requested_by=cast.owner,
        next_try_at=clock.now(),
    )
    return {
        "vendor": vendor.uid,
        "tool": tool.uid,
        "agreement": agreement.uid,
        "evidence": evidence.uid,
        "evaluation": evaluation.uid,
        "citation": citation.uid,
        "membership": cast.staff.memberships.get().uid,
        "token": invited.link.rstrip("/").rsplit("/", 1)[1],
        "job": job.uid,
        "document": job.uid,
        "vendor-kind": "vendor",
    }


def start(vendor: Any, tool: Any, cast: Cast) -> Evaluation:
    from checklists.actions.evaluations import start_evaluation

    return start_evaluation(vendor=vendor, by=cast.officer, title="2026", tools=[tool])


def address(name: str, things: dict[str, str]) -> str:
    return reverse(name, args=[things.get(part, part) for part in DOORS[name][1]])


def test_every_address_has_a_row():
    named = {f"{view_space(route, view)}" for route, view in every_view()}
    assert named == set(DOORS)


def view_space(route: str, view: Any) -> str:
    """The name under which a route is registered, with its namespace where it has one."""
    for resolver in get_resolver().url_patterns:
        for pattern in getattr(resolver, "url_patterns", []):
            if pattern.callback is view and "/" + str(pattern.pattern) == route:
                return f"{resolver.namespace}:{pattern.name}" if resolver.namespace else pattern.name
    raise LookupError(route)


@pytest.mark.parametrize("name", DOORS)
def test_each_view_wears_the_mark_of_its_row(name: str):
    marks = {view_space(route, view): view.access_mark for route, view in every_view()}
    assert marks[name] == DOORS[name][0]


CLOSED = [name for name, (permission, _) in DOORS.items() if permission != PUBLIC]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", CLOSED)
def test_somebody_who_is_not_signed_in_is_sent_to_sign_in(name: str, method: str, things: dict[str, str]):
    response = getattr(Client(), method)(address(name, things))
    assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/sign-in/")


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("role", list(Role))
def test_a_wrong_role_is_refused_and_a_right_one_is_not(
    name: str, role: Role, things: dict[str, str], cast: Cast, browse: Callable[..., Client]
):
    statuses = {getattr(browse(getattr(cast, role)), method)(address(name, things)).status_code for method in WAYS}
    if DOORS[name][0] == OWN or may(role, DOORS[name][0]):
        assert not statuses & {403, 500}
    else:
        assert statuses == {403}


WAYS = ("get", "post")
OF_A_PRACTICE = [name for name in CLOSED if DOORS[name][1]]


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("name", OF_A_PRACTICE)
def test_what_belongs_to_another_practice_is_not_found(
    name: str, method: str, things: dict[str, str], strangers: Cast, browse: Callable[..., Client]
):
    response = getattr(browse(strangers.owner), method)(address(name, things))
    guessed = getattr(browse(strangers.owner), method)(reverse(name, args=guesses(name)))
    assert response.status_code in {404, 405}
    assert response.status_code == guessed.status_code


def guesses(name: str) -> list[str]:
    """The same address with an id that nobody has."""
    return [
        "vendor" if part == "vendor-kind" else "zzzzzzzzzzzz" if part[0].islower() else part for part in DOORS[name][1]
    ]


def test_every_permission_opens_some_door():
    assert {permission for permission, _ in DOORS.values()} == {PUBLIC, OWN, *PERMISSIONS}
