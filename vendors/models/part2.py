"""42 CFR Part 2: memos that say whether it applies, and the checks of one vendor."""

from django.db import models
from django.db.models import Q

from practice_vetting.core.models import Record


class Part2Memo(Record):
    """A signed statement whether Part 2 applies: to the practice (`vendor` and `tool` are empty), or to one tool.

    42 CFR 2.11, 2.12(b). `answers` maps the code of each thing asked to what was said. The newest memo counts; none
    is ever changed. It is asked again on `ask_again_on`, a year later (our policy).
    """

    vendor = models.ForeignKey(
        "vendors.Vendor", on_delete=models.PROTECT, null=True, blank=True, related_name="part2_memos"
    )
    tool = models.ForeignKey(
        "vendors.Tool", on_delete=models.PROTECT, null=True, blank=True, related_name="part2_memos"
    )
    answers = models.JSONField(default=dict)
    applies = models.BooleanField()
    reason = models.TextField(max_length=4000)
    signed_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    signed_name = models.CharField("your full name", max_length=200)
    signed_at = models.DateTimeField()
    signed_on = models.DateField()
    statement = models.TextField()
    statement_edition = models.CharField(max_length=20)
    method = models.CharField(max_length=80)
    content_sha256 = models.CharField(max_length=64)
    ask_again_on = models.DateField()

    class Meta:
        ordering = ["-signed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(vendor=None, tool=None) | Q(vendor__isnull=False, tool__isnull=False),
                name="part2_memo_of_practice_or_tool",
            ),
        ]

    @classmethod
    def kind(cls) -> str:
        return "part2memo"

    def __str__(self) -> str:
        return f"Part 2 memo about {self.tool.name if self.tool else 'the practice'}"


class Part2Check(Record):
    """What a named person found on one point that Part 2 asks of a vendor, by the code of its list."""

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="part2_checks")
    code = models.CharField(max_length=5)
    status = models.CharField(max_length=20)
    note = models.TextField(max_length=2000, blank=True)
    evidence = models.ForeignKey(
        "vendors.Evidence", on_delete=models.PROTECT, null=True, blank=True, related_name="part2_checks"
    )
    checked_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    checked_on = models.DateField()

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["vendor", "code"], name="part2_checked_once")]

    @classmethod
    def kind(cls) -> str:
        return "part2check"

    def __str__(self) -> str:
        return f"Part 2 check {self.code} of {self.vendor.name}"
