"""What the browser tests share: one browser, and one running demonstration."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import chromium
from tests.services import Site, running_site


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Site]:
    """`make demo`, on a port of its own."""
    with running_site(tmp_path_factory.mktemp("demo") / "data", "--demo", home=home, SWEEP_SECONDS="2") as running:
        yield running


@pytest.fixture(scope="package")
def password(demo: Site) -> str:
    """The password of everybody in the demonstration."""
    return (demo.data_dir / "demo-password").read_text().strip()
