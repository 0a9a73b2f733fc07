"""What the machine must have: found, installed, or named with the one command that brings it."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from practice_vetting import system_libraries
from practice_vetting.system_libraries import (
    RUN,
    TEST,
    Need,
    explain,
    library,
    missing,
    packages,
    program,
    provide,
)

HERE = Need("here", lambda: True, "apt-here", "dnf-here", "brew-here")
PANGO = Need("Pango", lambda: False, "libpango-1.0-0", "pango", "pango")
PANGO_TOO = Need("Pango for FreeType", lambda: False, "libpangoft2-1.0-0", "pango", "pango")


@pytest.fixture
def apt_get(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """We are root on Debian; the list is what apt-get was asked for."""
    asked: list[list[str]] = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(system_libraries, "may_install", lambda: True)
    monkeypatch.setattr(system_libraries.subprocess, "run", run)
    return asked


def test_what_the_tests_need_includes_what_the_site_needs() -> None:
    assert TEST[: len(RUN)] == RUN


def test_a_library_that_is_not_there_is_not_found() -> None:
    assert not library("no-such-library-1.0")()


def test_any_of_several_names_of_a_program_will_do() -> None:
    assert (program("no-such-program", "sh")(), program("no-such-program")()) == (True, False)


def test_only_what_is_lacking_is_missing() -> None:
    assert missing([HERE, PANGO]) == [PANGO]


def test_a_package_that_brings_two_things_is_named_once() -> None:
    assert packages([PANGO, PANGO_TOO], "dnf") == ["pango"]


def test_the_newest_hidden_postgresql_is_chosen_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("9.6", "15"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "no-such-program").touch()
    monkeypatch.setattr(system_libraries, "POSTGRESQL_FOLDERS", (f"{tmp_path}/*/bin",))
    assert system_libraries.postgresql_program("no-such-program") == tmp_path / "15" / "bin" / "no-such-program"


def test_the_explanation_names_each_thing_and_one_command_for_each_system() -> None:
    assert explain([PANGO, PANGO_TOO]).splitlines() == [
        "Practice Vetting needs what this machine does not have: Pango, Pango for FreeType.",
        "Install it with one command, then run the same command again:",
        "  Debian, Ubuntu   sudo apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0",
        "  Fedora           sudo dnf install pango",
        "  macOS            brew install pango",
    ]


def test_nothing_is_said_or_installed_when_all_is_there(apt_get: list[list[str]]) -> None:
    out = io.StringIO()
    assert (provide([HERE], out), out.getvalue(), apt_get) == (True, "", [])


def test_root_on_debian_installs_exactly_what_is_missing(apt_get: list[list[str]]) -> None:
    there = iter([False, True])
    late = PANGO._replace(found=lambda: next(there))
    out = io.StringIO()
    assert (provide([HERE, late], out), out.getvalue()) == (True, "Installing libpango-1.0-0\n")
    assert apt_get == [
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "libpango-1.0-0"],
    ]


@pytest.mark.usefixtures("apt_get")
def test_an_installation_that_did_not_help_is_explained() -> None:
    out = io.StringIO()
    assert (provide([PANGO], out), out.getvalue()) == (
        False,
        f"Installing libpango-1.0-0\n{explain([PANGO])}\n",
    )


def test_anybody_else_is_told_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "may_install", lambda: False)
    out = io.StringIO()
    assert (provide([PANGO], out), out.getvalue()) == (False, f"{explain([PANGO])}\n")


@pytest.mark.parametrize(("arguments", "status"), [(["run"], 0), ([], 1), (["cook"], 1)])
def test_a_bare_python_can_run_it(arguments: list[str], status: int) -> None:
    command = [sys.executable, "-S", "-E", system_libraries.__file__, *arguments]
    assert subprocess.run(command, capture_output=True, check=False).returncode == status
