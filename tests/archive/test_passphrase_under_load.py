"""The passphrase on a machine that is busy with something else: age guesses its speed wrongly, and is asked again."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pyrage
import pytest

from practice_vetting.core.archive import sealed

WORDS = "harbour mist over slate"
EXCESSIVE = "Excessive work parameter for passphrase.\nDecryption would take around 64 seconds."


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "_PAUSE", 0)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / "backup.tar"
    with path.open("w+b") as out, sealed.sealing(out, WORDS, 0) as inside:
        inside.put_bytes("note.txt", b"all is well")
    return path


def _refusing(monkeypatch: pytest.MonkeyPatch, times: int) -> Iterator[None]:
    """age refuses the key as too hard for here, this often; each refusal is one step of what is returned."""
    refusals = iter([None] * times)
    honest: Callable[[bytes, str], bytes] = sealed.by_passphrase.decrypt

    def decrypt(key: bytes, passphrase: str) -> bytes:
        try:
            next(refusals)
        except StopIteration:
            return honest(key, passphrase)
        raise pyrage.DecryptError(EXCESSIVE)

    monkeypatch.setattr(sealed.by_passphrase, "decrypt", decrypt)
    return refusals


def test_a_busy_moment_does_not_make_a_backup_unreadable(backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _refusing(monkeypatch, 3)

    with sealed.opening(backup, WORDS) as opened:
        assert [(name, content.read()) for name, _, content in opened] == [("note.txt", b"all is well")]


def test_a_machine_that_stays_too_slow_is_told_so_and_not_that_the_backup_is_damaged(
    backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refusing(monkeypatch, 1000)

    with pytest.raises(sealed.Unreadable) as told, sealed.opening(backup, WORDS):
        pass
    assert str(told.value) == sealed.TOO_SLOW


def test_a_key_that_was_made_too_easy_in_a_busy_moment_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(exponent: int) -> bytes:
        return b"age-encryption.org/v1\n-> scrypt c2FsdA %d\nbody" % exponent

    made = iter([key(12), key(14), key(18), key(19)])
    monkeypatch.setattr(sealed.by_passphrase, "encrypt", lambda words, passphrase: next(made))

    assert sealed.hardness(sealed._new_key(WORDS)[1]) == 18


def test_the_hardest_of_a_few_is_taken_where_the_machine_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(b"age-encryption.org/v1\n-> scrypt c2FsdA %d\nbody" % exponent for exponent in (12, 16, 15, 13, 14))
    monkeypatch.setattr(sealed.by_passphrase, "encrypt", lambda words, passphrase: next(made))

    assert sealed.hardness(sealed._new_key(WORDS)[1]) == 16


def test_a_real_key_says_how_hard_it_is() -> None:
    sealing = BytesIO(sealed._new_key(WORDS)[1])

    assert 10 <= sealed.hardness(sealing.read()) <= 30
