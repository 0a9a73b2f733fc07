"""One byte of a sealed document is another: a thousand places, and each time it is told."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from practice_vetting.core import clock
from practice_vetting.core.documents import authority, certificates, codes, verification
from practice_vetting.core.documents.seal import seal
from practice_vetting.core.documents.seal_check import check_seal
from practice_vetting.core.documents.verification import Outcome, Seal, verify
from practice_vetting.core.models import Job, Membership
from tests.conftest import Cast
from tests.core.document_kinds import make_document
from tests.core.pdf_tools import rendered

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
MADE = datetime(2026, 11, 9, 14, 33, tzinfo=UTC)
CODE, SNAPSHOT = "abcdefghjkmn", "{}"
SAMPLE = (Path(__file__).parent / "sample_document.html").read_text(encoding="utf-8")
PLACES, LOOKED_AT = 1000, 120


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    certificates.make_authority(folder, organisation="Practice Vetting at Harbor Light Counseling", now=MADE)
    return folder


@pytest.fixture(scope="module")
def sealed(keys: Path) -> bytes:
    plain = rendered(SAMPLE, identifier=bytes.fromhex(codes.identifier_of(CODE, SNAPSHOT)))
    return seal(plain, keys=keys, reason="Dossier", name="Harbor Light Counseling", at=MADE)


@pytest.fixture(scope="module")
def places(sealed: bytes) -> list[int]:
    """Spread over the whole file, with its first and last bytes, and a hundred within the seal itself."""
    first, last = zone_of(sealed)
    drawn = random.Random(20261109)
    inside = drawn.sample(range(first, last), 100)
    spread = [drawn.randrange(at * len(sealed) // 898, (at + 1) * len(sealed) // 898) for at in range(898)]
    return [0, len(sealed) - 1, *inside, *spread]


@pytest.fixture(autouse=True)
def on_record(cast: Cast, sealed: bytes, keys: Path, settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.KEYS_DIR = shutil.copytree(keys, tmp_path / "keys")
    subject = Membership.objects.get(person=cast.officer)
    made = make_document(subject=subject, content=sealed, snapshot=SNAPSHOT)
    Job.objects.filter(pk=made.job_id).update(uid=CODE)
    with clock.set_to(MADE):
        yield


def zone_of(pdf: bytes) -> tuple[int, int]:
    """Where the seal's own bytes stand: no signature covers them."""
    first = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    return first, pdf.index(b">", first)


def flipped(pdf: bytes, at: int) -> bytes:
    return pdf[:at] + bytes([pdf[at] ^ (1 << at % 8)]) + pdf[at + 1 :]


def test_a_thousand_flipped_bytes_are_told_a_thousand_times(
    sealed: bytes, places: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even were every seal called whole and ours: our record decides. No child is asked, so that it takes seconds."""
    fine = Seal(signed=True, intact=True, whole_file=True, ours=True)
    monkeypatch.setattr(verification, "_seal_of", lambda pdf: fine)
    monkeypatch.setattr(verification, "differences", lambda origin, file: [])
    assert len(places) == PLACES
    assert verify(sealed).outcome == Outcome.VALID
    told = Counter(verify(flipped(sealed, at)).is_valid for at in places)
    assert told == {False: PLACES}


def test_the_record_tells_each_from_the_original_by_its_hash(sealed: bytes, places: list[int]) -> None:
    assert sha256(sealed).hexdigest() not in {sha256(flipped(sealed, at)).hexdigest() for at in places}


def test_the_seal_alone_tells_each_byte_that_it_covers(sealed: bytes, places: list[int]) -> None:
    """Without our record, as an attorney sees it. Of the seal's own bytes, which no signature covers, some go unseen
    (about one in four): hence the record.
    """
    first, last = zone_of(sealed)
    covered = [at for at in places if not first <= at < last]
    roots = [root.encode() for root in authority.trusted_roots()]
    looked_at = covered[:: len(covered) // LOOKED_AT]
    unseen = [at for at in looked_at if check_seal(flipped(sealed, at), trusted=roots).holds]
    assert (len(looked_at) >= LOOKED_AT, unseen) == (True, [])
