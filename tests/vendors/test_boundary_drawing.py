"""The drawing of the map: every kind of place in its layer, nothing on top of something else, and words for it all."""

import re
from itertools import combinations

import pytest
from django.template.loader import render_to_string

from tests.vendors.test_flow_rules import RECORD, SCRIBE, STAFF, facts, flow
from vendors.boundary_drawing import MOST_FLOWS, MOST_TOOLS, Drawing, draw
from vendors.boundary_layers import LAYERS, layer_of
from vendors.boundary_looks import LOOKS, MARKS
from vendors.flow_facts import MapFacts, Place
from vendors.kinds import FlowData, Known, PlaceKind


def place(kind: PlaceKind, number: int) -> Place:
    keyed = kind in (PlaceKind.TOOL, PlaceKind.SUB_PROCESSOR)
    return Place(kind=kind, name=f"{kind.label} {number}", key=f"{kind}{number}" if keyed else "")


def large() -> MapFacts:
    """12 tools and 30 flows, forth and back, some across the whole drawing."""
    tools = [place(PlaceKind.TOOL, number) for number in range(12)]
    ends = [(STAFF, tool) for tool in tools]
    ends += [(tool, place(PlaceKind.SUB_PROCESSOR, at // 2)) for at, tool in enumerate(tools[:8])]
    ends += [(tool, RECORD) for tool in tools[:5]]
    ends += [(place(PlaceKind.SUB_PROCESSOR, 0), tools[0]), (tools[3], tools[4]), (tools[5], place(PlaceKind.PAYER, 0))]
    ends += [(STAFF, place(PlaceKind.CONSUMER_TOOL, 0)), (place(PlaceKind.SUB_PROCESSOR, 1), RECORD)]
    return facts(*(flow(*pair, key=f"f{at}", number=at) for at, pair in enumerate(ends, start=1)))


@pytest.mark.parametrize("kind", PlaceKind)
def test_every_kind_of_place_has_one_layer(kind: PlaceKind):
    assert sum(kind in kinds for _, kinds in LAYERS) == 1
    drawing = draw(facts(flow(SCRIBE, place(kind, 1))))
    band, box = drawing.bands[layer_of(kind)], next(each for each in drawing.boxes if each.full.startswith(kind.label))
    assert (box.x, box.kind) == (band.x, kind)


def test_four_layers_always_stand_and_what_is_outside_comes_when_it_is_there():
    assert [len(draw(facts(flow(SCRIBE, end))).bands) for end in (RECORD, place(PlaceKind.PAYER, 1))] == [4, 5]


@pytest.mark.parametrize("for_paper", [False, True])
def test_no_box_and_no_number_lies_on_another(for_paper: bool):
    drawing = draw(large(), for_paper=for_paper)
    assert (len(drawing.arrows), sum(each.kind == PlaceKind.TOOL for each in drawing.boxes)) == (30, 12)
    boxes = [(each.x, each.y, each.x + each.width, each.y + each.height) for each in drawing.boxes]
    boxes += [(each.corner_x, each.corner_y, each.corner_x + each.wide, each.corner_y + 20) for each in drawing.arrows]
    across = [(one, other) for one, other in combinations(boxes, 2) if overlap(one, other)]
    assert across == []
    assert all(left >= 0 and right <= drawing.width and bottom <= drawing.foot for left, _, right, bottom in boxes)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_an_arrow_that_passes_a_layer_crosses_no_box():
    drawing = draw(large())
    for arrow in drawing.arrows:
        here = 0.0
        for command, numbers in re.findall(r"([MCHh])([-\d. ]+)", arrow.path):
            at = [float(each) for each in numbers.split()]
            if command == "H":
                through = [each for each in drawing.boxes if each.x < at[0] + 1 and at[0] - each.width - 1 < each.x]
                assert [each.full for each in through if each.y < here < each.y + each.height] == []
            here = at[-1] if command in "MC" else here


def test_more_flows_than_that_are_bundled_between_the_same_places():
    many = [flow(STAFF, SCRIBE, key=f"f{at}", number=at) for at in range(1, MOST_FLOWS + 2)]
    drawing = draw(facts(*many, flow(SCRIBE, RECORD, key="x", number=99, logged=Known.NO)))
    assert [(each.number, each.mark.name) for each in drawing.arrows] == [("31×", "data"), ("99", "failed")]


def test_with_many_vendors_each_is_one_box():
    several = []
    for at in range(MOST_TOOLS + 1):
        tool = Place(kind=PlaceKind.TOOL, name=f"Tool {at}", key=f"t{at}")
        several.append(facts(flow(STAFF, tool, key=f"f{at}", number=at), key=f"v{at}", name=f"Vendor {at}"))
    assert {each.full for each in draw(several).boxes} >= {"Vendor 0", "Vendor 12"}
    assert {each.full for each in draw(several[:2]).boxes} >= {"Tool 0: Vendor 0"}


def test_a_long_name_is_cut_and_kept_whole_beside():
    name = "The Very Long Name of a Tool That Nobody Could Ever Fit Into a Small Box of a Drawing"
    box = draw(facts(flow(STAFF, Place(kind=PlaceKind.TOOL, name=name, key="t")))).boxes[1]
    assert (box.full, len(box.lines), box.lines[-1].text[-1]) == (name, 2, "…")


def test_error_and_warning_have_a_shape_and_a_word_beside_their_colour():
    assert len({*(mark.shape for mark in MARKS.values()), "circle"}) == 3
    assert len({look.dash for look in LOOKS.values()}) == len(LOOKS)
    wrong = draw(facts(flow(STAFF, SCRIBE, logged=Known.NO))).arrows[0]
    assert (wrong.mark.shape, wrong.full) == ("square", "Flow 1: People at your practice to Scribe (error)")


def test_the_line_tells_the_data_and_the_number_tells_what_was_found():
    two = draw(facts(flow(STAFF, SCRIBE, logged=Known.UNKNOWN), flow(STAFF, SCRIBE, FlowData.NONE, key="n", number=2)))
    assert [(each.look.name, each.mark.name) for each in two.arrows] == [("data", "open"), ("none", "none")]
    svg = svg_of(two)
    assert ('class="flow data"' in svg, 'class="number open"' in svg, ">Warning</text>" in svg) == (True, True, True)


@pytest.mark.parametrize("for_paper", [False, True])
def test_the_picture_has_a_name_a_description_and_nothing_inline(for_paper: bool):
    svg = svg_of(draw(facts(flow(STAFF, SCRIBE, FlowData.NONE)), for_paper=for_paper))
    assert 'role="img" aria-labelledby="boundary-title boundary-desc"' in svg
    assert '<title id="boundary-title">Patient-data map of Notewell</title>' in svg
    assert ("style=" in svg, "var(" in svg) == (False, False)


def test_on_paper_a_drawing_fits_one_page_however_high_it_is():
    tools = [place(PlaceKind.TOOL, number) for number in range(25)]
    drawing = draw(facts(*(flow(STAFF, tool, key=tool.key) for tool in tools)), for_paper=True)
    size = [float(each.removesuffix("mm")) for each in (drawing.wide, drawing.high)]
    assert (size[0] <= 175, size[1] <= 205, drawing.height > drawing.width) == (True, True, True)


def test_a_name_is_written_as_text():
    evil = Place(kind=PlaceKind.OTHER, name="<script>alert(1)</script>")
    assert "<script>" not in svg_of(draw(facts(flow(STAFF, evil))))


def svg_of(drawing: Drawing) -> str:
    return render_to_string("vendors/_boundary.html", {"drawing": drawing})
