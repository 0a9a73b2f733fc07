"""Kinds of documents that no limited child can make: one takes too long, one needs too much memory."""

from practice_vetting.core.documents.content import Content
from practice_vetting.core.models import Job
from tests.core.document_kinds import letter, long_letter

__all__ = ["endless", "hungry", "long_letter"]


def endless(job: Job) -> Content:
    return letter(job, "<p>One page of many, with words on it.</p>" * 200_000)


def hungry(job: Job) -> Content:
    """A table of a million cells."""
    row = f"<tr>{'<td>1</td>' * 10}</tr>"
    return letter(job, f"<table>{row * 100_000}</table>")
