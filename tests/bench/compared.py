"""What verify_history does of one practice, for a process of its own: its memory is what is measured."""

import sys

import django


def compare(uid: str) -> list[int]:
    """How many entries were compared, and how much does not fit."""
    django.setup()
    from practice_vetting.core.models import Practice  # noqa: PLC0415 - no model before the setup
    from practice_vetting.core.proof import check  # noqa: PLC0415

    [checked] = check.check_all(list(Practice.objects.filter(uid=uid)))
    sys.stderr.writelines(f"{misfit}\n" for misfit in checked.misfits[:3])
    return [checked.entries, len(checked.misfits)]
