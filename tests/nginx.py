"""A real nginx with docs/deploy/nginx.conf, in front of a site of the tests: only ports and paths are replaced."""

import datetime
import os
import re
import shutil
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from practice_vetting.core.supervisor import ROOT
from tests import services

NAME = "vetting.example.org"
WRAPPED = """
daemon off; worker_processes 1; {user} pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/site.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """Where it listens, and the folder in which it keeps what it takes in."""

    port: int
    folder: Path

    def connect(self, name: str = NAME) -> ssl.SSLSocket:
        """A connection by TLS, as a browser has it; nobody vouches for the certificate."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 30), server_hostname=name)


def configuration(folder: Path, *, port: int, site: int) -> Path:
    """The shipped file in that folder, with these ports, and a certificate made now; for `nginx -c`."""
    _certificate(folder)
    shipped = (ROOT / "docs/deploy/nginx.conf").read_text()
    shipped = re.sub(r"^ *listen \[::\].*\n", "", shipped, flags=re.MULTILINE)
    for there, here in {
        "listen 80": f"listen 127.0.0.1:{services.free_port()}",
        "listen 443": f"listen 127.0.0.1:{port}",
        "server 127.0.0.1:8000": f"server 127.0.0.1:{site}",
        f"/etc/letsencrypt/live/{NAME}": str(folder),
    }.items():
        assert there in shipped
        shipped = shipped.replace(there, here)
    (folder / "site.conf").write_text(shipped)
    (folder / "nginx.conf").write_text(WRAPPED.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))
    return folder / "nginx.conf"


def program() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeError("nginx is not on this machine. Install nginx: the tests need it and skip nothing.")
    return found


@contextmanager
def running(folder: Path, *, site: int) -> Iterator[Proxy]:
    """nginx before the site at that port, for the length of the block."""
    folder.mkdir(mode=0o755, exist_ok=True)
    port = services.free_port()
    command = [program(), "-c", str(configuration(folder, port=port, site=site)), "-e", str(folder / "log")]
    with services._running(command, port, None, folder / "said"):
        yield Proxy(port, folder)


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]), datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(*encoding))
