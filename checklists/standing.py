from vendors.models import Vendor


def judge(vendor: Vendor) -> None:
    """To be built."""
