"""The fixed lists of this app: plain enums, no Django."""

from enum import StrEnum


class _Labelled(StrEnum):
    label: str

    def __new__(cls, value: str, label: str = "") -> "_Labelled":
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(member.value, member.label) for member in cls]


class StandingState(_Labelled):
    PROPOSED = "proposed", "Proposed"
    IN_EVALUATION = "in_evaluation", "In evaluation"
    CLEARED = "cleared", "Cleared"
    LAPSED = "lapsed", "Lapsed"
    STOPPED = "stopped", "Stopped"
    ENDED = "ended", "Ended"
    NO_PATIENT_DATA = "no_patient_data", "No patient data"


class DataClass(_Labelled):
    """Kinds of patient data a tool may touch."""

    CONTACT = "contact", "Names and contact details"
    APPOINTMENTS = "appointments", "Appointments and reasons for them"
    BILLING = "billing", "Insurance, claims and payments"
    DIAGNOSES = "diagnoses", "Diagnoses, medication and treatment plans"
    NOTES = "notes", "Progress notes"
    AUDIO = "audio", "Session audio, video or transcripts"
    MESSAGES = "messages", "Messages between patients and the practice"
    FORMS = "forms", "Intake forms and questionnaires"


class AgreementKind(_Labelled):
    BAA = "baa", "Business associate agreement (BAA)"
    QSOA = "qsoa", "Qualified service organization agreement (QSOA)"
    RIDER = "rider", "Part 2 rider to an agreement"


class EvidenceKind(_Labelled):
    AGREEMENT = "agreement", "Signed agreement"
    POLICY = "policy", "Policy or procedure"
    REPORT = "report", "Independent report"
    DIAGRAM = "diagram", "Data-flow diagram or payload sample"
    LOG = "log", "Log export"
    STATEMENT = "statement", "Written statement or e-mail"
    TEST = "test", "Test script or recording"
    MEMO = "memo", "Signed memo of the practice"
    OTHER = "other", "Other document"


class TextRead(_Labelled):
    """How far the text of a file could be looked through for patient data."""

    READ = "read", "Its text was looked through"
    PARTLY = "partly", "Only a part of its text could be looked through"
    NO_TEXT = "no_text", "It has no text that we could read (a scan?)"
    FAILED = "failed", "Its text could not be read"


class ReviewFinding(_Labelled):
    STANDS = "stands", "It still stands"
    CHANGES = "changes", "Something must change"
