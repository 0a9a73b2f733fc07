"""I1 to I7: what must hold after every fault. Each is a list of sentences about what does not; all empty is well.

told = check(site, journals)
assert told.broken == {}
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.installation import Installation
from tests.faults.journal import CONFIRMED, REFUSED, UNKNOWN, Act, Journal, counted, joined

NAMES = {
    "I1": "no confirmed save is lost",
    "I2": "none is there twice",
    "I3": "each change has its line, and the ledger verifies",
    "I4": "every kept file is what it was; nothing is left over",
    "I5": "each mail that was due left once",
    "I6": "every document that was asked for is there once, and verifies",
    "I7": "what the officers saw was true",
}


@dataclass
class Told:
    """What was checked: per invariant what does not hold, and the figures for the report."""

    broken: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)


def check(site: Installation, journals: list[Journal], *, mails_within: float = 30.0) -> Told:
    """Compare what the officers know with what is on record, once nothing is under way any more."""
    journal = joined(journals)
    site.rests(within=240)
    site.mails_rest(within=mails_within)
    facts = site.facts()
    found = {
        "I1": [*lost(journal, facts)],
        "I2": [*doubled(journal, facts)],
        "I3": [*untold(site, journal, facts)],
        "I4": [*misfiled(facts)],
        "I5": [*mails(site, facts)],
        "I6": [*documents(site, journal, facts)],
        "I7": [*untrue(journal)],
    }
    return Told({name: told[:10] for name, told in found.items() if told}, {**counted(journal), **figures(site, facts)})


def figures(site: Installation, facts: Any) -> dict[str, Any]:
    sent = Counter(message["Message-ID"] for message in site.mail.messages)
    return {
        "ledger entries": sum(each["times"] for each in facts["verbs"]),
        "files": facts["files"],
        "documents": len(facts["documents"]),
        "documents begun again": sum(each["attempts"] > 1 for each in facts["jobs"]),
        "mails": len(facts["mails"]),
        "second copies of a mail": sum(sent[each["message_id"]] > 1 for each in facts["mails"]),
    }


def times_of(act: Act, facts: Any) -> int:
    """How often the act is on record."""
    match act.kind:
        case "vendor":
            return sum(each["name"] == act.mark for each in facts["vendors"])
        case "answer" | "share":
            return sum(each["said"] == act.mark for each in facts["said"])
        case "evidence":
            return sum(each["title"] == act.mark for each in facts["evidence"])
        case "quarantine":
            return sum(each["uid"] == act.facts["uid"] and bool(each["quarantined_at"]) for each in facts["evidence"])
        case "dossier":
            return sum(each["key"].startswith(f"dossier:{act.facts['vendor']}:{act.mark}") for each in facts["jobs"])
    raise KeyError(act.kind)


def lost(journal: Journal, facts: Any) -> Iterable[str]:
    for act in journal.acts:
        if act.state == CONFIRMED and times_of(act, facts) == 0:
            yield f"confirmed and not there: {act}"
    yield from _not_last(journal, facts)
    by_title = {each["title"]: each["file__sha256"] for each in facts["evidence"]}
    for act in journal.confirmed("evidence"):
        if act.mark in by_title and by_title[act.mark] != act.facts["sha256"]:
            yield f"other bytes than were sent: {act}"


def _not_last(journal: Journal, facts: Any) -> Iterable[str]:
    """Where one person writes alone, the last text that was confirmed is the one that stands."""
    stands = {(each["evaluation__uid"], each["question"]): each["said"] for each in facts["answers"]}
    last: dict[tuple[str, int], list[Act]] = {}
    for act in journal.acts:
        if act.kind == "answer":
            place = (act.facts["evaluation"], act.facts["question"])
            last[place] = [act] if act.state == CONFIRMED else [*last.get(place, []), act]
    for place, possible in last.items():
        marks = {act.mark for act in possible if act.state != REFUSED}
        if possible[0].state == CONFIRMED and stands[place] not in marks:
            yield f"{stands[place]!r} stands in the place of {possible[0]}"


def doubled(journal: Journal, facts: Any) -> Iterable[str]:
    for act in journal.acts:
        times, most = times_of(act, facts), 0 if act.state == REFUSED else 1
        if times > most:
            yield f"{times} times on record: {act}"


def untold(site: Installation, journal: Journal, facts: Any) -> Iterable[str]:
    verified = site.manage("verify_history", "--all")
    if verified.returncode != 0:
        yield f"verify_history: {verified.stdout[-1500:]}{verified.stderr[-500:]}"
    times = {(each["verb"], each["record_uid"]): each["times"] for each in facts["verbs"]}
    names = {each["name"]: each["uid"] for each in facts["vendors"]}
    for act in journal.acts:
        if act.kind == "vendor" and act.mark in names and times.get(("vendor.added", names[act.mark])) != 1:
            yield f"not one line for {act}"
    saves = Counter(each["uid"] for each in facts["said"] if each["history_type"] == "~")
    for uid, saved in saves.items():
        if times.get(("answer.recorded", uid), 0) != saved:
            yield f"{saved} saves of the answer {uid}, and {times.get(('answer.recorded', uid), 0)} lines"


def misfiled(facts: Any) -> Iterable[str]:
    yield from (f"not the bytes that were kept: {place}" for place in facts["damaged"])
    yield from (f"bytes without a row: {place}" for place in facts["strays"])
    yield from (f"left of a worker's work: {place}" for place in facts["left of work"])
    yield from (f"kept twice: {key}" for key in facts["twice"])


def mails(site: Installation, facts: Any) -> Iterable[str]:
    """A second copy under the same Message-ID is no second mail: who hung up after the text may have taken it."""
    sent = Counter(str(message["Message-ID"]) for message in site.mail.messages)
    for mail in facts["mails"]:
        if mail["state"] != "sent" or not sent[mail["message_id"]]:
            yield f"{sent[mail['message_id']]} copies of {mail}"
        elif sent[mail["message_id"]] > 1 and mail["attempts"] < 2:
            yield f"{sent[mail['message_id']]} copies in one attempt: {mail}"
    told = Counter(
        (each["person__email"], each["kind"], each["subject_uid"], each["due_on"], each["rung"])
        for each in facts["reminders"]
    )
    yield from (f"reminded {times} times of {key}" for key, times in told.items() if times > 1)
    daily = Counter((each["person__email"], each["on"]) for each in facts["mails"] if each["kind"] == "daily")
    yield from (f"{times} mails of the day to {key}" for key, times in daily.items() if times > 1)


def documents(site: Installation, journal: Journal, facts: Any) -> Iterable[str]:
    by_key = Counter(each["key"] for each in facts["documents"])
    for job in facts["jobs"]:
        if job["kind"] in ("dossier", "attestation") and (job["state"] != "done" or by_key[job["key"]] != 1):
            yield f"{by_key[job['key']]} documents of {job}"
    numbers = Counter(each["number"] for each in facts["jobs"] if each["number"])
    per_practice = Counter(each["number"] for each in facts["documents"])
    if per_practice.total() and per_practice.keys() - numbers.keys():
        yield f"numbers that no job has: {sorted(per_practice.keys() - numbers.keys())}"
    paths = [each["path"] for each in facts["documents"]]
    if paths:
        verified = site.manage("verify", *paths)
        if verified.returncode != 0:
            yield f"verify: {verified.stdout[-1500:]}{verified.stderr[-500:]}"


def untrue(journal: Journal) -> Iterable[str]:
    for page in journal.pages:
        if page.wrong:
            yield f"{page.method} {page.path}: {page.wrong}"
    for act in journal.acts:
        if act.state == UNKNOWN and not act.doubts:
            yield f"nothing was ever said of {act}"
        if act.state == REFUSED and act.kind != "share":
            yield f"refused without a reason that we know: {act}"
