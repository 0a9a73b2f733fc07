"""What happened to a vendor and to everything about it, read from the ledger: one line a change, oldest first."""

import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from itertools import groupby
from typing import Any

import checklists.actions
import vendors.actions
from checklists.models import Answer, Citation
from practice_vetting.core import history
from practice_vetting.core.models import Document, Job, LedgerEntry, Reminder, Removal
from vendors.models import Vendor

#: A dossier of more lines than this takes minutes to make and nobody reads it; the newest are printed.
MOST_LINES = 2000

_READ = "clause.read"
_READ_OF_AN_ENTRY = ("seq", "at", "person_uid", "person_name", "verb", "record_uid", "record_label", "detail")
_WORDS = {"first_phi_on": "first patient data", "phi": "patient data", "has_ai": "AI in it", "part2": "Part 2"}


def history_of(vendor: Vendor, *, until: int, most: int = MOST_LINES) -> dict[str, Any]:
    """The lines about a vendor that was loaded whole, up to the ledger's entry `until`.

    {"lines": [...], "left_out": how many entries are not printed}. The same change many times in a row is one line,
    with the numbers of its first and last entry.
    """
    about = LedgerEntry.objects.filter(
        practice_uid=vendor.practice.uid, record_uid__in=uids_about(vendor), seq__lte=until
    )
    _know_every_verb()
    newest = list(about.order_by("-seq").only(*_READ_OF_AN_ENTRY)[:most])
    lines = [_line(list(run)) for _, run in groupby(filter(_printed, reversed(newest)), key=_same)]
    return {"lines": lines, "left_out": about.count() - most if len(newest) == most else 0}


@cache
def _know_every_verb() -> None:
    """A worker loads no views, and an action is known by its words only once its module was loaded."""
    for package in (vendors.actions, checklists.actions):
        for module in pkgutil.iter_modules(package.__path__):
            import_module(f"{package.__name__}.{module.name}")


def uids_about(vendor: Vendor) -> set[str]:
    """The vendor and every record of it, removed ones too, because the ledger speaks of those as well."""
    subjects = [vendor, *vendor.agreements.all(), *vendor.evaluations.all(), *vendor.legal_holds.all()]
    parts: list[Any] = []
    for agreement in vendor.agreements.all():
        parts += [*agreement.readings.all(), *agreement.reviews.all()]
    for evaluation in vendor.evaluations.all():
        parts += [*evaluation.answers.all(), *evaluation.attestations.all()]
    answers = [each.pk for each in parts if isinstance(each, Answer)]
    removals = Removal.objects.filter(practice=vendor.practice, vendor_uid=vendor.uid)
    uids = {each.uid for each in subjects} | set(removals.values_list("uid", flat=True))
    issued = {"practice": vendor.practice, "subject_uid__in": uids}
    uids |= {each.uid for each in (*parts, *vendor.tools.all(), *vendor.evidence.all())}
    standing = getattr(vendor, "standing", None)
    return uids.union(
        [standing.uid] if standing else [],
        _in(Citation.history.filter(answer__in=answers)),
        _in(Job.objects.filter(**issued), Document.objects.filter(**issued), Reminder.objects.filter(**issued)),
    )


def _in(*lists: Any) -> Iterable[str]:
    """The uids in all of these lists, asked for at once."""
    first, *rest = [rows.order_by().values_list("uid", flat=True) for rows in lists]
    uids: Iterable[str] = first.union(*rest) if rest else first
    return uids


def _printed(entry: LedgerEntry) -> bool:
    """A judgement that left the standing as it was is no news: what moved its reasons stands in the line before.

    Nor is a mail before it was sent: it has a line of its own once it was, and is among the reminders until then.
    """
    detail = entry.detail
    if entry.verb == "reminder.made":
        return False
    return entry.verb != "standing.changed" or detail.get("before") != detail.get("after")


def _same(entry: LedgerEntry) -> tuple[str, ...]:
    """What two entries share that become one line: the same change again, or clauses read in one agreement."""
    if entry.verb == _READ:
        return entry.person_uid, entry.verb, _parted(entry)[1]
    return entry.person_uid, entry.verb, entry.record_uid, detail_words(entry.detail)


def _line(run: list[LedgerEntry]) -> dict[str, Any]:
    last = run[-1]
    label, detail = last.record_label, detail_words(last.detail)
    if last.verb == _READ and run[0].record_uid != last.record_uid:
        label = f"{len({each.record_uid for each in run})} clauses of the {_parted(last)[1]}"
        detail = ", ".join(f"{_parted(each)[0]} {detail_words(each.detail)}" for each in run)
    return {
        "first": run[0].seq,
        "last": last.seq,
        "told_at": last.at,
        "who": last.person_name,
        "says": history.says(last.verb),
        "label": label,
        "detail": detail,
    }


def _parted(entry: LedgerEntry) -> tuple[str, str]:
    """The code and the agreement in the label of a reading: "B07 of the BAA with Notewell"."""
    code, _, agreement = entry.record_label.partition(" of the ")
    return code, agreement


def detail_words(detail: dict[str, Any]) -> str:
    """What an entry says beside who and what: a move, what was changed, a reason in quotes."""
    parts = []
    if after := detail.get("after") or detail.get("found"):
        before = detail.get("before")
        parts.append(f"{_plain(before)} to {_plain(after)}" if before and before != after else _plain(after))
    if changed := detail.get("changed"):
        parts.append("changed " + ", ".join(_plain(name) for name in changed))
    if evidence := detail.get("evidence"):
        parts.append(str(evidence))
    if tools := detail.get("tools"):
        parts.append("for " + ", ".join(map(str, tools)))
    if as_of := detail.get("as_of"):
        parts.append(f"as of {as_of}")
    if reason := detail.get("reason") or detail.get("withdrawn_reason"):
        parts.append(f"“{reason}”")
    return "; ".join(parts)


def _plain(name: object) -> str:
    word = str(name)
    return _WORDS.get(word, word.replace("_", " "))
