"""Static files are collected when something changed, and only then."""

import os
from pathlib import Path
from typing import Any

import pytest

from practice_vetting.core import static_files


@pytest.fixture
def source(settings: Any, tmp_path: Path) -> Path:
    """One style sheet, the only static file of this site."""
    (tmp_path / "source").mkdir()
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    sheet = tmp_path / "source" / "page.css"
    sheet.write_text("p { color: black }")
    return sheet


def collected(source: Path) -> list[str]:
    folder = source.parent.parent / "collected"
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_the_first_start_collects(source: Path) -> None:
    assert (static_files.collect(), collected(source)) == (True, ["page.css"])


def test_a_second_start_does_not(source: Path) -> None:
    static_files.collect()
    assert not static_files.collect()


def test_a_changed_file_is_collected_again(source: Path) -> None:
    static_files.collect()
    later = source.stat().st_mtime_ns + 1_000_000_000
    os.utime(source, ns=(later, later))
    assert static_files.collect()


def test_a_file_that_is_gone_is_not_served_any_more(source: Path) -> None:
    static_files.collect()
    source.rename(source.with_name("print.css"))
    static_files.collect()
    assert collected(source) == ["print.css"]


def test_a_start_that_was_cut_short_is_made_good(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_arguments: object, **_options: object) -> None:
        raise OSError("no room left")

    with monkeypatch.context() as patch:
        patch.setattr(static_files, "call_command", full_disk)
        with pytest.raises(OSError, match="no room left"):
            static_files.collect()
    assert (static_files.collect(), collected(source)) == (True, ["page.css"])
