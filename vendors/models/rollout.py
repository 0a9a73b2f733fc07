"""The six steps by which a tool comes into use, each with what shows that it was done."""

from django.db import models
from django.db.models import Q

from practice_vetting.core.models import Record


class RolloutStep(Record):
    """One of the six steps of one tool, done by a named person. A step that is not done has no row."""

    tool = models.ForeignKey("vendors.Tool", on_delete=models.PROTECT, related_name="rollout_steps")
    step = models.PositiveSmallIntegerField()
    done_on = models.DateField("done on")
    done_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    note = models.TextField("what shows it", max_length=2000)
    evidence = models.ForeignKey(
        "vendors.Evidence", on_delete=models.PROTECT, null=True, blank=True, related_name="rollout_steps"
    )

    class Meta:
        ordering = ["step"]
        constraints = [
            models.UniqueConstraint(fields=["tool", "step"], name="rollout_step_once"),
            models.CheckConstraint(condition=Q(step__range=(1, 6)), name="rollout_has_six_steps"),
        ]

    def __str__(self) -> str:
        return f"Step {self.step} of {self.tool.name}"
