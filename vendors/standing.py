"""How this app asks for a vendor to be judged again, without knowing who judges."""

from django.conf import settings
from django.utils.module_loading import import_string

from vendors.models import Vendor


def rejudge(vendor: Vendor) -> None:
    """Judge the vendor's standing as of today, in the transaction under way (settings.JUDGE)."""
    import_string(settings.JUDGE)(vendor)
