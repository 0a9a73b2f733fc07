"""A vendor that can be cleared, and the hands that do it."""

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import time_machine
from django.test import override_settings

from checklists import standing
from checklists.actions.evaluations import start_evaluation
from checklists.models import Citation, Evaluation
from practice_vetting.core import clock
from practice_vetting.core.models import Document, LedgerEntry, Person
from tests import factories
from tests.checklists import paper
from tests.checklists.kits import Kit, arranged, bundled, bytes_of
from tests.conftest import Cast
from tests.factories import arranging, make_agreement, make_tool, make_vendor
from vendors.clauses import CURRENT, SPEAKS, ReadingStatus, clause_list
from vendors.models import ClauseReading, Evidence, Vendor

TODAY = date(2026, 11, 21)


def make_evidence(*, vendor: Vendor, by: Person, title: str = "Answer in writing", **columns: Any) -> Evidence:
    """The vendor's next document, whose file is a row alone."""
    number = vendor.evidence.count() + 1
    return factories.make_evidence(vendor=vendor, checked_by=by, number=number, title=title, **columns)


def read_every_clause(*, agreement: Any, by: Person, status: ReadingStatus = ReadingStatus.PRESENT) -> None:
    with arranging(by):
        for clause in clause_list(CURRENT).clauses:
            ClauseReading(
                practice=agreement.practice, agreement=agreement, code=clause.code, status=status, read_by=by,
                read_on=TODAY, days=10 if clause.code == "B19" and status in SPEAKS else None,
            ).save()  # fmt: skip


def document_everything(*, evaluation: Evaluation, by: Person) -> None:
    """Every question in writing with one document, as the actions would leave it, and judged once."""
    evidence = make_evidence(vendor=evaluation.vendor, by=by)
    with arranging(by):
        for answer in evaluation.answers.all():
            answer.response, answer.said = "in_writing", f"Answer {answer.question} of the vendor."
            answer.route = {3: "deidentified", 5: "qso"}.get(answer.question, "")
            answer.version, answer.changed_by, answer.changed_at = 2, by, clock.now()
            answer.save()
            Citation(practice=answer.practice, answer=answer, evidence=evidence).save()
    standing.judge(evaluation.vendor)


def make_draft(cast: Cast) -> Evaluation:
    """An evaluation of Notewell with nothing answered yet."""
    vendor = make_vendor(practice=cast.practice)
    tool = make_tool(vendor=vendor)
    return start_evaluation(vendor=vendor, by=cast.officer, title="2026 evaluation", tools=[tool])


def make_cleared(draft: Evaluation, cast: Cast) -> Evaluation:
    """The same with everything documented: five of five, not submitted yet."""
    agreement = make_agreement(
        vendor=draft.vendor,
        practice_signed_on=date(2026, 11, 1),
        vendor_signed_on=date(2026, 11, 2),
        effective_on=date(2026, 11, 2),
        next_review_on=date(2027, 11, 2),
    )
    read_every_clause(agreement=agreement, by=cast.officer)
    document_everything(evaluation=draft, by=cast.officer)
    return Evaluation.objects.get(pk=draft.pk)


@pytest.fixture
def draft(cast: Cast) -> Evaluation:
    return make_draft(cast)


@pytest.fixture
def cleared(draft: Evaluation, cast: Cast) -> Evaluation:
    return make_cleared(draft, cast)


@pytest.fixture
def on_the_day() -> Iterator[None]:
    """Saturday, 21 November 2026: the day on which the evaluation is signed."""
    with time_machine.travel("2026-11-21T18:00:00Z", tick=False):
        yield


@pytest.fixture(scope="session")
def kit(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Kit:
    home = tmp_path_factory.mktemp("home")
    with (
        django_db_blocker.unblock(),
        paper.undone(),
        override_settings(DATA_DIR=home, KEYS_DIR=home / "keys"),
        clock.set_to(paper.PRINTED),
    ):
        story = arranged()
        bundle, dossier = bundled(story), Document.objects.get(kind="dossier", practice=story.vendor.practice)
        about = LedgerEntry.objects.filter(record_uid=story.vendor.uid, seq__lte=dossier.ledger_seq)
        numbers = set(about.values_list("seq", flat=True))
        first = story.evaluation.attestations.order_by("signed_at")[0]
        return Kit(bundle, dossier, bytes_of(bundle), numbers, first.statement, first.snapshot_sha256)


@pytest.fixture
def folder(kit: Kit, tmp_path: Path) -> Path:
    """Where the bundle was unpacked."""
    with ZipFile(BytesIO(kit.packed)) as packed:
        packed.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"
