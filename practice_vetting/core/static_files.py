"""The static files as they are served: named by content and compressed, after a change only."""

import hashlib
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def fingerprint() -> str:
    """SHA-256 over what decides the collected files: each name, size and time, and the collector."""
    facts = {django.__version__, str(settings.STORAGES["staticfiles"])}
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            facts.add(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()


def collect() -> bool:
    """Collect them into STATIC_ROOT unless the last time still holds; whether that was needed."""
    collected = Path(settings.STATIC_ROOT) / ".collected"
    now = fingerprint()
    if collected.exists() and collected.read_text() == now:
        return False
    collected.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    collected.write_text(now)
    return True
