"""What was attested never changes and never vanishes, also for somebody who writes SQL."""

import pytest
from django.db import DatabaseError, connection, transaction

from checklists.frozen import CITED, DECIDED, PURGED_ONLY, SIGNED
from checklists.models import Citation, Evaluation
from practice_vetting.core import clock
from tests.checklists.conftest import cleared, draft
from tests.checklists.signing import attest, countersign, submit
from tests.conftest import Cast
from tests.factories import arranging, make_evidence, make_exposure, make_part2_memo, make_tool, make_vendor
from tests.vendors.exposing import SCREENED, closed, decided, fresh, stopped, told, written
from vendors.actions.exposure_decisions import reopen_exposure
from vendors.actions.exposures import write_factor
from vendors.actions.patient_data import purge_evidence, quarantine_evidence
from vendors.exposure_states import Decision
from vendors.models import Evidence, Exposure, ExposureEvidence

__all__ = ["cleared", "draft"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]


@pytest.fixture
def attested(cleared: Evaluation, cast: Cast) -> Evaluation:
    submit(cleared, cast.officer)
    attest(cleared, cast.officer)
    return Evaluation.objects.get(pk=cleared.pk)


def refused(statement: str) -> str:
    """The sentence with which the database refuses it; "" when it does not."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as problem:
        return str(problem).partition("\n")[0]
    return ""


COLUMNS = [
    "title = 'Another'", "edition = '2025-1'", "vendor_id = vendor_id + 1", "snapshot = '{}'", "snapshot_sha256 = 'x'",
    "started_on = '2020-01-01'", "submitted_at = '2020-01-01 00:00:00+00:00'", "submitted_by_id = submitted_by_id + 1",
    "uid = 'x'", "practice_id = practice_id + 1", "state = 'draft'", "state = 'submitted'",
]  # fmt: skip


@pytest.mark.parametrize("change", COLUMNS)
def test_no_column_of_an_attested_evaluation_changes(attested: Evaluation, change: str):
    assert refused(f"UPDATE checklists_evaluation SET {change} WHERE id = {attested.pk}") == SIGNED  # noqa: S608


def test_it_moves_only_along_the_states(attested: Evaluation, cast: Cast):
    countersign(attested, cast.owner)
    for change in ("state = 'attested'", "state = 'withdrawn'", "signed_at = NULL"):
        assert refused(f"UPDATE checklists_evaluation SET {change} WHERE id = {attested.pk}") == SIGNED  # noqa: S608
    assert Evaluation.objects.get(pk=attested.pk).state == "signed"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM checklists_evaluation",
        "UPDATE checklists_answer SET said = 'Something else'",
        "DELETE FROM checklists_answer",
        "INSERT INTO checklists_answer (uid, version, created_at, question, response, route, said, said_by,"
        " evaluation_id, practice_id) SELECT 'x', 1, created_at, 77, response, '', '', '', evaluation_id, practice_id"
        " FROM checklists_answer WHERE question = 1",
        "UPDATE checklists_citation SET pages = '7'",
        "DELETE FROM checklists_citation",
        "INSERT INTO checklists_citation (uid, version, created_at, answer_id, evidence_id, pages, practice_id)"
        " SELECT 'x', 1, created_at, answer_id, evidence_id + 1, '', practice_id FROM checklists_citation WHERE id ="
        " (SELECT min(id) FROM checklists_citation)",
        "DELETE FROM checklists_evaluation_tools",
        "UPDATE checklists_evaluation_tools SET tool_id = tool_id + 1",
        "INSERT INTO checklists_evaluation_tools (evaluation_id, tool_id) SELECT evaluation_id, tool_id + 1"
        " FROM checklists_evaluation_tools",
    ],
)
def test_nothing_is_added_to_changed_in_or_taken_from_it(attested: Evaluation, statement: str):
    assert refused(statement) == SIGNED


@pytest.mark.parametrize("change", ["file_id = file_id + 1", "file_name = 'x.pdf'", "number = 77", "vendor_id = 0"])
def test_the_evidence_under_it_stays_that_file(attested: Evaluation, change: str):
    assert refused(f"UPDATE vendors_evidence SET {change}") == CITED  # noqa: S608
    assert refused("DELETE FROM vendors_evidence") == CITED


@pytest.mark.parametrize(
    "change",
    [
        "sha256 = 'x'",
        "size = 1",
        "purged_at = created_at, purged_by_id = (SELECT min(id) FROM core_person), purge_reason = 'x'",
    ],
)
def test_its_file_is_not_changed_nor_purged_before_it_is_quarantined(attested: Evaluation, change: str):
    assert refused(f"UPDATE core_storedfile SET {change}") == PURGED_ONLY  # noqa: S608
    assert refused("DELETE FROM core_storedfile") == PURGED_ONLY


def test_for_patient_data_it_is_purged_once_and_that_is_not_undone(attested: Evaluation, cast: Cast):
    evidence = Evidence.objects.get()
    quarantine_evidence(evidence=evidence, by=cast.staff, reason="It names a patient")
    purge_evidence(evidence=evidence, by=cast.owner, reason="It names a patient")
    undo = "UPDATE core_storedfile SET purged_at = NULL, purged_by_id = NULL, purge_reason = ''"
    assert refused(undo) == PURGED_ONLY
    evidence.refresh_from_db()
    assert evidence.file.purged_at == clock.now()


def test_another_evaluation_of_the_vendor_goes_on_as_before(attested: Evaluation, cast: Cast):
    """A draft that nobody signed is changed freely: the triggers look at this one evaluation."""
    assert refused("UPDATE vendors_tool SET purpose = 'Notes'") == ""
    assert refused("UPDATE vendors_evidence SET title = 'A better title'") == ""


def test_before_anybody_signs_everything_is_free(cleared: Evaluation, cast: Cast):
    submit(cleared, cast.officer)
    assert refused("UPDATE checklists_evaluation SET title = 'Another'") == ""
    assert refused("UPDATE checklists_answer SET said = 'Something else'") == ""
    cleared.refresh_from_db()
    with arranging(cast.officer):
        Citation.objects.first().delete()
        cleared.tools.add(make_tool(vendor=cleared.vendor, name="Another"))


def test_only_a_removal_at_work_takes_it_away(attested: Evaluation):
    """See test_remove_records: without one, the rows of the signatures hold all that is under them."""
    for table in ("checklists_attestation", "checklists_historicalevaluation", "checklists_historicalevaluation_tools"):
        assert refused(f"DELETE FROM {table}") == "History, ledger and what was signed are never changed."  # noqa: S608


@pytest.fixture
def exposure(cast: Cast) -> Exposure:
    """Decided as a breach, with a document under its first factor."""
    vendor = make_vendor(practice=cast.practice, name="Slotbook")
    made = stopped(make_exposure(vendor=vendor, **{**SCREENED, "people": 12, "residents": {"CA": 12}}), cast.officer)
    document = make_evidence(vendor=vendor, checked_by=cast.staff, title="Log of the account")
    made = written(made, cast.officer, (2, 3, 4))
    under = {"number": 1, "narrative": "Names and notes.", "evidence": [document]}
    made = write_factor(exposure=made, by=cast.officer, version=made.version, **under)
    return decided(made, cast.officer)


DECIDED_COLUMNS = [
    "decision = 'low'", "decision_reason = 'x'", "decided_at = '2020-01-01'", "decided_by_id = decided_by_id + 1",
    "decided_name = 'x'", "statement = 'x'", "statement_edition = 'x'", "method = 'x'", "snapshot = '{}'",
    "snapshot_sha256 = 'x'", "people = 1", "what_happened = 'x'", "began_on = '2026-01-01'", "was_phi = 'no'",
    "discovered_on = '2026-11-21'", "factors = '{}'", "number = 77", "vendor_id = 0", "uid = 'x'",
    "decision = '', decision_reason = '', decided_at = NULL, decided_by_id = NULL, snapshot_sha256 = '',"
    " state = 'assessed'",
]  # fmt: skip


@pytest.mark.parametrize("change", DECIDED_COLUMNS)
def test_nothing_that_was_decided_about_an_exposure_changes(exposure: Exposure, change: str):
    assert refused(f"UPDATE vendors_exposure SET {change}") == DECIDED  # noqa: S608


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM vendors_exposure",
        "DELETE FROM vendors_exposureevidence",
        "UPDATE vendors_exposureevidence SET factor = 2",
        "INSERT INTO vendors_exposureevidence (uid, version, created_at, factor, evidence_id, exposure_id, practice_id)"
        " SELECT 'x', 1, '2030-01-01 00:00:00+00:00', 2, evidence_id, exposure_id, practice_id"
        " FROM vendors_exposureevidence",
    ],
)
def test_nor_does_what_stands_under_its_factors(exposure: Exposure, statement: str):
    assert refused(statement) == DECIDED


def test_a_document_under_a_decided_exposure_stays_that_file(exposure: Exposure):
    assert refused("UPDATE vendors_evidence SET file_name = 'x.pdf'") == CITED
    assert refused("UPDATE core_storedfile SET sha256 = 'x'") == PURGED_ONLY


def test_its_notices_and_its_closing_are_still_recorded(exposure: Exposure, cast: Cast):
    day = exposure.practice.today()
    told(exposure, cast.officer, people_told_on=day, hhs_told_on=day)
    closed(fresh(exposure), cast.officer)
    assert fresh(exposure).state == "closed"
    assert refused("UPDATE vendors_exposure SET state = 'decided', closed_on = NULL") == DECIDED


def test_it_is_taken_up_again_only_with_its_decision_in_history(exposure: Exposure, cast: Cast):
    sha256, version = exposure.snapshot_sha256, fresh(exposure).version
    reopen_exposure(exposure=exposure, by=cast.officer, version=version, reason="A count was wrong.")
    assert (fresh(exposure).decision, exposure.history.filter(snapshot_sha256=sha256).exists()) == ("", True)
    assert refused("UPDATE vendors_exposure SET people = 13") == ""
    assert refused("DELETE FROM vendors_exposureevidence") == ""
    again = decided(fresh(exposure), cast.officer, Decision.LOW)
    assert refused("UPDATE vendors_exposure SET people = 14") == DECIDED
    assert (again.decision, ExposureEvidence.objects.count()) == ("low", 0)


def test_one_that_nobody_decided_about_is_free(cast: Cast):
    make_exposure(vendor=make_vendor(practice=cast.practice, name="Slotbook"))
    assert refused("UPDATE vendors_exposure SET people = 13") == ""


@pytest.mark.parametrize("statement", ["UPDATE vendors_part2memo SET applies = TRUE", "DELETE FROM vendors_part2memo"])
def test_a_signed_memo_never_changes(cast: Cast, statement: str):
    make_part2_memo(practice=cast.practice, by=cast.owner)
    assert refused(statement) == "History, ledger and what was signed are never changed."
