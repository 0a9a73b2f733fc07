"""The kept standing is compared with a fresh judgement, and a broken catalogue is told at start."""

import pytest
from django.core.management import CommandError, call_command

from checklists import checks, standing
from checklists.catalogue import CatalogueError
from checklists.judged_file import judged_files
from checklists.models import Evaluation
from tests.factories import arranging, make_exposure, make_part2_memo, make_tool, make_vendor
from vendors.models import Standing, Vendor

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


def test_vendors_that_are_read_together_are_judged_as_each_alone(cleared: Evaluation, cast, strangers, on_the_day):
    other = make_vendor(practice=cast.practice, name="Another")
    make_tool(vendor=other)
    theirs = make_vendor(practice=strangers.practice, name="Theirs")
    make_part2_memo(practice=strangers.practice, by=strangers.owner, applies=True)
    make_exposure(vendor=theirs)
    vendors = list(Vendor.objects.select_related("practice").order_by("id"))
    on = cast.practice.today()
    assert [judged for _, judged in standing.fresh(vendors)] == [standing.look(each, on)[0] for each in vendors]
    assert [len(each._practice_memos) for each in judged_files(vendors)] == [0, 0, 1]
    assert [len(each.tools.all()) for each in judged_files(vendors)] == [1, 1, 0]


def test_a_hundred_vendors_are_read_by_one_query(cleared: Evaluation, cast, django_assert_num_queries):
    for number in range(5):
        make_vendor(practice=cast.practice, name=f"Vendor {number}")
    vendors = list(Vendor.objects.select_related("practice", "standing"))
    with django_assert_num_queries(1):
        assert len(list(standing.fresh(vendors))) == len(vendors)
