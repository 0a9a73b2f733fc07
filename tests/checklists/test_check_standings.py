"""The kept standing is compared with a fresh judgement, and a broken catalogue is told at start."""

import pytest
from django.core.management import CommandError, call_command

from checklists import checks, standing
from checklists.catalogue import CatalogueError
from checklists.models import Evaluation
from tests.factories import arranging
from vendors.models import Standing

pytestmark = pytest.mark.django_db


def test_standings_that_follow_what_is_known_pass(cleared: Evaluation, capsys):
    call_command("check_standings")
    assert capsys.readouterr().out == "All 1 standings are as a fresh judgement has them.\n"


def test_a_standing_that_does_not_is_named(cleared: Evaluation):
    kept = Standing.objects.get(vendor=cleared.vendor)
    kept.state = "cleared"
    with arranging():
        kept.save()
    with pytest.raises(CommandError, match="Notewell of Harbor Light Counseling: state"):
        call_command("check_standings")
    standing.judge(cleared.vendor)
    call_command("check_standings")


def test_a_sound_catalogue_starts():
    assert checks.catalogue_is_sound() == []


def test_a_broken_edition_is_told_before_the_start(monkeypatch):
    def broken(code: str) -> None:
        raise CatalogueError("requirement-1.toml: title is empty")

    monkeypatch.setattr(checks, "edition", broken)
    assert [each.msg for each in checks.catalogue_is_sound()] == ["requirement-1.toml: title is empty"]
