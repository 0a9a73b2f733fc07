"""The six steps by which a tool comes into use, each with what shows that it was done."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from practice_vetting.core.models import Record
from practice_vetting.core.models.record import RecordQuerySet

PILOT, DECISION = 5, 6
STOP = "stop"
DECISIONS = [("expand", "Expand its use, or go on"), (STOP, "Stop its use")]


class RolloutStepQuerySet(RecordQuerySet):
    def standing(self) -> "RolloutStepQuerySet":
        """Those that nobody took back."""
        return self.filter(taken_back_on=None)


class RolloutStep(Record):
    """One of the six steps of one tool, done by a named person. A step that is not done has no row.

    Step 5 tells of its pilot: `incidents` is how many there were, `incidents_handled` what was done about them. Step 6
    is done anew each year: `decision` with the full name of who decided, and `next_on`, the day on which it is due
    again. A step that was done in error is taken back with a reason, and stays on file.
    """

    tool = models.ForeignKey("vendors.Tool", on_delete=models.PROTECT, related_name="rollout_steps")
    step = models.PositiveSmallIntegerField()
    done_on = models.DateField("done on")
    done_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    note = models.TextField("what shows it", max_length=2000)
    evidence = models.ForeignKey(
        "vendors.Evidence", on_delete=models.PROTECT, null=True, blank=True, related_name="rollout_steps"
    )
    scope = models.CharField("what the pilot covered", max_length=300, blank=True)
    pilot_from = models.DateField("first day of the pilot", null=True, blank=True)
    pilot_until = models.DateField("last day of the pilot", null=True, blank=True)
    users = models.CharField("who took part", max_length=300, blank=True)
    stop_criteria = models.TextField("what would have stopped it", max_length=1000, blank=True)
    incidents = models.PositiveSmallIntegerField("incidents", null=True, blank=True)
    incidents_handled = models.TextField("how they were handled", max_length=1000, blank=True)
    decision = models.CharField(max_length=10, blank=True, choices=DECISIONS)
    decided_name = models.CharField("who decided", max_length=200, blank=True)
    next_on = models.DateField("due again on", null=True, blank=True)
    taken_back_on = models.DateField("taken back on", null=True, blank=True)
    taken_back_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    taken_back_reason = models.TextField("why it was taken back", max_length=1000, blank=True)

    objects: ClassVar[Any] = RolloutStepQuerySet.as_manager()

    class Meta:
        ordering = ["step", "done_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tool", "step"], condition=Q(taken_back_on=None, step__lt=DECISION), name="rollout_step_once"
            ),
            models.CheckConstraint(condition=Q(step__range=(1, 6)), name="rollout_has_six_steps"),
            models.CheckConstraint(
                condition=Q(taken_back_on=None, taken_back_by=None, taken_back_reason="")
                | Q(taken_back_on__isnull=False, taken_back_by__isnull=False) & ~Q(taken_back_reason=""),
                name="rollout_step_taken_back_by_whom_and_why",
            ),
            models.CheckConstraint(
                condition=~Q(step=PILOT)
                | Q(pilot_from__isnull=False, pilot_until__gte=models.F("pilot_from"), incidents__isnull=False),
                name="rollout_pilot_is_told",
            ),
            models.CheckConstraint(
                condition=~Q(step=DECISION) | ~Q(decision="") & ~Q(decided_name=""), name="rollout_decision_has_a_name"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_on"], condition=Q(step=DECISION, taken_back_on=None), name="rollout_decided_again"
            )
        ]

    def __str__(self) -> str:
        return f"Step {self.step} of {self.tool.name}"
