"""A vendor that was judged, signed for and ended, with something of everything that is kept about one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from checklists.actions.answers import cite, take_away
from checklists.actions.evaluations import start_evaluation
from checklists.models import Evaluation
from practice_vetting.core import clock, installation
from practice_vetting.core.models import Document, Installation, Job, JobState
from practice_vetting.core.roles import Role
from tests import files as made
from tests.checklists.conftest import make_cleared, make_draft
from tests.checklists.signing import attest, countersign, submit
from tests.conftest import Cast, make_cast
from tests.core.document_kinds import make_job
from tests.factories import (
    arranging,
    make_exposure,
    make_flow,
    make_member,
    make_part2_memo,
    make_rollout_step,
    make_sub_processor,
    make_sub_processor_list,
)
from tests.vendors.exposing import SCREENED, closed, decided, fresh, stopped, written
from vendors.actions.agreements import end_agreement
from vendors.actions.exposures import write_factor
from vendors.actions.holds import lift_hold, place_hold
from vendors.actions.part2 import record_check
from vendors.actions.reviews import add_review
from vendors.actions.vendors import end_vendor
from vendors.exposure_states import Decision
from vendors.models import Evidence, Vendor

ENDED = date(2026, 12, 1)
LAST_DAY = date(2033, 12, 1)  # seven years later, for California
DUE = datetime(2033, 12, 2, 18, tzinfo=UTC)
EARLY = datetime(2033, 12, 1, 18, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """What was told once for all tests of a file: its people, and where its files lie."""

    cast: Cast
    files: Path

    def cast_anew(self) -> Cast:
        """The same people, as no other test left them."""
        cache.clear()
        who = {each.name: getattr(self.cast, each.name) for each in fields(Cast)}
        return Cast(**{name: type(each)._base_manager.get(pk=each.pk) for name, each in who.items()})


@contextmanager
def told_once(files: Path) -> Iterator[Cast]:
    """The vendor in an installation of its own, with its files there, in a transaction around that of each test."""
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": files}}
    with transaction.atomic():
        installation.forget()
        with override_settings(STORAGES={**settings.STORAGES, "default": place}):
            Installation.objects.create(set_up_at=timezone.now())
            cast = make_cast("Harbor Light Counseling")
            sign_and_end(make_cleared(make_draft(cast), cast), cast)
        yield cast
        transaction.set_rollback(True)


def sign_and_end(evaluation: Evaluation, cast: Cast) -> Vendor:
    """Sign the cleared evaluation, begin the next one with a real file, issue a document, and end all of it."""
    vendor = evaluation.vendor
    with clock.set_to(datetime(2026, 11, 21, 18, tzinfo=UTC)):
        submit(evaluation, cast.officer)
        attest(evaluation, cast.officer)
        countersign(evaluation, cast.owner)
        _go_on(vendor, cast)
    with clock.set_to(datetime(2026, 12, 1, 18, tzinfo=UTC)):
        agreement = vendor.agreements.get()
        end_agreement(agreement=agreement, by=cast.owner, version=agreement.version, on=ENDED, reason="Too dear")
        vendor = Vendor.objects.get(pk=vendor.pk)
        end_vendor(vendor=vendor, by=cast.owner, version=vendor.version, ended_on=ENDED, reason="Too dear")
    Job.objects.filter(state=JobState.QUEUED).update(state=JobState.FAILED)
    return Vendor.objects.select_related("practice").get(pk=vendor.pk)


def _go_on(vendor: Vendor, cast: Cast) -> None:
    content = made.pdf(pages=1, text=vendor.uid)
    paper = made.kept(made.accepted(content, "paper.pdf", "application/pdf", 1), cast.practice)
    facts = {"number": vendor.evidence.count() + 1, "title": "A real file", "file_name": "paper.pdf", "file": paper}
    with arranging(cast.officer):
        evidence = Evidence.objects.create(practice=vendor.practice, vendor=vendor, checked_by=cast.officer, **facts)
    draft = start_evaluation(vendor=vendor, by=cast.officer, title="The next", tools=list(vendor.tools.all()))
    take_away(citation=cite(answer=draft.answers.get(question=4), evidence=evidence, by=cast.officer), by=cast.officer)
    add_review(
        agreement=vendor.agreements.get(), by=cast.officer, on=date(2026, 11, 20), finding="stands", notes="",
        next_review_on=date(2027, 11, 20),
    )  # fmt: skip
    hold = place_hold(vendor=vendor, by=cast.officer, reason="A lawsuit", since=date(2026, 11, 20))
    lift_hold(hold=hold, by=cast.owner, version=1, reason="Closed")
    issue(vendor, cast, number="PV-2026-0001")
    _keep_it_true(vendor, evidence, cast)


def _keep_it_true(vendor: Vendor, evidence: Evidence, cast: Cast) -> None:
    """One of each record that is kept between two evaluations. The rollout step has no document."""
    tool = vendor.tools.earliest("pk")
    behind = make_sub_processor(vendor=vendor)
    with arranging(cast.officer):
        behind.tools.set([tool])
    make_sub_processor_list(vendor=vendor, evidence=evidence)
    make_flow(vendor=vendor, from_kind="tool", from_tool=tool, to_kind="sub_processor", to_sub_processor=behind)
    make_part2_memo(practice=vendor.practice, by=cast.owner, tool=tool)
    record_check(vendor=vendor, by=cast.officer, on=date(2026, 11, 21), code="P01", version=0, status="shown",
                 evidence=evidence)  # fmt: skip
    make_rollout_step(tool=tool, by=cast.officer)
    made = written(stopped(make_exposure(vendor=vendor, tool=tool, **SCREENED), cast.officer), cast.officer)
    under = {"number": 1, "narrative": "What we know.", "evidence": [evidence]}
    write_factor(exposure=made, by=cast.officer, version=fresh(made).version, **under)
    closed(decided(fresh(made), cast.officer, Decision.LOW), cast.officer)


def issue(subject: Vendor | Evaluation, cast: Cast, *, number: str) -> None:
    job = make_job(subject=subject, by=cast.owner, kind="dossier", number=number, key=number, state=JobState.DONE)
    content = made.pdf(pages=1, text=number)
    file = made.kept(made.accepted(content, "dossier.pdf", "application/pdf", 1), cast.practice)
    same = {name: getattr(job, name) for name in ("practice", "kind", "number", "subject_kind", "subject_uid")}
    Document.objects.create(job=job, file=file, sha256=file.sha256, title="Dossier", issued_at=clock.now(), **same)


def second_owner(cast: Cast):
    return make_member(practice=cast.practice, name="Noor Haddad", role=Role.OWNER, email="noor@x.example")
