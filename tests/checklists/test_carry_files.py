"""What leaves inside a document is what was on record, and nothing that was withheld meanwhile."""

from contextlib import nullcontext
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from checklists import evidence_files
from practice_vetting.core import clock
from practice_vetting.core.documents.content import Content, EvidenceFile, Member
from practice_vetting.core.documents.issue import issue
from practice_vetting.core.documents.pack import Unlike, pack
from practice_vetting.core.errors import Refused
from practice_vetting.core.files.keeping import Damaged
from practice_vetting.core.models import Job, JobState
from tests.checklists import paper
from tests.checklists.kits import CONTENT, put
from tests.conftest import Cast
from vendors.actions.patient_data import quarantine_evidence
from vendors.file_uses import withheld
from vendors.models import Evidence

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def evidence(cast: Cast, settings: Any, tmp_path: Path) -> Evidence:
    settings.DATA_DIR = tmp_path
    vendor = paper.begun(cast, tools=())
    found = paper.file_of(vendor, by=cast.officer, number=5, title=paper.FILES[4][0])
    put(found)
    return found


def test_a_file_that_was_withheld_while_it_was_made_stops_the_document(evidence: Evidence, cast: Cast, tmp_path: Path):
    job = paper.job_for("dossier", evidence.vendor, cast.owner)
    lease = {"claim": "ours", "lease_until": clock.now() + timedelta(minutes=1), "state": JobState.RUNNING}
    Job.objects.filter(pk=job.pk).update(**lease)
    job.refresh_from_db()
    inside = EvidenceFile("E-05", "Report", "r.pdf", evidence.file.sha256, 9, name="E-05.pdf", path=tmp_path / "x")
    told = Content(html="", title="x", author="x", reason="x", snapshot="{}", evidence=(inside,))
    quarantine_evidence(evidence=evidence, by=cast.officer, reason="A name is in it.")
    nothing: Any = None
    with pytest.raises(Refused, match="A file inside was withheld while this was being made: E-05 .* quarantined"):
        issue(job=job, told=told, made=nothing, by=None)


def test_what_another_practice_withholds_is_its_own_affair(evidence: Evidence, cast: Cast, strangers: Cast):
    theirs = paper.begun(strangers, tools=())
    same = paper.file_of(theirs, by=strangers.officer, number=5, title=paper.FILES[4][0])
    quarantine_evidence(evidence=same, by=strangers.officer, reason="A name is in it.")
    assert same.file.sha256 == evidence.file.sha256
    told = [withheld(each.practice, [same.file.sha256]) for each in (cast, strangers)]
    assert [bool(each) for each in told] == [False, True]


def test_a_file_that_is_not_the_one_on_record_does_not_leave(evidence: Evidence, tmp_path: Path):
    for out in (None, tmp_path / "other"):
        with pytest.raises(Damaged, match="not the one that the record names"):
            evidence_files._copy(evidence, "0" * 64, out)


def test_bytes_that_change_while_they_are_read_do_not_leave(
    evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "copy"
    evidence_files._copy(evidence, evidence.file.sha256, out)
    assert out.read_bytes() == CONTENT
    out.unlink()
    monkeypatch.setattr(evidence_files, "read", lambda _: nullcontext(BytesIO(b"something else")))
    with pytest.raises(Damaged, match="changed while it was read"):
        evidence_files._copy(evidence, evidence.file.sha256, out)
    assert not out.exists()


def test_a_file_that_changed_before_it_was_packed_is_not_packed(tmp_path: Path):
    (tmp_path / "dossier.pdf").write_bytes(b"another")
    with pytest.raises(Unlike, match=r"dossier\.pdf changed while it was packed"):
        pack(
            [Member("dossier.pdf", path=tmp_path / "dossier.pdf", sha256="0" * 64)],
            tmp_path / "x.zip",
            at=paper.PRINTED,
        )
