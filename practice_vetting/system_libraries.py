"""What Practice Vetting needs outside Python: checked, and where possible installed.

    python3 practice_vetting/system_libraries.py run     what the site needs
    python3 practice_vetting/system_libraries.py test    what the tests need besides
    python3 practice_vetting/system_libraries.py faults  what `make faults` needs besides

It runs before anything is installed, so it uses the standard library alone. It ends with 0 when all is
there, else with 1 after printing the one command that brings what is missing.
"""

import ctypes
import ctypes.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TextIO

HOMEBREW_LIBRARIES = (Path("/opt/homebrew/lib"), Path("/usr/local/lib"))
FAKETIME = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib64/faketime/libfaketimeMT.so.1")
POSTGRESQL_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


class Need(NamedTuple):
    """One thing to find, and the package that brings it on each system."""

    name: str
    found: Callable[[], bool]
    apt: str
    dnf: str
    brew: str


def library(name: str) -> Callable[[], bool]:
    """Whether a shared library can be loaded, by its name without "lib" and ending, such as "pango-1.0"."""

    def found() -> bool:
        names = [f"lib{name}.so.0", *(str(folder / f"lib{name}.0.dylib") for folder in HOMEBREW_LIBRARIES)]
        return any(_loads(candidate) for candidate in [*names, ctypes.util.find_library(name)] if candidate)

    return found


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def program(*names: str) -> Callable[[], bool]:
    """Whether one of these programs is on the PATH."""
    return lambda: any(shutil.which(name) for name in names)


def postgresql_program(name: str) -> Path | None:
    """Where this program of PostgreSQL is: on the PATH, or where packages hide the newest."""
    on_path = shutil.which(name)
    if on_path:
        return Path(on_path)
    hidden = [path for pattern in POSTGRESQL_FOLDERS for path in Path("/").glob(f"{pattern[1:]}/{name}")]
    return max(hidden, key=_version, default=None)


def wrong_clock() -> Path | None:
    """The library that gives one process another time (libfaketime)."""
    return next((path for pattern in FAKETIME for path in Path("/").glob(pattern[1:])), None)


def _version(path: Path) -> int:
    """The number in a folder such as 15, pgsql-16 or postgresql@17, so that 9 comes before 15."""
    number = re.search(r"\d+", path.parent.parent.name)
    return int(number.group()) if number else 0


RUN = (
    Need("Pango", library("pango-1.0"), "libpango-1.0-0", "pango", "pango"),
    Need("Pango for FreeType", library("pangoft2-1.0"), "libpangoft2-1.0-0", "pango", "pango"),
    Need("HarfBuzz subset", library("harfbuzz-subset"), "libharfbuzz-subset0", "harfbuzz", "harfbuzz"),
)
TEST = (
    *RUN,
    Need("Chromium", program("chromium", "chromium-browser"), "chromium", "chromium", "--cask chromium"),
    Need("pdfsig", program("pdfsig"), "poppler-utils", "poppler-utils", "poppler"),
    Need("pdftoppm", program("pdftoppm"), "poppler-utils", "poppler-utils", "poppler"),
    Need("qpdf", program("qpdf"), "qpdf", "qpdf", "qpdf"),
    Need(
        "PostgreSQL",
        lambda: postgresql_program("initdb") is not None,
        "postgresql",
        "postgresql-server",
        "postgresql",
    ),
    Need("nginx", program("nginx", "/usr/sbin/nginx"), "nginx-light", "nginx", "nginx"),
    Need("Redis", program("redis-server"), "redis-server", "redis", "redis"),
    Need("certutil of NSS", program("certutil"), "libnss3-tools", "nss-tools", "nss"),
    Need("SoftHSM", program("softhsm2-util"), "softhsm2", "softhsm", "softhsm"),
    Need("ClamAV's daemon", program("clamd", "/usr/sbin/clamd"), "clamav-daemon", "clamd", "clamav"),
)
FAULTS = (
    *TEST,
    Need("faketime", lambda: wrong_clock() is not None, "faketime", "libfaketime", "libfaketime"),
)
PURPOSES: Mapping[str, tuple[Need, ...]] = {"run": RUN, "test": TEST, "faults": FAULTS}


def missing(needs: Iterable[Need]) -> list[Need]:
    """The needs that this machine does not meet, in their order."""
    return [need for need in needs if not need.found()]


def packages(needs: Iterable[Need], manager: str) -> list[str]:
    """The packages of "apt", "dnf" or "brew" that bring them, each once."""
    return list(dict.fromkeys(getattr(need, manager) for need in needs))


def explain(needs: list[Need]) -> str:
    """What is missing and the one command that brings it, on each system."""
    names = ", ".join(need.name for need in needs)
    apt, dnf, brew = (" ".join(packages(needs, manager)) for manager in ("apt", "dnf", "brew"))
    return (
        f"Practice Vetting needs what this machine does not have: {names}.\n"
        "Install it with one command, then run the same command again:\n"
        f"  Debian, Ubuntu   sudo apt-get install --no-install-recommends {apt}\n"
        f"  Fedora           sudo dnf install {dnf}\n"
        f"  macOS            brew install {brew}"
    )


def may_install() -> bool:
    """Only root on a machine with apt-get: nobody else is asked for a password in the middle of a start."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(needs: list[Need]) -> bool:
    """Install exactly what is missing by apt-get; whether apt-get said that it did."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages(needs, "apt")],
    )
    return all(
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode == 0 for command in commands
    )


def provide(needs: Iterable[Need], out: TextIO) -> bool:
    """Whether everything is there in the end; what was missing is installed, or named with its command."""
    lacking = missing(needs)
    if lacking and may_install():
        out.write(f"Installing {', '.join(packages(lacking, 'apt'))}\n")
        out.flush()
        install(lacking)
        lacking = missing(lacking)
    if lacking:
        out.write(explain(lacking) + "\n")
    return not lacking


if __name__ == "__main__":
    if sys.argv[1:] not in [[purpose] for purpose in PURPOSES]:
        sys.exit(f"Say what for: {' or '.join(PURPOSES)}")
    sys.exit(0 if provide(PURPOSES[sys.argv[1]], sys.stdout) else 1)
