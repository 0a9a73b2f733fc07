"""For the text part of mails: what a person typed never starts a line of its own."""

from django import template

from practice_vetting.core import mail

register = template.Library()


@register.filter
def one_line(words: object) -> str:
    """The words without line breaks and control characters."""
    return mail.one_line(str(words))
