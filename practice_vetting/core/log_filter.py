"""Keeps out of the log what a stranger could put there, or read there: line breaks, and the secret of a link."""

import logging
import re

_PLACES = r"/(?:join|set-password|account/email/confirm|second-factor/stop)/|/calendar/(?!(?:make|end)/)"
_SECRET_ADDRESS = re.compile(rf"({_PLACES})[^/\s\"']+")


class HideSecretAddresses(logging.Filter):
    """Replaces the secret of a one-time link by a word, and keeps one message one line: an address can hold breaks."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = _SECRET_ADDRESS.sub(r"\1(hidden)", message.replace("\r", "\\r").replace("\n", "\\n"))
        if hidden != message:
            record.msg, record.args = hidden, ()
        return True
