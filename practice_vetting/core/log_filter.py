"""Keeps secrets out of the log: the part of an address that opens a door by itself."""

import logging
import re

_SECRET_ADDRESS = re.compile(r"(/join/)[^/\s\"']+")


class HideSecretAddresses(logging.Filter):
    """Replaces the secret of a one-time link in a log line by a word."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = _SECRET_ADDRESS.sub(r"\1(hidden)", message)
        if hidden != message:
            record.msg, record.args = hidden, ()
        return True
