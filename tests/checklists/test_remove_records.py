"""Removing what was kept about a vendor: two persons, when its time is over; the ledger stays."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, transaction

from checklists import removing
from checklists.actions import removals
from checklists.actions.sheets import request_sheet
from checklists.models import Attestation
from checklists.retention import kept
from practice_vetting.core import clock, ledger
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import keeping
from practice_vetting.core.models import Document, Job, JobState, LedgerEntry, Person, Removal, RemovalState, StoredFile
from practice_vetting.core.people import end_membership
from practice_vetting.core.roles import Role
from tests import files as made
from tests.checklists.conftest import make_evidence
from tests.checklists.gone import DUE, EARLY, Told, issue, second_owner, told_once
from tests.conftest import Cast
from tests.factories import arranging, change, make_agreement, make_part2_memo, make_tool, make_vendor
from tests.factories import make_evidence as make_plain_evidence
from vendors.actions.holds import lift_hold, place_hold
from vendors.actions.patient_data import purge_evidence, quarantine_evidence
from vendors.models import Review, Vendor

pytestmark = pytest.mark.django_db
ASKED = "Records of Notewell: shall they go?"


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    files = tmp_path_factory.mktemp("told") / "files"
    with django_db_blocker.unblock(), told_once(files) as cast:
        yield Told(cast, files)


@pytest.fixture
def cast(told: Told) -> Cast:
    return told.cast_anew()


@pytest.fixture
def gone(told: Told, tmp_path: Path) -> Vendor:
    copytree(told.files, tmp_path / "files")
    return Vendor.objects.select_related("practice").get()


@pytest.fixture
def noor(cast: Cast) -> Person:
    return second_owner(cast)


@pytest.fixture
def on_commit(django_capture_on_commit_callbacks: Any) -> Any:
    """`with on_commit(execute=True)`: what waits for the commit is done at the end of the block."""
    return django_capture_on_commit_callbacks


def propose(vendor: Vendor, by: Person, typed_name: str = "notewell") -> Removal:
    return removals.propose_removal(vendor=vendor, by=by, typed_name=typed_name, reason="Its time is over")


def approve(removal: Removal, by: Person) -> Removal:
    return removals.approve_removal(removal=removal, by=by, typed_name="Notewell")


def rows_of(vendor: Vendor, cast: Cast) -> dict[str, int]:
    """How many rows of each table there are, of all that could speak of a vendor; people, ledger and practice apart."""
    left = {"vendors", "checklists"}
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in left]
    models += [Job, Document, StoredFile, StoredFile.history.model]
    return {
        m._meta.db_table: n
        for m in models
        if (n := m._base_manager.count()) and "loadededition" not in m._meta.db_table
    }


def test_what_points_at_a_vendor_goes_with_it():
    """A model that is new here is removed with the vendor by itself; this list says that somebody thought of it."""
    assert {model._meta.db_table for model in removing.parts()} == {
        "vendors_vendor", "vendors_tool", "vendors_agreement", "vendors_agreement_tools", "vendors_clausereading",
        "vendors_review", "vendors_evidence", "vendors_legalhold", "vendors_standing", "checklists_evaluation",
        "checklists_evaluation_tools", "checklists_answer", "checklists_citation", "checklists_attestation",
        "vendors_dataflow", "vendors_exposure", "vendors_exposureevidence", "vendors_part2check", "vendors_part2memo",
        "vendors_reviewtrigger", "vendors_rolloutstep", "vendors_subprocessor", "vendors_subprocessor_tools",
        "vendors_subprocessorlist",
    }  # fmt: skip


def test_all_of_it_goes_and_the_ledger_stays(gone: Vendor, cast: Cast, noor: Person, on_commit):
    paths = [each.path for each in StoredFile.objects.all() if default_storage.exists(each.path)]
    before = list(LedgerEntry.objects.order_by("seq").values())
    with clock.set_to(DUE), on_commit(execute=True):
        approve(propose(gone, cast.owner), noor)
    assert rows_of(gone, cast) == {}
    assert (len(paths), [path for path in paths if default_storage.exists(path)]) == (2, [])
    assert list(LedgerEntry.objects.order_by("seq").values())[: len(before)] == before
    assert ledger.broken_at(cast.practice.uid) is None


def test_the_ledger_says_what_went_why_and_who_did_it(gone: Vendor, cast: Cast, noor: Person):
    with clock.set_to(DUE):
        found = removing.belongings(gone)
        told = found.told()
        approve(propose(gone, cast.owner), noor)
    detail = LedgerEntry.objects.get(verb="records.removed").detail
    told_of = ("vendor", "reason", "proposed_by", "approved_by", "years", "kept_until")
    assert [detail[name] for name in told_of] == [
        gone.uid, "Its time is over", "Maria Reyes", "Noor Haddad", 7, "2033-12-01",
    ]  # fmt: skip
    assert detail["source"] == "California: Business and Professions Code 4989.51"
    assert detail["rows"] == told["rows"]
    hard = {"vendors_historicalvendor", "checklists_historicalcitation", "checklists_historicalevaluation_tools"}
    assert hard - told["rows"].keys() == set()
    assert detail["records"]["vendor"] == [gone.uid]
    assert (len(detail["records"]["attestation"]), len(detail["records"]["answer"])) == (2, 18)
    assert len(detail["files"]) == 3
    assert dict(detail["counts"])["answers"] == 18


def test_papers_of_the_whole_practice_stay(gone: Vendor, cast: Cast, noor: Person):
    """A sheet of an earlier day names the tools as they were then: it is the practice's, as the ledger is."""
    with clock.set_to(DUE):
        sheet = request_sheet(practice=cast.practice, by=cast.owner, form_id="1")
        memo = make_part2_memo(practice=cast.practice, by=cast.owner)
        approve(propose(gone, cast.owner), noor)
    assert (Job.objects.get(), memo.__class__.objects.get()) == (sheet, memo)


def test_what_another_vendor_uses_too_stays(gone: Vendor, cast: Cast, noor: Person, on_commit):
    shared = gone.evidence.get(title="A real file").file
    other = make_vendor(practice=cast.practice, name="Slotbook")
    make_tool(vendor=other)
    kept = make_plain_evidence(vendor=other, checked_by=cast.officer, file=shared)
    with clock.set_to(DUE), on_commit(execute=True):
        approve(propose(gone, cast.owner), noor)
    assert (kept.__class__.objects.get().file, default_storage.exists(shared.path)) == (shared, True)
    assert shared.history.count() == 1
    assert (Vendor.objects.get(), other.tools.count(), other.history.count()) == (other, 1, 1)


def test_what_was_purged_is_refused_after_its_vendor_too(gone: Vendor, cast: Cast, noor: Person, on_commit):
    """Of a purged file the hash stays, and who purged it; else the same patient data would be taken again."""
    evidence = gone.evidence.get(title="A real file")
    with clock.set_to(datetime(2026, 12, 1, 18, tzinfo=UTC)), on_commit(execute=True):
        quarantine_evidence(evidence=evidence, by=cast.staff, reason="Names on page 1")
        purge_evidence(evidence=evidence, by=cast.owner, reason="It names a patient")
    with clock.set_to(DUE):
        approve(propose(gone, cast.owner), noor)
        assert rows_of(gone, cast) == {"core_storedfile": 1, "core_historicalstoredfile": 2}
        with pytest.raises(Refused, match="This very file was purged on 1 Dec 2026 by Maria Reyes"):
            keeping.accept(practice=cast.practice, upload=made.upload(made.pdf(pages=1, text=gone.uid)), by=noor)
    assert evidence.file.sha256 not in LedgerEntry.objects.get(verb="records.removed").detail["files"]


def test_nothing_goes_before_its_day(gone: Vendor, cast: Cast, noor: Person):
    with clock.set_to(EARLY), pytest.raises(Refused, match="We keep these records until 1 December 2033"):
        propose(gone, cast.owner)


def test_the_longest_figure_counts(gone: Vendor, cast: Cast, noor: Person):
    change(cast.practice, record_years=8)
    with clock.set_to(DUE), pytest.raises(Refused, match="We keep these records until 1 December 2034"):
        propose(Vendor.objects.get(), cast.owner)


def test_the_proposer_never_approves(gone: Vendor, cast: Cast, noor: Person):
    with clock.set_to(DUE):
        removal = propose(gone, cast.owner)
        with pytest.raises(Refused, match="You proposed this yourself"):
            approve(removal, cast.owner)
        with pytest.raises(Refused, match="Only an owner"):
            approve(removal, cast.officer)
    assert Vendor.objects.exists()


def test_a_proposer_whose_access_ended_counts_no_more(gone: Vendor, cast: Cast, noor: Person):
    with clock.set_to(DUE):
        removal = propose(gone, cast.officer)
        end_membership(membership=cast.officer.memberships.get(), by=cast.owner)
        with pytest.raises(Refused, match="Dana Okafor, who proposed this, may not propose a removal any more"):
            approve(removal, noor)
        removals.withdraw_removal(removal=removal, by=noor)
        assert approve(propose(gone, cast.owner), noor).state == RemovalState.DONE


def test_nor_does_one_who_may_not_propose_any_more(gone: Vendor, cast: Cast, noor: Person):
    with clock.set_to(DUE):
        removal = propose(gone, cast.officer)
        change(cast.officer.memberships.get(), role=Role.STAFF)
        with pytest.raises(Refused, match="Withdraw it, and let somebody else propose it again"):
            approve(removal, noor)
        change(cast.officer.memberships.get(), role=Role.OFFICER)
        assert approve(removal, noor).state == RemovalState.DONE


def test_the_database_holds_that_there_are_two(gone: Vendor, cast: Cast, noor: Person):
    with clock.set_to(DUE):
        removal = propose(gone, cast.owner)
    row = f"approved_by_id = {cast.owner.pk}, approved_at = proposed_at WHERE id = {removal.pk}"
    for state in ("at_work", "done"):
        with pytest.raises(Exception, match="removal_by_two_persons"), transaction.atomic(), connection.cursor() as sql:
            sql.execute(f"UPDATE core_removal SET state = '{state}', {row}")  # noqa: S608


def test_the_only_owner_lets_an_officer_propose(gone: Vendor, cast: Cast):
    with clock.set_to(DUE):
        with pytest.raises(Refused, match="let an officer propose it"):
            propose(gone, cast.owner)
        assert approve(propose(gone, cast.officer), cast.owner).state == RemovalState.DONE


def test_a_wrong_name_proposes_nothing(gone: Vendor, cast: Cast, noor: Person):
    with clock.set_to(DUE), pytest.raises(Refused, match="as it stands here: Notewell") as refusal:
        propose(gone, cast.owner, typed_name="Notewel")
    assert refusal.value.field == "typed_name"


def test_a_hold_placed_in_between_stops_it(gone: Vendor, cast: Cast, noor: Person):
    with clock.set_to(DUE):
        removal = propose(gone, cast.owner)
        place_hold(vendor=gone, by=cast.officer, reason="A lawsuit", since=date(2033, 12, 2))
        with pytest.raises(Refused, match="Nothing was removed. A legal hold is on it since 2 Dec 2033: “A lawsuit”"):
            approve(removal, noor)


@pytest.mark.parametrize(("name", "instead"), [("counts", [["tool", 9]]), ("vendor_label", "Notewell, Inc.")])
def test_what_is_not_what_was_proposed_stays(gone: Vendor, cast: Cast, noor: Person, name: str, instead: Any):
    with clock.set_to(DUE):
        removal = propose(gone, cast.owner)
        change(removal, **{name: instead})
        with pytest.raises(Refused, match="changed since it was proposed"):
            removals.approve_removal(removal=removal, by=noor, typed_name=removal.vendor_label)


def rename(vendor: Vendor, cast: Cast) -> str:
    change(vendor, name="Notewell, Inc.")
    return "its record was last changed"


def lift_a_hold(vendor: Vendor, cast: Cast) -> str:
    hold = place_hold(vendor=vendor, by=cast.officer, reason="A lawsuit", since=date(2030, 1, 1))
    lift_hold(hold=hold, by=cast.owner, version=1, reason="Closed")
    return "the legal hold was lifted"


def record_an_old_agreement(vendor: Vendor, cast: Cast) -> str:
    make_agreement(vendor=vendor, tools=[], ends_on=date(2021, 1, 1))
    return "the record of its agreements was last changed"


def end_an_agreement_long_ago(vendor: Vendor, cast: Cast) -> str:
    agreement = vendor.agreements.get()
    change(agreement, ended_on=date(2026, 11, 30), version=agreement.version + 1)
    return "the record of its agreements was last changed"


def review_long_ago(vendor: Vendor, cast: Cast) -> str:
    facts = {"on": date(2026, 11, 1), "by": cast.officer, "finding": "stands", "next_review_on": date(2027, 11, 1)}
    with arranging(cast.officer):
        Review(practice=vendor.practice, agreement=vendor.agreements.get(), **facts).save()
    return "the record of its reviews was last changed"


def read_a_clause_again(vendor: Vendor, cast: Cast) -> str:
    change(vendor.agreements.get().readings.order_by("code")[0], page="7", read_on=date(2026, 11, 1))
    return "the record of its clause readings was last changed"


def add_a_document(vendor: Vendor, cast: Cast) -> str:
    make_evidence(vendor=vendor, by=cast.officer, title="A late letter", dated_on=date(2020, 1, 1))
    return "the record of its evidence was last changed"


def issue_a_dossier(vendor: Vendor, cast: Cast) -> str:
    issue(vendor, cast, number="PV-2033-0009")
    return "PV-2033-0009 was issued"


def issue_an_attestation(vendor: Vendor, cast: Cast) -> str:
    issue(vendor.evaluations.get(title="2026 evaluation"), cast, number="PV-2033-0009")
    return "PV-2033-0009 was issued"


def sign(vendor: Vendor, cast: Cast) -> str:
    """A signature has no history: its own day counts."""
    signed = Attestation.objects.first()
    assert signed
    signed.pk, signed.uid, signed.signed_at = None, "abcdefghjkmn", clock.now()
    signed.evaluation = vendor.evaluations.get(title="The next")
    signed.save(force_insert=True)
    return "an evaluation of it was signed"


LATE = [
    rename, lift_a_hold, record_an_old_agreement, end_an_agreement_long_ago, review_long_ago, read_a_clause_again,
    add_a_document, issue_a_dossier, issue_an_attestation, sign,
]  # fmt: skip


@pytest.mark.parametrize("late", LATE)
def test_what_is_written_down_late_begins_a_new_time(
    gone: Vendor, cast: Cast, noor: Person, late: Callable[[Vendor, Cast], str]
):
    """Six years from the making of a record, or from the day when it was last in effect, whichever is later."""
    with clock.set_to(DUE):
        removal = propose(gone, cast.owner)
        what = late(gone, cast)
        with pytest.raises(Refused, match="We keep these records until 2 December 2040"):
            approve(removal, noor)
        last = kept(Vendor.objects.get(), date(2033, 12, 2)).last
    assert (last.day, last.what) == (date(2033, 12, 2), what)


def test_every_day_counts_where_the_practice_is(gone: Vendor, cast: Cast):
    """DUE is 10:00 in Los Angeles; ten hours earlier it is the day before there."""
    change(cast.practice, time_zone="America/Los_Angeles")
    with clock.set_to(DUE - timedelta(hours=12)):
        change(gone, name="Notewell, Inc.")
    vendor = Vendor.objects.get()
    assert kept(vendor, DUE.date()).last.day == date(2033, 12, 1)


def test_a_document_under_way_is_waited_for(gone: Vendor, cast: Cast, noor: Person):
    Job.objects.filter(kind="dossier").update(state=JobState.QUEUED)
    with clock.set_to(DUE), pytest.raises(Refused, match="is being made right now"):
        propose(gone, cast.owner)


def test_a_withdrawn_proposal_is_over(gone: Vendor, cast: Cast, noor: Person):
    with clock.set_to(DUE):
        removal = propose(gone, cast.owner)
        with pytest.raises(Refused, match="is proposed already"):
            propose(gone, cast.officer)
        removals.withdraw_removal(removal=removal, by=cast.officer)
        with pytest.raises(Refused, match="waits no more: withdrawn"):
            approve(removal, noor)
        assert propose(gone, cast.officer).is_open


def test_what_fails_in_the_end_leaves_everything(gone: Vendor, cast: Cast, noor: Person, monkeypatch, on_commit):
    before = rows_of(gone, cast)
    with clock.set_to(DUE), on_commit(execute=True):
        removal = propose(gone, cast.owner)
        monkeypatch.setattr(ledger, "record", lambda *args, **facts: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            approve(removal, noor)
    assert (rows_of(gone, cast), Removal.objects.get().state) == (before, RemovalState.PROPOSED)
    assert all(
        default_storage.exists(each.path)
        for each in StoredFile.objects.filter(content_type="application/pdf", size__gt=9)
    )


def test_no_bytes_go_when_the_ledger_is_not_appended(gone: Vendor, cast: Cast, noor: Person, monkeypatch, on_commit):
    """That is after all that the action does itself."""
    paths = [each.path for each in StoredFile.objects.all() if default_storage.exists(each.path)]
    with clock.set_to(DUE), on_commit(execute=True):
        removal = propose(gone, cast.owner)
        monkeypatch.setattr(ledger, "_extend", lambda *told: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            approve(removal, noor)
    assert (len(paths), [path for path in paths if not default_storage.exists(path)]) == (2, [])


def test_owners_and_officers_are_told_each_time(gone: Vendor, cast: Cast, noor: Person, mailoutbox, on_commit):
    from practice_vetting.core import delivery

    with clock.set_to(DUE):
        removals.withdraw_removal(removal=propose(gone, cast.owner), by=cast.owner)
        approve(propose(gone, cast.owner), noor)
        mailoutbox.clear()
        delivery.deliver_waiting()
    told = sorted((mail.subject, mail.to[0].partition(" <")[0]) for mail in mailoutbox if "ecords of" in mail.subject)
    people = ["Dana Okafor", "Maria Reyes", "Noor Haddad"]
    subjects = [
        "Records of Notewell stay",
        "Records of Notewell were removed",
        *["Records of Notewell: shall they go?"] * 2,
    ]
    assert told == sorted((subject, person) for subject in subjects for person in people)


def test_the_bytes_of_a_file_that_came_again_meanwhile_stay(gone: Vendor, cast: Cast):
    stored = gone.evidence.get(title="A real file").file
    keeping.remove_bytes(cast.practice.uid, stored.sha256, stored.path)
    assert default_storage.exists(stored.path)
