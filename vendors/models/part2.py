"""42 CFR Part 2: memos that say whether it applies, and the checks of one vendor."""

from datetime import date

from django.db import models
from django.db.models import Q

from practice_vetting.core.models import Record
from vendors.deadlines import lapses_on
from vendors.part2 import Check, CheckStatus, part2_list


class Part2Memo(Record):
    """A signed statement whether Part 2 applies: to the practice (`vendor` and `tool` are empty), or to one tool.

    42 CFR 2.11, 2.12(b). `answers` maps the key of each question of the list `edition` to what was said; `points_to` is
    what they point to, `applies` what the person decided. The newest memo counts; none is ever changed
    (settings.UNCHANGING). It is asked again on `ask_again_on`, a year later, and proves nothing once it lapsed (our
    policy). `content` is the canonical JSON of everything that was signed, `content_sha256` its hash.
    """

    vendor = models.ForeignKey(
        "vendors.Vendor", on_delete=models.PROTECT, null=True, blank=True, related_name="part2_memos"
    )
    tool = models.ForeignKey(
        "vendors.Tool", on_delete=models.PROTECT, null=True, blank=True, related_name="part2_memos"
    )
    edition = models.CharField(max_length=10)
    answers = models.JSONField(default=dict)
    points_to = models.CharField(max_length=20)
    applies = models.BooleanField()
    reason = models.TextField(max_length=4000)
    signed_by = models.ForeignKey("core.Person", on_delete=models.PROTECT, related_name="+")
    signed_name = models.CharField("your full name", max_length=200)
    signed_role = models.CharField(max_length=40)
    signed_at = models.DateTimeField()
    signed_on = models.DateField()
    statement = models.TextField()
    statement_edition = models.CharField(max_length=20)
    method = models.CharField(max_length=80)
    address = models.GenericIPAddressField(null=True)
    content = models.TextField()
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
        return f"Part 2 memo about {self.subject}"

    @property
    def subject(self) -> str:
        """What it speaks of, in a sentence: "the practice", or the tool's name."""
        return self.tool.name if self.tool else "the practice"

    @property
    def lapses_on(self) -> date:
        """The first day on which it proves nothing any more: 30 days after it had to be asked again."""
        return lapses_on(self.ask_again_on)

    @property
    def differs(self) -> bool:
        """Whether the person decided otherwise than the answers point to."""
        return self.points_to != ("applies" if self.applies else "does_not_apply")


class Part2Check(Record):
    """What a named person found on one point that Part 2 asks of a vendor, by the code of its list."""

    vendor = models.ForeignKey("vendors.Vendor", on_delete=models.PROTECT, related_name="part2_checks")
    code = models.CharField(max_length=5)
    edition = models.CharField(max_length=10)
    status = models.CharField(max_length=20, choices=[(status.value, status.label) for status in CheckStatus])
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

    @property
    def listed(self) -> Check:
        """The check as its list words it."""
        return part2_list(self.edition).check(self.code)

    @property
    def tone(self) -> str:
        """The class of its pill."""
        return CheckStatus(self.status).tone
