from vendors.models.agreement import Agreement, ClauseReading, Review
from vendors.models.data_flow import DataFlow
from vendors.models.evidence import Evidence
from vendors.models.exposure import Exposure, ExposureEvidence
from vendors.models.hold import LegalHold
from vendors.models.part2 import Part2Check, Part2Memo
from vendors.models.rollout import RolloutStep
from vendors.models.standing import Standing
from vendors.models.sub_processor import SubProcessor, SubProcessorList
from vendors.models.trigger import ReviewTrigger
from vendors.models.vendor import Tool, Vendor

__all__ = [
    "Agreement",
    "ClauseReading",
    "DataFlow",
    "Evidence",
    "Exposure",
    "ExposureEvidence",
    "LegalHold",
    "Part2Check",
    "Part2Memo",
    "Review",
    "ReviewTrigger",
    "RolloutStep",
    "Standing",
    "SubProcessor",
    "SubProcessorList",
    "Tool",
    "Vendor",
]
