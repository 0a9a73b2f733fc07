"""“May I use this?” as one sealed sheet, from the same answers as the page (settings.JOB_KINDS)."""

from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone

from checklists import snapshot
from checklists.may_use import RULES
from checklists.may_use_list import Line, lines_of, officers_of
from practice_vetting.core import clock
from practice_vetting.core.documents.content import Content
from practice_vetting.core.documents.imprint import end_of_ledger, imprint_of, sealing_certificate
from practice_vetting.core.models import Job, Practice
from practice_vetting.core.version import software_version

TITLE = "May I use this?"


def sheet(job: Job) -> Content:
    """The answers of the day on which it is made. It holds on that day only, and says so."""
    text = snapshot.text_of(_content(job.practice, job.requested_by.name))
    content = snapshot.read(text)
    imprint = imprint_of(job, text, made_at=content["made_at"], end=content["ledger"])
    title = f"{TITLE} {content['practice']['name']}, {content['day_on'].day} {content['day_on']:%b %Y}"
    facts = {"content": content, "title": title, "imprint": imprint, "zone": content["practice"]["time_zone"]}
    with timezone.override(ZoneInfo(content["practice"]["time_zone"])):
        html = render_to_string("pdf/sheet.html", facts)
    return Content(
        html=html,
        title=title,
        author=content["practice"]["name"],
        snapshot=text,
        reason=f"{title} ({job.number})",
        certificate=imprint.certificate,
        language="en-US",
        ledger_seq=imprint.entries,
        ledger_digest=imprint.digest,
        made_at=imprint.made_at,
    )


def _content(practice: Practice, asked_by: str) -> dict[str, Any]:
    on = practice.today()
    return {
        "practice": {"name": practice.name, "time_zone": practice.time_zone},
        "day_on": on,
        "made_at": clock.now(),
        "asked_by": asked_by,
        "ledger": end_of_ledger(practice.uid),
        "certificate": sealing_certificate(),
        "software": software_version(),
        "officers": officers_of(practice),
        "rules": [{"rule": rule, "why": why} for rule, why in RULES],
        "tools": [_tool(line) for line in lines_of(practice, on=on)],
    }


def _tool(line: Line) -> dict[str, Any]:
    answer = line.answer
    return {
        "name": line.tool.name,
        "vendor": line.tool.vendor.name,
        "ai": line.tool.has_ai,
        "word": answer.word,
        "yes": answer.yes,
        "data": list(answer.data),
        "never": list(answer.never),
        "why": answer.why,
        "since_on": answer.since,
        "until_on": answer.until,
        "tone": answer.tone,
    }
