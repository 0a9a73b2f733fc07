"""What people recorded ends, and is never deleted: the few places where a row goes, each with its reason."""

import ast
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db.models import PROTECT, ForeignKey
from django.test import Client

from checklists.actions.answers import cite, take_away
from checklists.actions.evaluations import start_evaluation
from checklists.models import Citation
from practice_vetting.core.models import Record
from tests.checklists.conftest import make_evidence
from tests.conftest import Cast
from tests.factories import make_tool, make_vendor
from tests.test_house import product

pytestmark = pytest.mark.any_database

#: module, and what is deleted there
GONE = {
    "checklists/actions/answers.py: citation": "evidence taken away from an answer: it stays on file, and in history",
    "vendors/actions/exposures.py: under[gone]": "a document taken from a factor: it stays on file, and in history",
    "checklists/removing.py: model._base_manager.filter(pk__in=some)": "the removal by two persons",
    "practice_vetting/core/delivery.py: mailing.ours(letter)": "a mail in which nothing is left to tell",
    "practice_vetting/core/accounts/account_mails.py: week_old": "that a mail about an account went, a week ago",
    "practice_vetting/core/delivery.py: each": "a reminder that nobody needs any more, as the ledger says; a mail that "
        "became part of the next day's",
    "practice_vetting/core/accounts/factor_reset.py: Authenticator.objects.filter(user=reset.person)": "a factor",
    "practice_vetting/core/archive/tables.py: models.QuerySet(model, using=using)": "before a restore fills the table",
    "practice_vetting/core/accounts/second_factor.py: Authenticator.objects.filter(user=by)": "a second factor",
    "practice_vetting/core/accounts/second_factor.py: Authenticator.objects.filter(user=by, type=Type.RECOVERY_CODES)":
        "codes that were made anew",
    "practice_vetting/core/accounts/second_factor.py: factor": "a second factor",
    "practice_vetting/core/accounts/sessions.py: Authenticator.objects.filter(user=person)": "of a closed account",
}  # fmt: skip
#: deletes files, entries of a cache or of a session, and no rows
NO_ROWS = ("default_storage", "cache", "session", "storage", "_held()")


def deletions() -> set[str]:
    found = set()
    for path, tree in product().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                what = ast.unparse(node.func.value)
                if node.func.attr in {"delete", "_raw_delete"} and not what.endswith(NO_ROWS) and what != "super()":
                    found.add(f"{path}: {what}")
    return found


def test_rows_are_deleted_in_these_places_only():
    assert deletions() == set(GONE)


def test_nothing_goes_along_with_something_else():
    """No key of ours cascades: who deletes a row that others point at is refused by the database."""
    ours = [model for model in apps.get_models() if model._meta.app_label in {"core", "vendors", "checklists"}]
    loose = {
        f"{model.__name__}.{field.name}"
        for model in ours
        if not hasattr(model, "history_object") and model._meta.pk.name not in {"history_id", "m2m_history_id"}
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.remote_field.on_delete is not PROTECT
    }
    assert loose == set()


def test_no_record_has_a_form_that_deletes_it():
    """Every record that people make is ended, withdrawn, retired or lifted; a column says when, or a state."""
    without_end = {"Answer", "Citation", "ClauseReading", "Evidence", "ExposureEvidence", "Review"}
    without_end |= {"Part2Check", "Part2Memo"}  # a check is looked at again; a memo never changes, and a newer counts
    ends = {"ended_on", "retired_on", "lifted_at", "withdrawn_at", "state", "used_at", "stopped_at", "ended_at"}
    ends |= {"removed_on", "set_aside_at", "taken_back_on"}
    records = [model for model in apps.get_models() if issubclass(model, Record)]
    open_ended = {model.__name__ for model in records if not ends & {field.name for field in model._meta.fields}}
    assert open_ended == without_end


@pytest.mark.django_db
def test_evidence_that_was_taken_away_stays_on_file_and_in_history(cast: Cast, browse: Callable[..., Client]):
    vendor = make_vendor(practice=cast.practice)
    evaluation = start_evaluation(vendor=vendor, by=cast.officer, title="2026", tools=[make_tool(vendor=vendor)])
    evidence = make_evidence(vendor=vendor, by=cast.officer)
    citation = cite(answer=evaluation.answers.get(question=4), evidence=evidence, by=cast.officer, pages="7")
    take_away(citation=citation, by=cast.staff)
    kept: list[Any] = list(
        Citation.history.order_by("history_id").values_list("history_type", "pages", "history_user__name")
    )
    assert (Citation.objects.count(), kept) == (0, [("+", "7", "Dana Okafor"), ("-", "7", "Sam Lindqvist")])
    assert vendor.evidence.get() == evidence


@pytest.mark.django_db
def test_the_name_of_who_left_stays_wherever_they_acted(cast: Cast, browse: Callable[..., Client]):
    vendor = make_vendor(practice=cast.practice)
    evaluation = start_evaluation(vendor=vendor, by=cast.officer, title="2026", tools=[make_tool(vendor=vendor)])
    client = browse(cast.owner)
    client.post(f"/people/{cast.officer.memberships.get().uid}/end/")
    cast.officer.refresh_from_db()
    assert cast.officer.is_active is False
    for address in (f"/evaluations/{evaluation.uid}/", "/history/", f"/history/evaluation/{evaluation.uid}/"):
        assert "Dana Okafor" in client.get(address).content.decode()
