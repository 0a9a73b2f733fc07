"""Nothing crosses from one practice to another: every field that takes an id is sent one of another practice.

The answer is the same as for an id that nobody has, no row changes, and no word of the other practice is in it.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from checklists.actions.evaluations import start_evaluation, withdraw_evaluation
from practice_vetting.core.errors import Refused
from practice_vetting.core.models import Invitation, Job, LedgerEntry, Membership, Person
from practice_vetting.core.once import once
from practice_vetting.core.people import invite
from practice_vetting.core.roles import Role
from tests import files
from tests.checklists.conftest import make_evidence
from tests.conftest import Cast
from tests.factories import (
    arranging,
    make_agreement,
    make_exposure,
    make_standing,
    make_tool,
    make_trigger,
    make_vendor,
)
from tests.test_doors import DOORS, one_of_each
from tests.test_traces import everything
from vendors.actions.vendors import add_vendor
from vendors.models import Agreement, Evidence, Vendor
from vendors.review_points import POINTS

pytestmark = pytest.mark.django_db

NOBODYS = "zzzzzzzzzzzz"
FORM_ID = "0a7c2a52-3f0d-4c53-8a52-5a9d3c1f7e61"
FLOW = {"kind_of_data": "phi", "carries": "notes", "purpose": "Forms", "logged": "yes", "human_gate": "unknown"}
FLOW |= {"consent": "unknown", "ai_output": "no"}
STILL = {f"still_{point.key}": "yes" for point in POINTS}
SUB = {"name": "Quill", "role_of": "model", "gets_patient_data": "no", "covered": "no", "since": "2026-11-01"}
EXPOSED = {"what_happened": "A note was pasted", "began_on": "2026-11-01", "discovered_on": "2026-11-01"}
BAA = {"kind_of": "baa", "practice_signed_on": "2026-11-01", "vendor_signed_on": "2026-11-01"}


class Side:
    """One practice with one of each thing, under a name that is found nowhere else."""

    def __init__(self, cast: Cast, name: str) -> None:
        self.cast, self.name = cast, name
        self.vendor = make_vendor(practice=cast.practice, name=f"{name} Vendor")
        make_standing(vendor=self.vendor)
        self.tool = make_tool(vendor=self.vendor, name=f"{name} Tool")
        signed = {"practice_signed_on": date(2026, 11, 1), "vendor_signed_on": date(2026, 11, 1)}
        self.agreement = make_agreement(vendor=self.vendor, **signed)
        self.second = make_agreement(vendor=self.vendor, kind_of="qsoa", **signed, next_review_on=date(2027, 11, 1))
        self.other = make_agreement(vendor=self.vendor, kind_of="rider")
        self.trigger = make_trigger(vendor=self.vendor)
        self.exposure = make_exposure(vendor=self.vendor)
        self.evidence = make_evidence(vendor=self.vendor, by=cast.officer, title=f"{name} Paper")
        self.evaluation = start_evaluation(
            vendor=self.vendor, by=cast.officer, title=f"{name} Round", tools=[self.tool]
        )


@pytest.fixture
def ours(cast: Cast) -> Side:
    return Side(cast, "Ours")


@pytest.fixture
def theirs(strangers: Cast) -> Side:
    return Side(strangers, "Theirs")


#: address, and the field that takes an id -> the rest of a form that is right
FIELDS: dict[str, tuple[str, Callable[[Side], list[str]], str, Callable[[Side], dict[str, Any]]]] = {
    "the tools of a new agreement": (
        "vendors:add_agreement", lambda side: [side.vendor.uid], "tools", lambda side: {**BAA, "form_id": FORM_ID},
    ),
    "the file of a new agreement": (
        "vendors:add_agreement", lambda side: [side.vendor.uid], "evidence", lambda side: {**BAA, "form_id": FORM_ID},
    ),
    "the agreement that a new one amends": (
        "vendors:add_agreement", lambda side: [side.vendor.uid], "amends",
        lambda side: {**BAA, "kind_of": "amendment", "form_id": FORM_ID},
    ),
    "the tools of a new version": (
        "vendors:new_version", lambda side: [side.agreement.uid], "tools", lambda side: {**BAA, "form_id": FORM_ID},
    ),
    "the file of a new version": (
        "vendors:new_version", lambda side: [side.agreement.uid], "evidence", lambda side: {**BAA, "form_id": FORM_ID},
    ),
    "the agreement that another amends": (
        "vendors:change_agreement", lambda side: [side.other.uid], "amends",
        lambda side: {**BAA, "kind_of": "amendment", "version": 1},
    ),
    "the tools of an agreement": (
        "vendors:change_agreement", lambda side: [side.agreement.uid], "tools", lambda side: {**BAA, "version": 1},
    ),
    "the file of an agreement": (
        "vendors:change_agreement", lambda side: [side.agreement.uid], "evidence", lambda side: {**BAA, "version": 1},
    ),
    "the tools of a new sub-processor": (
        "vendors:add_sub_processor", lambda side: [side.vendor.uid], "tools",
        lambda side: {**SUB, "form_id": FORM_ID},
    ),
    "the document under a Part 2 check": (
        "vendors:record_part2_check", lambda side: [side.vendor.uid, "P07"], "evidence",
        lambda side: {"version": 0, "status": "shown"},
    ),
    "the document of a step of a rollout": (
        "checklists:rollout_step", lambda side: [side.tool.uid, "1"], "evidence",
        lambda side: {"done_on": "2026-11-01", "note": "Seen", "form_id": FORM_ID},
    ),
    "the document under an answer": (
        "checklists:add_answer_evidence", lambda side: [side.evaluation.uid, "4"], "evidence", lambda side: {},
    ),
    "where a new flow comes from": (
        "vendors:add_flow", lambda side: [side.vendor.uid], "origin",
        lambda side: {**FLOW, "form_id": FORM_ID, "target": "payer"},
    ),
    "where a new flow goes": (
        "vendors:add_flow", lambda side: [side.vendor.uid], "target",
        lambda side: {**FLOW, "form_id": FORM_ID, "origin": "patient"},
    ),
    "the agreement of a new flow": (
        "vendors:add_flow", lambda side: [side.vendor.uid], "agreement",
        lambda side: {**FLOW, "form_id": FORM_ID, "origin": "patient", "target": "payer"},
    ),
    "the method of a new flow": (
        "vendors:add_flow", lambda side: [side.vendor.uid], "method_evidence",
        lambda side: {**FLOW, "form_id": FORM_ID, "origin": "patient", "target": "payer"},
    ),
    "the tool of a new exposure": (
        "vendors:report_exposure", lambda side: [side.vendor.uid], "tool", lambda side: {**EXPOSED, "form_id": FORM_ID},
    ),
    "the tool of an exposure": (
        "vendors:change_exposure", lambda side: [side.exposure.uid], "tool", lambda side: {**EXPOSED, "version": 1},
    ),
    "the documents under a factor": (
        "vendors:write_factor", lambda side: [side.exposure.uid, "1"], "evidence",
        lambda side: {"version": 1, "narrative": "Names were in it"},
    ),
    "the suggested flows": ("vendors:suggested_flows", lambda side: [side.vendor.uid], "chosen", lambda side: {}),
    "the tools of an evaluation": (
        "checklists:start_evaluation", lambda side: [side.vendor.uid], "tools",
        lambda side: {"form_id": FORM_ID, "title": "Another"},
    ),
    "the changes that a review answers": (
        "vendors:add_review", lambda side: [side.agreement.uid], "triggers",
        lambda side: {"form_id": FORM_ID, "on": "2026-11-20", "finding": "stands", **STILL},
    ),
    "the agreements that were read too": (
        "vendors:add_review", lambda side: [side.agreement.uid], "also", lambda side: {
            "form_id": FORM_ID, "on": "2026-11-20", "finding": "stands", "triggers": [side.trigger.uid], **STILL,
        },
    ),
    "the document whose place a new one takes": (
        "vendors:add_evidence", lambda side: [side.vendor.uid], "replaces", lambda side: {
            "form_id": FORM_ID, "kind_of": "other", "no_patient_data": "on",
            "file": files.upload(b"a,b\r\n", "log.csv"),
        },
    ),
    "the practice to go over to": ("core:practices", lambda side: [], "practice", lambda side: {}),
}  # fmt: skip
ID_OF = {
    "origin": lambda side: f"tool:{side.tool.uid}", "target": lambda side: f"tool:{side.tool.uid}",
    "agreement": lambda side: side.agreement.uid, "method_evidence": lambda side: side.evidence.uid,
    "chosen": lambda side: f"person:people at your practice>tool:{side.tool.uid}",
    "tools": lambda side: side.tool.uid, "tool": lambda side: side.tool.uid, "evidence": lambda side: side.evidence.uid,
    "practice": lambda side: side.cast.practice.uid, "triggers": lambda side: side.trigger.uid,
    "also": lambda side: side.second.uid,
    "replaces": lambda side: side.evidence.uid, "amends": lambda side: side.agreement.uid,
}  # fmt: skip


def words_of(response: Any) -> str:
    """The answer without what differs each time: the form's token and id, and the id that was sent."""
    text = re.sub(r'"[\w-]{36,64}"|delay:\d+s', "", response.content.decode())
    return re.sub(r"\b[23456789a-z]{12}\b", "ID", text)


@pytest.mark.parametrize("field", FIELDS)
def test_an_id_of_another_practice_is_an_id_that_nobody_has(field: str, ours: Side, theirs: Side, browse):
    name, parts, key, rest = FIELDS[field]
    if name == "checklists:start_evaluation":
        withdraw_evaluation(evaluation=ours.evaluation, by=ours.cast.officer, reason="Begun twice")
    client, before = browse(ours.cast.owner), everything()
    url = reverse(name, args=parts(ours))
    foreign = client.post(url, {**rest(ours), key: ID_OF[key](theirs)})
    unknown = client.post(url, {**rest(ours), key: NOBODYS})
    assert everything() == before
    assert foreign.status_code == unknown.status_code
    assert foreign.status_code in {404, 422}
    assert words_of(foreign) == words_of(unknown)
    assert "Theirs" not in foreign.content.decode()


@pytest.mark.parametrize("field", [field for field in FIELDS if FIELDS[field][2] != "practice"])
def test_the_same_field_takes_an_id_of_our_own(field: str, ours: Side, browse):
    """Otherwise the refusals above would say nothing."""
    name, parts, key, rest = FIELDS[field]
    if name == "checklists:start_evaluation":
        withdraw_evaluation(evaluation=ours.evaluation, by=ours.cast.officer, reason="Begun twice")
    url = reverse(name, args=parts(ours))
    assert browse(ours.cast.owner).post(url, {**rest(ours), key: ID_OF[key](ours)}).status_code in {200, 302}


def test_every_field_that_is_chosen_from_records_is_tried_above():
    """A new field that takes the uid of a record shows up here, and asks for its row."""
    from django import forms

    from tests.test_form_words import OURS, _all, required_fields

    required_fields()  # imports every form
    chosen = {
        name
        for form in _all(forms.BaseForm)
        if form.__module__.startswith(OURS)
        for name, field in form.base_fields.items()
        if isinstance(field, forms.ModelChoiceField) or (isinstance(field, forms.ChoiceField) and not field.choices)
    }
    by_code = {"route", "person", "kind", "verb"}  # of the catalogue; the three are filters, tried below
    looked_at = {"vendor"}  # of a form that keeps nothing, tried next
    assert chosen - by_code - looked_at <= set(ID_OF)


def test_a_tool_is_proposed_of_our_own_vendors_only(ours: Side, theirs: Side, browse):
    def proposed(uid: str) -> Any:
        return browse(ours.cast.staff).get(reverse("checklists:propose"), {"name": "Scribe", "vendor": uid})

    foreign, unknown = proposed(theirs.vendor.uid), proposed(NOBODYS)
    assert (foreign.status_code, unknown.status_code, proposed(ours.vendor.uid).status_code) == (422, 422, 302)
    assert words_of(foreign) == words_of(unknown)


@pytest.mark.parametrize("column", ["practice", "practice_id", "vendor", "vendor_id", "role", "pk", "id", "uid"])
def test_a_field_that_no_form_has_is_not_read(column: str, ours: Side, theirs: Side, browse):
    sent = {"form_id": FORM_ID, "name": "New", column: theirs.cast.practice.pk}
    browse(ours.cast.owner).post(reverse("vendors:add_vendor"), sent)
    assert Vendor.objects.get(name="New").practice == ours.cast.practice


# --- forms that were used elsewhere -----------------------------------------------------------------------


def test_a_form_id_of_another_practice_makes_nothing_and_shows_nothing(ours: Side, theirs: Side, browse):
    add_vendor(practice=theirs.cast.practice, by=theirs.cast.owner, name="Theirs Second", form_id=FORM_ID)
    client = browse(ours.cast.owner)
    before = everything()
    response = client.post(reverse("vendors:add_vendor"), {"form_id": FORM_ID, "name": "Mine"})
    assert response.status_code in {409, 422}
    assert ("Load this page again" in response.content.decode(), everything()) == (True, before)
    assert "Theirs" not in response.content.decode()


def test_once_never_gives_the_record_of_another_practice(ours: Side, theirs: Side):
    add_vendor(practice=theirs.cast.practice, by=theirs.cast.owner, name="Theirs Second", form_id=FORM_ID)
    home = ours.cast.practice
    with pytest.raises(Refused, match="Load this page again"):
        once(
            Vendor,
            practice=home,
            form_id=FORM_ID,
            about={},
            make=lambda: add_vendor(practice=home, by=ours.cast.owner, name="Mine", form_id=FORM_ID),
        )


def test_an_invitation_sent_elsewhere_by_the_same_form_is_not_shown(ours: Side, theirs: Side, browse):
    given = {"email": "robin@x.example", "name": "Theirs Robin", "role": "staff", "form_id": FORM_ID}
    invite(practice=theirs.cast.practice, by=theirs.cast.owner, **given)
    page = browse(ours.cast.owner).post(reverse("core:invite"), {**given, "name": "Robin"})
    assert (page.status_code, Invitation.objects.count(), "Theirs" in page.content.decode()) == (422, 1, False)


# --- lists, filters, searches, files ------------------------------------------------------------------------

LISTS = [
    "checklists:today", "vendors:vendor_list", "vendors:agreement_list", "vendors:evidence_list",
    "vendors:practice_map", "core:people", "core:history", "core:practices", "core:practice", "core:roles", "account",
]  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("query", ["", "?q=Theirs", "?words=Theirs", "?show=late&q=e"])
def test_no_list_and_no_search_finds_what_is_theirs(name: str, query: str, ours: Side, theirs: Side, browse):
    page = browse(ours.cast.owner).get(reverse(name) + query).content.decode()
    for uid in (theirs.vendor.uid, theirs.tool.uid, theirs.evidence.uid, theirs.cast.practice.uid):
        assert uid not in page
    assert [word for word in ("Theirs Vendor", "Theirs Tool", "Theirs Paper", "Quiet Pines") if word in page] == []


@pytest.mark.parametrize(
    ("name", "key", "of"),
    [
        ("core:history", "person", lambda side: side.cast.staff.uid),
        ("vendors:evidence_list", "vendor", lambda side: side.vendor.uid),
        ("vendors:vendor_list", "state", lambda side: side.vendor.uid),
    ],
)
def test_a_filter_by_what_is_theirs_answers_as_for_nobody(
    name: str, key: str, of: Callable[[Side], str], ours: Side, theirs: Side, browse
):
    client, url = browse(ours.cast.owner), reverse(name)
    foreign, unknown = client.get(url, {key: of(theirs)}), client.get(url, {key: NOBODYS})
    assert (foreign.status_code, words_of(foreign)) == (unknown.status_code, words_of(unknown))


def test_the_same_file_in_two_practices_is_two_files(ours: Side, theirs: Side, browse):
    """ "Already on file" would tell what the other practice has."""
    sent = {"form_id": FORM_ID, "kind_of": "other", "no_patient_data": "on"}
    pages = []
    for number, side in enumerate((theirs, ours)):
        form = {**sent, "form_id": f"{FORM_ID[:-1]}{number}", "file": files.upload(b"actor,action\r\n", "log.csv")}
        pages.append(browse(side.cast.owner).post(reverse("vendors:add_evidence", args=[side.vendor.uid]), form))
    assert [page.status_code for page in pages] == [302, 302]
    first, second = Evidence.objects.order_by("-pk")[:2]
    assert (first.file_id != second.file_id, first.file.sha256) == (True, second.file.sha256)


def test_an_address_to_go_on_to_stays_on_this_site(cast: Cast, client: Client):
    for there in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        cache.clear()
        sent = {"login": cast.owner.email, "password": "harbour mist over slate", "next": there}
        assert client.post(reverse("account_login"), sent).headers["Location"] == "/"
        client.post(reverse("account_logout"))


# --- people of both ------------------------------------------------------------------------------------------


@pytest.fixture
def of_both(ours: Side, theirs: Side) -> Person:
    """Our owner, who is an auditor at theirs."""
    with arranging():
        Membership(practice=theirs.cast.practice, person=ours.cast.owner, role=Role.AUDITOR).save()
    return ours.cast.owner


def test_who_belongs_to_both_sees_only_the_one_they_are_in(of_both: Person, ours: Side, theirs: Side, browse):
    client = browse(of_both)
    for name, thing in (
        ("checklists:vendor", "vendor"),
        ("vendors:agreement", "agreement"),
        ("vendors:evidence", "evidence"),
    ):
        assert client.get(reverse(name, args=[getattr(theirs, thing).uid])).status_code == 404
        assert client.get(reverse(name, args=[getattr(ours, thing).uid])).status_code == 200


def test_a_strong_role_here_gives_nothing_there(of_both: Person, theirs: Side, browse):
    client = browse(of_both)
    client.post(reverse("core:practices"), {"practice": theirs.cast.practice.uid})
    before = everything()
    statuses = [
        client.post(reverse("vendors:end_vendor", args=[theirs.vendor.uid]), {"version": 1}).status_code,
        client.post(reverse("core:invite"), {"form_id": FORM_ID}).status_code,
        client.get(reverse("core:people")).status_code,
    ]
    assert (statuses, everything()) == ([403, 403, 403], before)


def test_what_is_mixed_up_is_refused_for_who_belongs_to_both(of_both: Person, ours: Side, theirs: Side, browse):
    """They may read both ids. A record of one still never holds a record of the other."""
    client = browse(of_both)
    url = reverse("vendors:change_agreement", args=[ours.agreement.uid])
    for sent in ({"tools": theirs.tool.uid}, {"evidence": theirs.evidence.uid}):
        assert client.post(url, {**BAA, "version": 1, **sent}).status_code == 422
    kept = Agreement.objects.get(pk=ours.agreement.pk)
    assert (kept.evidence, {tool.practice for tool in kept.tools.all()}) == (None, {ours.cast.practice})


def test_what_one_does_here_is_told_here_alone(of_both: Person, ours: Side, theirs: Side, browse):
    told = LedgerEntry.objects.filter(practice_uid=theirs.cast.practice.uid).count()
    browse(of_both).post(reverse("vendors:add_vendor"), {"form_id": FORM_ID, "name": "New"})
    assert LedgerEntry.objects.filter(practice_uid=theirs.cast.practice.uid).count() == told


# --- nothing counts up ------------------------------------------------------------------------------------

UID = re.compile(r"[23456789abcdefghjkmnpqrstvwxyz]{12}")


def models_with_a_uid() -> list[Any]:
    ours = ("core", "vendors", "checklists")
    kept = [model for model in apps.get_models() if model._meta.app_label in ours]
    now = [model for model in kept if not model.__name__.startswith("Historical")]
    return [model for model in now if "uid" in {field.name for field in model._meta.concrete_fields}]


@pytest.mark.parametrize("model", models_with_a_uid(), ids=lambda model: model.__name__)
def test_the_id_in_an_address_is_random(model: Any):
    field = model._meta.get_field("uid")
    made = {field.get_default() for _ in range(50)}
    assert (len(made), field.unique, field.editable) == (50, True, False)
    assert [uid for uid in made if not UID.fullmatch(uid)] == []


def test_no_address_takes_a_number_of_a_row(cast: Cast):
    """What stands in an address is a random id, a secret, or a number that every practice has alike."""
    alike, made = {"4", "B07", "vendor-kind", "sso"}, one_of_each(cast)
    spoken_of = {part for _, parts in DOORS.values() for part in parts} - alike
    shortest = 12  # letters of an id; a hash of 16 may be figures alone
    numbers = {part: made[part] for part in spoken_of & made.keys() if made[part].isdecimal()}
    assert {part: value for part, value in numbers.items() if len(value) < shortest} == {}


def test_evidence_counts_within_its_vendor_and_documents_within_their_practice(ours: Side, theirs: Side):
    assert (ours.evidence.number, theirs.evidence.number) == (1, 1)
    fields = [field for rule in Job._meta.constraints for field in getattr(rule, "fields", ())]
    unique = {name for name in ("number",) if Job._meta.get_field("number").unique}
    assert ("practice" in fields, "number" in fields, unique) == (True, True, set())
