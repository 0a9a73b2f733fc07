"""On what it was measured: the machine, the versions, the commit."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from practice_vetting.core.supervisor import ROOT
from practice_vetting.system_libraries import postgresql_program


def describe() -> dict[str, Any]:
    """Plain data, the same for each line of a run."""
    return {
        "moment": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
            "system": f"{platform.system()} {platform.release()}",
            "load": round(os.getloadavg()[0], 2),
        },
        "versions": {
            "Python": platform.python_version(),
            "Django": version("django"),
            "PostgreSQL": _number(postgresql_program("postgres")),
            "SQLite": sqlite3.sqlite_version,
            "Redis": _number(shutil.which("redis-server")),
            "WeasyPrint": version("weasyprint"),
            "pyHanko": version("pyhanko"),
        },
    }


def _commit() -> str:
    """Short hash, with "+" when the tree differs from it; "" outside of git."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return said.stdout.strip()


def _processor() -> str:
    cpus = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*:\s*(.+)$", cpus.read_text(), re.MULTILINE) if cpus.exists() else None
    return named[1].strip() if named and named[1].strip() != "unknown" else platform.processor() or platform.machine()


def _number(program: Path | str | None) -> str:
    if program is None:
        return ""
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+\.\d+(\.\d+)?", said)
    return found[0] if found else ""
