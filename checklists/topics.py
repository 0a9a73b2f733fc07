"""What a practice watches between two evaluations: reviews, sub-processors, data map and the like, one line each."""

from collections.abc import Callable
from datetime import date

from checklists import rollout_plan
from vendors import flow_map
from vendors.exposures import exposures_topic
from vendors.models import Vendor
from vendors.part2_memos import part2_topic
from vendors.review_list import reviews_topic
from vendors.sub_processor_topic import sub_processors
from vendors.topics import Topic

#: each gives the vendor's line on that day, or None where it has nothing to say; in the order of the page
SOURCES: tuple[Callable[[Vendor, date], Topic | None], ...] = (
    reviews_topic,
    sub_processors,
    flow_map.topic,
    part2_topic,
    rollout_plan.topic,
    exposures_topic,  # an open one stands at the head of the page, too
)


def topics_of(vendor: Vendor, on: date) -> list[Topic]:
    return [topic for source in SOURCES if (topic := source(vendor, on))]
