"""An attestation is about a vendor: one of its next evaluation takes the place of the one before."""

import pytest

from checklists.models import Evaluation
from practice_vetting.core import clock
from practice_vetting.core.documents.on_record import newer_than
from practice_vetting.core.models import Document, Job, JobState, StoredFile
from tests import factories
from tests.conftest import Cast
from tests.factories import arranging

pytestmark = pytest.mark.django_db


def evaluated(vendor: object, cast: Cast) -> Evaluation:
    with arranging(cast.owner):
        facts = {"started_by": cast.owner, "started_on": clock.now().date(), "state": "withdrawn"}
        made = Evaluation(practice=cast.practice, vendor=vendor, **facts)
        made.save()
    return made


def attested(evaluation: Evaluation, cast: Cast) -> Document:
    number, uid = f"PV-2026-{evaluation.pk:04}", evaluation.uid
    about = {"kind": "attestation", "number": number, "subject_kind": "evaluation", "subject_uid": uid}
    asked = {"requested_by": cast.owner, "key": uid, "state": JobState.DONE}
    job = Job.objects.create(practice=cast.practice, **about, **asked)
    with arranging():
        file = StoredFile.objects.create(practice=cast.practice, sha256=uid, size=1, content_type="application/pdf")
    return Document.objects.create(practice=cast.practice, job=job, file=file, issued_at=clock.now(), **about)


def test_the_attestation_of_the_next_evaluation_of_a_vendor_takes_the_place(cast: Cast) -> None:
    vendor, other = (factories.make_vendor(practice=cast.practice, name=name) for name in ("Notewell", "Claridesk"))
    first, second, third = (attested(evaluated(each, cast), cast) for each in (vendor, vendor, other))
    assert [newer_than(each) for each in (first, second, third)] == [second, None, None]
