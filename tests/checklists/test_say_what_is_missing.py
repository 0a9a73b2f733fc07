"""What is made after a document was purged says so beside it; what was signed over stays as it was."""

import re

import pytest

from checklists import documents
from checklists.models import Evaluation
from tests.checklists import paper
from tests.checklists.conftest import cleared, draft
from tests.checklists.signing import attest, countersign, submit
from tests.conftest import Cast
from vendors.actions.patient_data import purge_evidence, quarantine_evidence
from vendors.models import Evidence

__all__ = ["cleared", "draft"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
MISSING = "purged on 21 Nov 2026 by Maria Reyes, because it held patient data"


@pytest.fixture
def purged(cleared: Evaluation, cast: Cast) -> Evaluation:
    """Signed by two, and then its only document was purged."""
    submit(cleared, cast.officer)
    attest(cleared, cast.officer)
    countersign(cleared, cast.owner)
    evidence = Evidence.objects.get()
    quarantine_evidence(evidence=evidence, by=cast.staff, reason="It names a patient")
    purge_evidence(evidence=evidence, by=cast.owner, reason="It names a patient")
    return Evaluation.objects.get(pk=cleared.pk)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>|&shy;|\u200b|\u00ad", "", html).split())


def test_the_attestation_says_it_beside_the_evidence_and_under_each_answer(purged: Evaluation, cast: Cast):
    content = documents.attestation(paper.job_for("attestation", purged, cast.owner))
    text = words(content.html).lower()
    assert text.count(MISSING.lower()) == 10  # once in the list of evidence, once under each of the nine answers
    assert content.snapshot == purged.snapshot
    assert MISSING not in content.snapshot


def test_the_dossier_says_it_too(purged: Evaluation, cast: Cast):
    content = documents.dossier(paper.job_for("dossier", purged.vendor, cast.owner))
    assert MISSING.lower() in words(content.html).lower()
    assert MISSING in content.snapshot
