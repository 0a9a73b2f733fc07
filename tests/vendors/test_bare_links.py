"""Links between records are written within an action, and from the record whose history tells of them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from practice_vetting.core.models import BareWrite
from tests.conftest import Cast
from tests.factories import arranging, make_agreement, make_tool, make_vendor
from vendors.models import Agreement, Tool, Vendor

pytestmark = pytest.mark.django_db
FORWARD: dict[str, Callable[[Agreement, Tool], Any]] = {
    "add": lambda agreement, tool: agreement.tools.add(tool),
    "set": lambda agreement, tool: agreement.tools.set([tool]),
}
REVERSE: dict[str, Callable[[Agreement, Tool], Any]] = {
    "add": lambda agreement, tool: tool.agreements.add(agreement),
    "set": lambda agreement, tool: tool.agreements.set([agreement]),
}


@pytest.fixture
def vendor(cast: Cast) -> Vendor:
    return make_vendor(practice=cast.practice)


@pytest.mark.parametrize("write", [*FORWARD.values(), *REVERSE.values()])
def test_outside_an_action_nothing_is_linked(vendor: Vendor, write: Callable[[Agreement, Tool], Any]):
    tool, agreement = make_tool(vendor=vendor), make_agreement(vendor=vendor, tools=[])
    with pytest.raises(BareWrite), transaction.atomic():
        write(agreement, tool)
    assert list(agreement.tools.all()) == []


@pytest.mark.parametrize("write", REVERSE.values())
def test_from_the_side_without_history_not_even_within_one(vendor: Vendor, write: Callable[[Agreement, Tool], Any]):
    tool, agreement = make_tool(vendor=vendor), make_agreement(vendor=vendor, tools=[])
    with arranging(), pytest.raises(BareWrite), transaction.atomic():
        write(agreement, tool)
    assert list(agreement.tools.all()) == []


def test_outside_an_action_nothing_is_unlinked(vendor: Vendor):
    tool = make_tool(vendor=vendor)
    agreement = make_agreement(vendor=vendor)
    with pytest.raises(BareWrite), transaction.atomic():
        agreement.tools.clear()
    assert list(agreement.tools.all()) == [tool]


def test_a_tool_is_not_moved_to_another_vendor_through_its_list(cast: Cast, vendor: Vendor):
    """Django would update the rows at once, which leaves no history."""
    tool, other = make_tool(vendor=vendor), make_vendor(practice=cast.practice, name="Other")
    with arranging(), pytest.raises(BareWrite), transaction.atomic():
        other.tools.add(tool)
    with pytest.raises(BareWrite), transaction.atomic():
        Tool._base_manager.update(vendor=other)
    assert Tool.objects.get().vendor == vendor
