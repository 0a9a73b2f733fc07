"""How gunicorn serves the site: gunicorn --config practice_vetting/gunicorn.py practice_vetting.wsgi

HOST, PORT    where it listens (127.0.0.1, 8000)
WEB_WORKERS   processes (1); two for each processor is plenty
WEB_THREADS   requests that each of them answers at once (4)

It belongs behind a proxy that takes in whole requests before it passes them on: a slow client holds a thread.
"""

import gc
import os
from typing import Any

from practice_vetting.core import metrics_files
from practice_vetting.logs import METRICS_TOKEN

_host = os.environ.get("HOST") or "127.0.0.1"
bind = f"[{_host}]:{os.environ.get('PORT') or 8000}" if ":" in _host else f"{_host}:{os.environ.get('PORT') or 8000}"

workers = int(os.environ.get("WEB_WORKERS") or 1)
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 4)
preload_app = workers > 1  # several share the memory of the code; for one it would be read into two

timeout = 60  # seconds without a sign of life; a slow answer is no lack of one
graceful_timeout = 30  # for what is under way when it is told to stop, such as an upload
keepalive = 75  # longer than a proxy keeps a connection that is idle, so that it never speaks into a closed one
max_requests, max_requests_jitter = 5000, 1000  # then a fresh process: what leaks in a library has an end

control_socket_disable = True
forwarder_headers = ""  # nobody's header says under which path we are: the menu would lead there, for all
loglevel = "warning"
logger_class = "practice_vetting.gunicorn_log.Lines"

if METRICS_TOKEN and workers > 1:  # each of them can tell the counts of all
    metrics_files.prepare()
    child_exit, on_exit = metrics_files.add_to_the_dead, metrics_files.remove


def when_ready(_server: Any) -> None:
    """Before the first fork: what was read is never looked at by the collector, so its pages stay shared."""
    gc.collect()
    gc.freeze()
