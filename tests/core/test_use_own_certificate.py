"""The practice's own certificate, from a file or a token that never gives its key away, seals and is remembered."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from django.core.checks import run_checks

from practice_vetting.core import clock, triggers
from practice_vetting.core.documents import authority, certificates, jobs
from practice_vetting.core.documents.seal import check_seal
from practice_vetting.core.documents.verification import verify
from practice_vetting.core.files.keeping import read
from practice_vetting.core.models import Document, Job, JobState, LedgerEntry, Membership, SealCertificate
from tests.conftest import Cast
from tests.core import seal_material
from tests.core.document_kinds import KINDS, make_job
from tests.core.pdf_tools import tool
from tests.core.seal_material import MADE, PASSWORD, Holder, made, pkcs12_file

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
NOW = MADE + timedelta(days=8)


@pytest.fixture(scope="module")
def issuer() -> Holder:
    """An authority below a root, as those that sell certificates have."""
    return seal_material.authority("Trusty Papers", by=seal_material.authority("Trusty Papers root"))


@pytest.fixture(scope="module")
def holder(issuer: Holder) -> Holder:
    return made("Harbor Light Counseling", by=issuer)


@pytest.fixture(scope="module")
def token(issuer: Holder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with seal_material.token(tmp_path_factory.mktemp("token"), made("Harbor Light Counseling", by=issuer)) as named:
        yield named


@pytest.fixture(autouse=True)
def at_that_time(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.JOB_KINDS, settings.DATA_DIR = KINDS, tmp_path
    with clock.set_to(NOW):
        yield


@pytest.fixture
def subject(cast: Cast) -> Membership:
    return Membership.objects.get(person=cast.officer)


def use(settings: Any, **named: Any) -> None:
    for name, value in named.items():
        setattr(settings, name, str(value))


def use_file(settings: Any, path: Path) -> None:
    use(settings, SEAL_PKCS12=path, SEAL_PKCS12_PASSWORD=PASSWORD)


def tried(subject: Membership, key: str = "first") -> Job:
    job = make_job(subject=subject, key=key)
    jobs.run(job.uid)
    job.refresh_from_db()
    return job


def issued(subject: Membership, key: str = "first") -> bytes:
    job = tried(subject, key)
    assert job.last_error == ""
    with read(Document.objects.get(job=job).file) as file:
        content: bytes = file.read()
    return content


# --- a file -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["P-256", "P-384", "RSA"])
def test_a_file_seals_and_others_programs_agree(
    subject: Membership, settings: Any, tmp_path: Path, issuer: Holder, kind: str
) -> None:
    keys = {
        "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "RSA": lambda: rsa.generate_private_key(65537, 2048),
    }
    holder = made("Harbor Light Counseling", by=issuer, key=keys[kind]())
    use_file(settings, pkcs12_file(tmp_path / "seal.p12", holder))
    pdf = issued(subject)
    (tmp_path / "document.pdf").write_bytes(pdf)
    said = tool("pdfsig", tmp_path / "document.pdf")
    assert verify(pdf).is_valid
    assert ("Signature is Valid" in said, "Total document signed" in said) == (True, True)
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", tmp_path / "document.pdf")


def test_what_sealed_is_kept_with_its_chain(subject: Membership, settings: Any, tmp_path: Path, holder: Holder) -> None:
    use_file(settings, pkcs12_file(tmp_path / "seal.p12", holder))
    issued(subject)
    row = SealCertificate.objects.get()
    assert (row.certificate, row.source, row.first_used_at, row.retired_at) == (holder.pem, "pkcs12", NOW, None)
    assert row.chain == "".join(certificates.pem(each).decode() for each in holder.above)
    assert Document.objects.get().certificate_sha256 == row.fingerprint == authority.in_charge()
    assert not (settings.KEYS_DIR / "seal.pem").exists()


def test_a_file_without_the_certificates_above_seals_too(
    subject: Membership, settings: Any, tmp_path: Path, holder: Holder
) -> None:
    use_file(settings, pkcs12_file(tmp_path / "seal.p12", holder, whole=False))
    assert verify(issued(subject)).is_valid
    assert SealCertificate.objects.get().chain == ""


def test_the_password_may_lie_in_a_file(subject: Membership, settings: Any, tmp_path: Path, holder: Holder) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    use(settings, SEAL_PKCS12=pkcs12_file(tmp_path / "seal.p12", holder))
    use(settings, SEAL_PKCS12_PASSWORD_FILE=tmp_path / "password")
    assert verify(issued(subject)).is_valid


def test_another_customer_of_the_same_issuer_is_not_us(
    subject: Membership, settings: Any, tmp_path: Path, issuer: Holder, holder: Holder
) -> None:
    stranger = made("Harbor Light Counseling", by=issuer)
    use_file(settings, pkcs12_file(tmp_path / "theirs.p12", stranger))
    theirs = issued(subject)
    triggers.drop_all()
    SealCertificate.objects.all().delete()  # as on an installation that never saw theirs
    triggers.install()
    use_file(settings, pkcs12_file(tmp_path / "seal.p12", holder))
    issued(subject, "second")
    found = check_seal(theirs, trusted=[root.encode() for root in authority.trusted_roots()])
    assert (found.intact, found.ours) == (True, False)


def test_a_certificate_that_ended_since_still_vouches_for_what_it_sealed(
    subject: Membership, settings: Any, tmp_path: Path, issuer: Holder
) -> None:
    short = made("Harbor Light Counseling", by=issuer, days=30)
    use_file(settings, pkcs12_file(tmp_path / "seal.p12", short))
    pdf = issued(subject)
    with clock.set_to(NOW + timedelta(days=365)):
        assert verify(pdf).is_valid
        assert tried(subject, "late").last_error.startswith("The certificate of the seal ended on 1 Dec 2026.")


def test_a_file_that_was_changed_is_noticed_and_the_earlier_certificate_retired(
    subject: Membership, settings: Any, tmp_path: Path, issuer: Holder, holder: Holder, strangers: Cast
) -> None:
    use_file(settings, pkcs12_file(tmp_path / "seal.p12", holder))
    before = issued(subject)
    pkcs12_file(tmp_path / "seal.p12", made("Harbor Light Counseling", by=issuer))
    after = issued(subject, "second")
    old, new = SealCertificate.objects.order_by("id")
    assert (old.retired_at, new.retired_at) == (NOW, None)
    assert (verify(before).is_valid, verify(after).is_valid) == (True, True)
    told = LedgerEntry.objects.filter(verb="seal.changed").order_by("id")
    assert {entry.practice_uid for entry in told} == {subject.practice.uid, strangers.practice.uid}
    assert told[0].detail == {
        "certificate": new.fingerprint,
        "retired": [old.fingerprint],
        "reason": "another certificate was found in use",
    }


def test_who_goes_back_to_an_earlier_file_has_its_certificate_in_charge_again(
    subject: Membership, settings: Any, tmp_path: Path, issuer: Holder, holder: Holder
) -> None:
    other = made("Harbor Light Counseling", by=issuer)
    for key, each in (("1", holder), ("2", other), ("3", holder)):
        use_file(settings, pkcs12_file(tmp_path / "seal.p12", each))
        issued(subject, key)
    first, second = SealCertificate.objects.order_by("id")
    assert (first.retired_at, second.retired_at) == (None, NOW)
    assert LedgerEntry.objects.filter(verb="seal.changed").count() == 2


# --- a file that cannot seal ----------------------------------------------------------------------------------


def p12_of(key: Any, certificate: Any) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"seal", key, certificate, None, BestAvailableEncryption(PASSWORD.encode())
    )


def no_key(issuer: Holder) -> bytes:
    return p12_of(None, made("x", by=issuer).certificate)


def no_certificate(issuer: Holder) -> bytes:
    return p12_of(made("x", by=issuer).key, None)


def of_no_use(issuer: Holder) -> bytes:
    holder = made("x", by=issuer, uses=("key_encipherment",))
    return p12_of(holder.key, holder.certificate)


def too_early(issuer: Holder) -> bytes:
    holder = made("x", by=issuer, starts=NOW + timedelta(days=1))
    return p12_of(holder.key, holder.certificate)


def too_late(issuer: Holder) -> bytes:
    holder = made("x", by=issuer, days=3)
    return p12_of(holder.key, holder.certificate)


def too_small(issuer: Holder) -> bytes:
    holder = made("x", by=issuer, key=rsa.generate_private_key(65537, 1024))
    return p12_of(holder.key, holder.certificate)


def of_another_kind(issuer: Holder) -> bytes:
    holder = made("x", by=issuer, key=ed25519.Ed25519PrivateKey.generate())
    return p12_of(holder.key, holder.certificate)


def other_password(issuer: Holder) -> bytes:
    holder = made("x", by=issuer)
    return pkcs12.serialize_key_and_certificates(
        b"seal", holder.key, holder.certificate, None, BestAvailableEncryption(b"other")
    )


def rubbish(issuer: Holder) -> bytes:
    return b"no such thing"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (other_password, "The password in SEAL_PKCS12_PASSWORD does not open the file that SEAL_PKCS12 names"),
        (rubbish, "The password in SEAL_PKCS12_PASSWORD does not open the file that SEAL_PKCS12 names"),
        (no_key, "The file that SEAL_PKCS12 names holds no private key."),
        (no_certificate, "The file that SEAL_PKCS12 names holds no certificate that belongs to its key."),
        (of_no_use, "The certificate of the seal is not made for signatures (digitalSignature or contentCommitment)."),
        (too_early, "The certificate of the seal is not valid before 10 Nov 2026."),
        (too_late, "The certificate of the seal ended on 4 Nov 2026."),
        (too_small, "The key of the seal has 1024 bits, and an RSA key needs 2048."),
        (of_another_kind, "The key of the seal is of a kind that PDF readers cannot check"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_at_start_and_by_the_job(
    subject: Membership, settings: Any, tmp_path: Path, issuer: Holder, content: Any, words: str
) -> None:
    (tmp_path / "seal.p12").write_bytes(content(issuer))
    use_file(settings, tmp_path / "seal.p12")
    job = tried(subject)
    assert (job.state, job.last_error[: len(words)]) == (JobState.QUEUED, words)
    assert [(each.id, each.msg[: len(words)]) for each in run_checks() if each.id == "core.W020"] == [
        ("core.W020", words)
    ]
    assert (Document.objects.count(), SealCertificate.objects.count()) == (0, 0)


def test_a_file_that_is_not_there_is_named_and_no_other_key_seals_instead(
    subject: Membership, settings: Any, tmp_path: Path
) -> None:
    use_file(settings, tmp_path / "gone.p12")
    job = tried(subject)
    assert job.last_error == "The file that SEAL_PKCS12 names cannot be read: No such file or directory."
    assert not (settings.KEYS_DIR / "seal.pem").exists()


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"SEAL_PKCS12": "a", "SEAL_PKCS11_LIBRARY": "b"}, "SEAL_PKCS12 and SEAL_PKCS11_LIBRARY are both set."),
        (
            {"SEAL_PKCS11_LIBRARY": "b", "SEAL_PKCS11_TOKEN": "t"},
            "SEAL_PKCS11_LIBRARY is set, and SEAL_PKCS11_LABEL and SEAL_PKCS11_PIN is missing.",
        ),
        (
            {"SEAL_PKCS12": "a", "SEAL_PKCS12_PASSWORD_FILE": "/nowhere"},
            "The file that SEAL_PKCS12_PASSWORD_FILE names cannot be read.",
        ),
        ({"TSA_URL": "ftp://tsa.example/"}, "TSA_URL is no address."),
        ({"TSA_CERTIFICATES": "/nowhere"}, "The file that TSA_CERTIFICATES names cannot be read."),
        ({"TSA_CERTIFICATES": __file__}, "The file that TSA_CERTIFICATES names holds no certificates in PEM."),
    ],
)
def test_settings_that_cannot_be_right_stop_the_start(settings: Any, named: dict[str, str], words: str) -> None:
    use(settings, **named)
    found = [each for each in run_checks() if each.id in ("core.E020", "core.W020")]
    assert [(each.id, each.msg[: len(words)]) for each in found] == [("core.E020", words)]


def test_without_settings_nothing_is_wrong() -> None:
    assert list(authority.faults(NOW)) == []


# --- a token ------------------------------------------------------------------------------------------------


def test_a_token_seals_and_others_programs_agree(
    subject: Membership, settings: Any, tmp_path: Path, token: dict[str, str]
) -> None:
    use(settings, **token)
    pdf = issued(subject)
    (tmp_path / "document.pdf").write_bytes(pdf)
    row = SealCertificate.objects.get()
    assert (verify(pdf).is_valid, row.source, row.chain.count("BEGIN")) == (True, "pkcs11", 2)
    assert "Signature is Valid" in tool("pdfsig", tmp_path / "document.pdf")
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", tmp_path / "document.pdf")
    assert [path.name for path in settings.KEYS_DIR.iterdir()] == []


def test_an_rsa_key_on_a_token_seals(subject: Membership, settings: Any, tmp_path: Path, issuer: Holder) -> None:
    holder = made("Harbor Light Counseling", by=issuer, key=rsa.generate_private_key(65537, 2048))
    with seal_material.token(tmp_path / "token", holder) as named:
        use(settings, **named)
        assert verify(issued(subject)).is_valid


def test_a_token_that_is_away_is_waited_for(subject: Membership, settings: Any, token: dict[str, str]) -> None:
    use(settings, **{**token, "SEAL_PKCS11_TOKEN": "Another"})
    job = tried(subject)
    words = "The token Another that seals documents does not answer."
    assert (job.state, job.last_error[: len(words)]) == (JobState.QUEUED, words)
    assert [each.msg[: len(words)] for each in run_checks() if each.id == "core.W020"] == [words]


def test_a_label_that_names_nothing_is_told(subject: Membership, settings: Any, token: dict[str, str]) -> None:
    use(settings, **{**token, "SEAL_PKCS11_LABEL": "other"})
    assert tried(subject).last_error.startswith("The token Practice key holds no certificate labelled other.")


def test_a_library_that_is_none_is_told(subject: Membership, settings: Any, token: dict[str, str]) -> None:
    use(settings, **{**token, "SEAL_PKCS11_LIBRARY": __file__})
    assert tried(subject).last_error == "The library that SEAL_PKCS11_LIBRARY names cannot be loaded."


def test_a_wrong_pin_is_tried_once_so_that_the_token_does_not_lock(
    subject: Membership, settings: Any, token: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(settings, **{**token, "SEAL_PKCS11_PIN": "1234"})
    words = "The token Practice key did not take the PIN."
    assert tried(subject).last_error.startswith(words)
    with monkeypatch.context() as nobody:
        nobody.setattr(authority, "run_limited", None)
        assert tried(subject, "again").last_error.startswith(words)
    use(settings, **token)
    assert verify(issued(subject, "right")).is_valid


def test_no_secret_reaches_the_ledger_the_log_or_the_document(
    subject: Membership, settings: Any, tmp_path: Path, holder: Holder, caplog: pytest.LogCaptureFixture
) -> None:
    pkcs12_file(tmp_path / "seal.p12", holder, password="another one entirely")
    use_file(settings, tmp_path / "seal.p12")
    job = tried(subject)
    shutil.rmtree(tmp_path / "work", ignore_errors=True)
    told = [job.last_error, caplog.text, *map(str, LedgerEntry.objects.values_list("detail", flat=True))]
    assert [text for text in told if PASSWORD in text] == []
