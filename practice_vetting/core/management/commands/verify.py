"""Says whether files are documents of this installation, as the page at /verify/ does."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from practice_vetting.core.documents.verification import LARGEST, Verification, verify
from practice_vetting.core.templatetags.wording import moment


class Command(BaseCommand):
    help = "Check files: issued here, and unchanged? Ends with 0 when all are, with 1 otherwise."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        valid = [self._say(path) for path in files]
        if not all(valid):
            raise CommandError(f"{valid.count(False)} of {len(files)} cannot be relied on.")

    def _say(self, path: Path) -> bool:
        try:
            if path.stat().st_size > LARGEST:
                self.stdout.write(f"{path}: larger than {LARGEST // 1024**2} MB. Of a bundle, check its dossier.pdf.")
                return False
            found = verify(path.read_bytes())
        except OSError as problem:
            self.stdout.write(f"{path}: cannot be read ({problem.strerror}).")
            return False
        with timezone.override(found.issuer.zone):
            self.stdout.write(f"{path}: {found.heading}")
            self.stdout.write("".join(f"  {line}\n" for line in _lines(found)), ending="")
        return found.is_valid


def _changes(found: Verification) -> list[str]:
    unknown = ["We cannot say where it was changed."] if found.was_ours else []
    return [f"differs: {change}" for change in found.changes] or unknown


def _lines(found: Verification) -> list[str]:
    lines = [
        found.advice,
        *_changes(found),
        *(f"{'yes' if point.holds else 'NO '}  {point.words}" for point in found.points),
    ]
    if document := found.document:
        lines.append(f"{document.title}, number {document.number}")
        lines.append(f"Issued by {found.issuer.name} on {moment(document.issued_at)} ({found.issuer.zone})")
        lines.append(f"Time of its seal: {found.time[0].lower()}{found.time[1:]}")
        lines += [f"Signed by {one.name}, {one.role}, on {moment(one.at)}" for one in found.signers]
    elif found.seal.signed:
        sealed_on = f" on {moment(found.seal.signed_at)} (UTC)" if found.seal.signed_at else ""
        lines.append(f"The seal says: {found.seal.signer or 'no name'}{sealed_on}")
    if found.newer:
        lines.append(f"A newer one took its place on {moment(found.newer.issued_at)}: {found.newer.number}")
    return [*lines, f"SHA-256 {found.sha256}"]
