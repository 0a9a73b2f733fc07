"""The topics of a vendor's page: sub-processors, data map, exposures and the like, one line each."""

from collections.abc import Callable
from datetime import date

from vendors.models import Vendor
from vendors.topics import Topic

#: each gives the vendor's line on that day, or None where it has nothing to say; in the order of the page
SOURCES: tuple[Callable[[Vendor, date], Topic | None], ...] = ()


def topics_of(vendor: Vendor, on: date) -> list[Topic]:
    return [topic for source in SOURCES if (topic := source(vendor, on))]
