"""What others reach does not start with a default secret, debugging or hosts of any name, and says which."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from practice_vetting.core import checks
from practice_vetting.core.production import Facts, faults, is_this_machine, refuse_to_start, weakness_of

KEY = "kR3-vZ81_pLq0aXt7wNfY5bHs2UdMcJ9eGiO6xTzBhWnVyCrDm"
GOOD = Facts(
    site_url="https://vetting.harborlight.example",
    host="0.0.0.0",
    debug=False,
    secret_key=KEY,
    fallbacks=[],
    allowed_hosts=["vetting.harborlight.example", "localhost"],
)


def ids(**changes: object) -> list[str]:
    return [fault.id for fault in faults(dataclasses.replace(GOOD, **changes))]


def test_a_good_installation_starts():
    assert ids() == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"debug": True}, ["core.E003"]),
        ({"secret_key": "short"}, ["core.E005"]),
        ({"secret_key": "x" * 60}, ["core.E005"]),
        ({"secret_key": f"django-insecure-{KEY}"}, ["core.E005"]),
        ({"fallbacks": [KEY[::-1], "short"]}, ["core.E006"]),
        ({"allowed_hosts": ["*"]}, ["core.E007"]),
        ({"allowed_hosts": ["localhost", ".com"]}, ["core.E007"]),
        ({"site_url": "http://192.168.1.20:8000"}, ["core.W001"]),
        ({"not_shared": ("Each machine has its own.",)}, ["core.E008"]),
        ({"metrics_token": "short"}, ["core.E009"]),
    ],
)
def test_each_fault_is_found(changes: dict[str, object], found: list[str]):
    assert ids(**changes) == found


def test_keys_that_are_not_shared_are_said_on_this_machine_too():
    assert ids(site_url="http://localhost:8000", host="", not_shared=("Each machine has its own.",)) == ["core.E008"]


def test_all_are_said_at_once():
    found = ids(debug=True, secret_key="changeme", fallbacks=["old"], allowed_hosts=["*"], site_url="http://x.example")
    assert found == ["core.E003", "core.E005", "core.E006", "core.E007", "core.W001"]


@pytest.mark.parametrize("host", ["", "127.0.0.1", "localhost"])
def test_on_this_machine_alone_nothing_is_asked(host: str):
    assert ids(site_url="http://localhost:8000", host=host, debug=True, secret_key="x", allowed_hosts=["*"]) == []


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost", True),
        ("127.0.0.9", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("x.example", False),
    ],
)
def test_which_addresses_are_this_machine(host: str, ours: bool):
    assert is_this_machine(host) is ours


def test_the_key_that_the_product_makes_is_good():
    from practice_vetting.secret_key import read_or_make

    path = Path(settings.DATA_DIR) / "a-key"
    assert weakness_of(read_or_make(path)) == ""


def test_the_check_tells_errors_from_warnings(settings, monkeypatch):
    settings.SITE_URL, settings.DEBUG, settings.SECRET_KEY = "http://clinic.example", True, KEY
    monkeypatch.setenv("HOST", "")
    found = checks.nothing_is_left_as_in_an_example()
    assert [(each.id, each.is_serious()) for each in found] == [("core.E003", True), ("core.W001", False)]


def test_the_web_server_refuses_too(settings, monkeypatch, caplog):
    settings.SITE_URL, settings.SECRET_KEY, settings.ALLOWED_HOSTS = "http://clinic.example", "short", ["*"]
    with pytest.raises(SystemExit) as refusal:
        refuse_to_start(settings)
    told = str(refusal.value).splitlines()
    assert [line.split(",")[0] for line in told] == [
        "Practice Vetting does not start:",
        "- SECRET_KEY has 5 characters",
        "- ALLOWED_HOSTS holds *",
    ]
    assert "SITE_URL is http://clinic.example" in caplog.text


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "DATA_DIR", "HOST")}
    mine = {"DATA_DIR": str(data_dir), "SITE_URL": GOOD.site_url, "DJANGO_SETTINGS_MODULE": "practice_vetting.settings"}
    return {**ours, **mine, **more}


def run(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, check=False
    )


def test_djangos_own_list_for_production_is_clean(tmp_path: Path):
    answer = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **environment(tmp_path))
    assert (answer.returncode, answer.stdout) == (0, "System check identified no issues (0 silenced).\n")


def test_what_a_production_server_calls_does_not_start_with_a_default_secret(tmp_path: Path):
    answer = run("-c", "import practice_vetting.wsgi", **environment(tmp_path, SECRET_KEY="changeme"))
    assert (answer.returncode, "SECRET_KEY has 8 characters, and needs 50" in answer.stderr) == (1, True)
