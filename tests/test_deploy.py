"""What we ship to run it in production says the same everywhere, and is read by the programs it is for."""

import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands
from gunicorn.config import Config

from practice_vetting.core.supervisor import ROOT
from tests import nginx

DEPLOY = ROOT / "docs/deploy"
WEB = "gunicorn --config practice_vetting/gunicorn.py practice_vetting.wsgi"
CELERY = "celery --app practice_vetting"


def read(name: str) -> str:
    return (ROOT / name).read_text()


def plain(command: str) -> str:
    """A command as people type it, of one that is written as a list of strings."""
    return re.sub(r"\s+", " ", re.sub(r'[\[\]",]', " ", command)).strip()


def test_each_command_of_the_page_exists():
    named = set(re.findall(r"manage\.py ([a-z_]+)", read("docs/operate.md")))
    assert {"prepare", "backup", "restore", "setup_code", "verify_history", "rotate_certificate"} <= named
    assert named <= set(get_commands())
    targets = re.findall(r"make (environment|run)\b", read("docs/operate.md"))
    assert all(f"\n{target}:" in read("Makefile") for target in targets)


def test_each_file_of_the_page_exists():
    page = read("docs/operate.md")
    files = re.findall(r"`((?:docs/|practice_vetting/)[\w./]+|[A-Z]\w+file|compose\.yaml|\.env\.example)`", page)
    places = [DEPLOY / each if each == "Caddyfile" else ROOT / each for each in files]
    assert places
    assert [str(each) for each in places if not each.exists()] == []
    units = {
        f"{each}.service" for each in ("practice-vetting-web", "practice-vetting-worker@", "practice-vetting-clock")
    }
    assert units | {"practice-vetting-web.socket"} <= {each.name for each in DEPLOY.iterdir()}


def test_the_same_commands_start_it_everywhere():
    told = [WEB, f"{CELERY} worker --concurrency 2", f"{CELERY} beat"]
    assert [each for each in told if each not in read("docs/operate.md")] == []
    assert WEB in plain(read("Dockerfile"))
    assert [each for each in told[1:] if each not in plain(read("compose.yaml"))] == []
    units = "".join(each.read_text() for each in DEPLOY.glob("*.service"))
    assert [each for each in told if f"/opt/practice-vetting/.venv/bin/{each}" not in units] == []


def test_no_secret_has_a_value():
    secrets = re.findall(r"^(?:SECRET_KEY|POSTGRES_PASSWORD|DATABASE_URL|EMAIL_URL|SITE_NAME)=(.*)$",
        read(".env.example") + read("docs/deploy/practice-vetting.env"), re.MULTILINE)  # fmt: skip
    assert set(secrets) == {""}
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "SITE_NAME"):
        assert set(re.findall(rf"\$\{{{name}(:.)", read("compose.yaml"))) == {":?"}


def test_the_image_holds_the_code_and_nothing_else():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", read("Dockerfile"), re.MULTILINE)
    let_in = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    assert {name for names in copied for name in names.split()} == let_in
    assert "USER 10001" in read("Dockerfile")


@pytest.mark.servers
def test_nginx_reads_its_file(tmp_path: Path):
    file = nginx.configuration(tmp_path, port=8443, site=8000)
    done = subprocess.run(
        [nginx.program(), "-t", "-c", str(file), "-e", str(tmp_path / "log")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "[warn]" in done.stderr) == (0, False), done.stderr


@pytest.mark.servers
def test_systemd_reads_its_units(tmp_path: Path):
    program = shutil.which("systemd-analyze")
    if program is None:  # not on macOS, nor in a small container
        return
    for unit in [*DEPLOY.glob("*.service"), *DEPLOY.glob("*.socket")]:
        here = unit.read_text().replace("/opt/practice-vetting/.venv/bin", "/bin")
        (tmp_path / unit.name).write_text(re.sub(r"/bin/(gunicorn|celery)", "/bin/sh", here))
    units = [str(each) for each in tmp_path.iterdir()]
    done = subprocess.run([program, "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_header_says_under_which_path_the_site_is():
    """The links of a menu are rendered once a process: one visitor would send all others astray."""
    config = Config()
    config.set("forwarder_headers", runpy.run_path(str(ROOT / "practice_vetting/gunicorn.py"))["forwarder_headers"])
    assert (config.forwarder_headers, config.header_map) == ([], "drop")
