"""What an authority revoked is asked for when a document is stamped, and nothing else is asked of anybody."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding

from practice_vetting.core import clock
from practice_vetting.core.documents import certificates, revoked
from practice_vetting.core.documents.seal import check_seal, seal
from practice_vetting.core.documents.seal_keys import KeyProblem, SealKey, load_key
from practice_vetting.core.documents.time_stamp import TimeStampProblem
from tests.core import seal_material
from tests.core.seal_material import Holder
from tests.core.test_stamp_time import NOW, STAMPED, keys, plain, root, server, stamper, willing
from tests.services import TimeStampServer, free_port

__all__ = ["keys", "plain", "root", "server", "willing"]  # fixtures


def test_no_address_in_the_certificate_of_an_authority_is_asked_for_its_issuer(
    plain: bytes, keys: Path, root: Holder
) -> None:
    """Before anybody vouches for it, it could name any address within our network."""
    server: Any = SimpleNamespace(port=free_port())
    addresses = {"issuer_at": f"http://127.0.0.1:{server.port}/issuer", "lists_revoked_at": "http://127.0.0.1:1/x"}
    holder = seal_material.time_stamper(root, **addresses)
    der = holder.certificate.public_bytes(Encoding.DER)
    with TimeStampServer(certificate=der, key=holder.key_der, above=[], port=server.port) as server:
        server.moment = STAMPED
        with pytest.raises(TimeStampProblem, match="is not vouched for"):
            seal(plain, keys=keys, reason="x", name="x", at=NOW,
                 stamper=stamper(server, seal_material.authority("Another")))  # fmt: skip
        assert (len(server.asked), server.got) == (1, [])


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "http://127.0.0.1:{port}/moved"])
def test_a_list_of_what_was_revoked_is_read_at_its_own_address_on_the_web_alone(
    server: TimeStampServer, url: str
) -> None:
    server.files["/elsewhere"] = b"list"
    with pytest.raises(requests.RequestException):
        revoked._fetched("GET", url.format(port=server.port), {}, None)
    assert "/elsewhere" not in server.got


def test_a_list_that_is_too_long_is_not_read(server: TimeStampServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revoked, "_LARGEST", 1000)
    server.files["/list"] = bytes(1001)
    with pytest.raises(requests.RequestException, match="too long"):
        revoked._fetched("GET", f"http://127.0.0.1:{server.port}/list", {}, None)


# --- a practice's certificate, whose issuer tells what it revoked -------------------------------------------------


def listed(server: TimeStampServer, folder: Path) -> tuple[Holder, SealKey]:
    issuer = seal_material.authority("Trusty Papers")
    at = f"http://127.0.0.1:{server.port}/revoked.crl"
    holder = seal_material.made("Harbor Light Counseling", by=issuer, lists_revoked_at=at)
    file = seal_material.pkcs12_file(folder / "seal.p12", holder)
    order = {"source": "pkcs12", "path": str(file), "password": seal_material.PASSWORD}
    server.files["/revoked.crl"] = seal_material.revoked_list(issuer, at=clock.now() - timedelta(hours=1))
    return issuer, load_key(order, at=NOW)


def test_the_list_of_what_was_revoked_is_inside_and_no_network_is_asked_later(
    plain: bytes, server: TimeStampServer, root: Holder, tmp_path: Path
) -> None:
    _, key = listed(server, tmp_path)
    pdf = seal(plain, keys=key, reason="x", name="x", at=NOW, stamper=stamper(server, root))
    server.files.clear()
    with pikepdf.open(BytesIO(pdf)) as document:
        assert len(document.Root.DSS.CRLs) == 1
    assert check_seal(pdf, trusted=[certificates.pem(key.certificate)], time_roots=[root.pem.encode()]).holds


def test_a_certificate_that_was_revoked_seals_nothing(
    plain: bytes, server: TimeStampServer, root: Holder, tmp_path: Path
) -> None:
    issuer, key = listed(server, tmp_path)
    revoked = Holder(key.certificate, key.private)
    server.files["/revoked.crl"] = seal_material.revoked_list(issuer, revoked, at=clock.now() - timedelta(hours=1))
    with pytest.raises(KeyProblem, match="it may be revoked"):
        seal(plain, keys=key, reason="x", name="x", at=NOW, stamper=stamper(server, root))
