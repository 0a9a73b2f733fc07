"""What an installation tells whoever runs it: its log, and counts for their monitoring. Part of the settings.

LOG_FORMAT    plain, a sentence for a terminal, or json, one object a line with a line for every request and task; by
              default json where REDIS_URL is set, because then several processes write
METRICS_TOKEN with it, or with METRICS_TOKEN_FILE, counts for Prometheus are served at /metrics to whoever sends it as
              a bearer token; by default there is no such page
"""

import os
from typing import Any

from practice_vetting import stores

LOG_FORMAT = os.environ.get("LOG_FORMAT") or ("json" if stores.secret(os.environ, "REDIS_URL") else "plain")
METRICS_TOKEN = stores.secret(os.environ, "METRICS_TOKEN")

#: one line a request and a task: nobody reads these on a terminal
_EACH = "INFO" if LOG_FORMAT == "json" else "WARNING"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "practice_vetting.core.log_lines.Plain"},
        "json": {"()": "practice_vetting.core.log_lines.Json"},
    },
    "filters": {"no secrets": {"()": "practice_vetting.core.log_filter.HideSecretAddresses"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "json" else "plain",
            "filters": ["no secrets"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "practice_vetting.core.tracing": {"level": _EACH},
        "practice_vetting.core.task_tracing": {"level": _EACH},
        # Our own lines tell what these would, with the address or the error's words in them.
        "django.request": {"level": "CRITICAL"},
        "celery.app.trace": {"level": "CRITICAL"},
        "django": {"handlers": [], "level": "INFO", "propagate": True},  # not the handlers that Django would add
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "pyhanko": {"level": "CRITICAL"},
        "pyhanko_certvalidator": {"level": "CRITICAL"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}
