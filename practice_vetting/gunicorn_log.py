"""gunicorn's own lines, through our filter: by itself it would print the address of a request that broke."""

import logging.config
from typing import Any

from gunicorn.glogging import Logger

from practice_vetting.logs import LOGGING


class Lines(Logger):
    """For `--logger-class`. Its access log stays off: the middleware writes that line, with the reference."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logging.config.dictConfig(LOGGING)
        self.error_log.handlers = []
        self.error_log.propagate = True
