"""Evaluations, their answers, and the signatures under them."""

from django.db import models
from django.db.models import Q

from checklists.states import EvaluationState, Response
from practice_vetting.core.models import Record
from practice_vetting.core.models.record import new_uid

_OPEN = Q(state__in=[EvaluationState.DRAFT.value, EvaluationState.SUBMITTED.value, EvaluationState.ATTESTED.value])


class LoadedEdition(models.Model):
    """An edition of the catalogue as it was first used: its files may never change after that."""

    code = models.CharField(max_length=20, primary_key=True)
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.code


class Evaluation(Record):
    """One round of judging a vendor for a stated set of tools, against one edition of the catalogue.

    From submission on, its answers are frozen: `snapshot` is the canonical JSON that is signed over, `snapshot_sha256`
    its hash. Sent back before the attestation, it becomes a draft again and the snapshot is dropped.
    """

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="evaluations")
    title = models.CharField(max_length=200)
    edition = models.CharField(max_length=20)
    state = models.CharField(
        max_length=12, choices=[(s.value, s.label) for s in EvaluationState], default=EvaluationState.DRAFT
    )
    tools = models.ManyToManyField("vendors.Tool", related_name="evaluations")
    started_on = models.DateField()
    started_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.TextField(blank=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    _history_m2m_fields = ["tools"]

    class Meta:
        ordering = ["-started_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["vendor"], condition=_OPEN, name="one_open_evaluation_a_vendor"),
            models.CheckConstraint(
                condition=Q(state__in=[EvaluationState.DRAFT.value, EvaluationState.WITHDRAWN.value])
                | ~Q(snapshot_sha256=""),
                name="submitted_evaluation_has_a_snapshot",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None, submitted_by=None)
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="submitted_when_and_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} of {self.vendor.name}"

    @property
    def is_open(self) -> bool:
        return self.state == EvaluationState.DRAFT


class Answer(Record):
    """The answer to one question: what was said, by whom, and how it counts. Always nine to an evaluation."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="answers")
    question = models.PositiveSmallIntegerField()
    response = models.CharField(
        max_length=20, choices=[(r.value, r.label) for r in Response], default=Response.NOT_ASKED
    )
    route = models.CharField(max_length=20, blank=True)
    said = models.TextField("what they said", max_length=5000, blank=True)
    said_by = models.CharField("who said it", max_length=200, blank=True)
    said_on = models.DateField("when", null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["question"]
        constraints = [models.UniqueConstraint(fields=["evaluation", "question"], name="answer_once")]

    def __str__(self) -> str:
        return f"Question {self.question} of {self.evaluation}"


class Citation(Record):
    """A piece of evidence under an answer, with the pages that matter there."""

    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="citations")
    evidence = models.ForeignKey("vendors.Evidence", on_delete=models.PROTECT, related_name="citations")
    pages = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["answer", "evidence"], name="evidence_cited_once")]

    def __str__(self) -> str:
        return f"{self.evidence} under {self.answer}"


class Attestation(models.Model):
    """One person's signature under an evaluation: exactly what was signed, by whom, how. Never changed."""

    uid = models.CharField(max_length=12, unique=True, default=new_uid, editable=False)
    practice = models.ForeignKey("core.Practice", on_delete=models.PROTECT, related_name="+")
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="attestations")
    part = models.CharField(max_length=10, choices=[("officer", "attests"), ("owner", "countersigns")])
    person = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=200)
    person_role = models.CharField(max_length=40)
    typed_name = models.CharField(max_length=200)
    statement = models.TextField()
    statement_edition = models.CharField(max_length=20)
    signed_at = models.DateTimeField()
    method = models.CharField(max_length=80)
    address = models.GenericIPAddressField(null=True)
    snapshot_sha256 = models.CharField(max_length=64)
    alone = models.BooleanField(default=False)

    class Meta:
        ordering = ["signed_at"]
        constraints = [models.UniqueConstraint(fields=["evaluation", "part"], name="signed_once_a_part")]

    def __str__(self) -> str:
        return f"{self.person_name} under {self.evaluation}"
