from vendors.models.agreement import Agreement, ClauseReading, Review
from vendors.models.evidence import Evidence
from vendors.models.hold import LegalHold
from vendors.models.standing import Standing
from vendors.models.vendor import Tool, Vendor

__all__ = ["Agreement", "ClauseReading", "Evidence", "LegalHold", "Review", "Standing", "Tool", "Vendor"]
