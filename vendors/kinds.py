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
    AMENDMENT = "amendment", "Amendment to an agreement"


#: only a business associate agreement lets patient data move (45 CFR 164.502(e)); riders and QSOAs add to it
COVERING_KINDS = (AgreementKind.BAA,)
#: they change another agreement in part, and their clauses complete those of it
AMENDING_KINDS = (AgreementKind.AMENDMENT,)
#: they may name the agreement that they belong to
AMENDS_KINDS = (AgreementKind.AMENDMENT, AgreementKind.RIDER)


class Environment(_Labelled):
    """Where a tool runs: an agreement may cover one of them and not another."""

    PRODUCTION = "production", "Daily use"
    TRIAL = "trial", "Trial or pilot"
    SANDBOX = "sandbox", "Sandbox or training copy"
    BETA = "beta", "Beta features"


class EvidenceKind(_Labelled):
    AGREEMENT = "agreement", "Signed agreement"
    POLICY = "policy", "Policy or procedure"
    REPORT = "report", "Independent report"
    INSURANCE = "insurance", "Insurance certificate"
    CERTIFICATE = "certificate", "Other certificate"
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


class TriggerKind(_Labelled):
    """What happened that an agreement has to be read again for, before its year is over."""

    SUB_PROCESSOR = "sub_processor", "New or changed sub-processor"
    MODEL = "model", "New model, model provider, version or AI feature"
    TERMS = "terms", "Changed terms, privacy policy or agreement text"
    DATA_CLASS = "data_class", "New kind of patient data"
    STATE = "state", "Patients in a new state"
    INCIDENT = "incident", "Security incident or breach"
    OWNERSHIP = "ownership", "Merger, sale or insolvency of the vendor"
    EXPIRED = "expired", "A report or insurance certificate expired"
    LAW = "law", "A law or rule changed"
    COMPLAINT = "complaint", "Complaint"
    TERM_END = "term_end", "The agreement's term comes to its end"


class Known(_Labelled):
    """What is known of a claim: nobody asked is not the same as no."""

    YES = "yes", "Yes, in writing"
    BY_LIST = "by_list", "Yes, by its list"  # of cover: the vendor's own list says so, and nobody has seen it
    NO = "no", "No"
    UNKNOWN = "unknown", "Not known"


#: the same where no list of the vendor says it
KNOWN = [(each.value, each.label) for each in (Known.YES, Known.NO, Known.UNKNOWN)]

#: the same where nobody has to write it down
PLAINLY_KNOWN = [(Known.YES.value, "Yes"), (Known.NO.value, "No"), (Known.UNKNOWN.value, "Not known")]


class SubProcessorRole(_Labelled):
    """What a company behind the vendor does."""

    MODEL = "model", "AI model provider"
    SPEECH = "speech", "Speech to text"
    HOSTING = "hosting", "Hosting and storage"
    MESSAGING = "messaging", "Mail, text messages or telephone"
    MONITORING = "monitoring", "Monitoring and error reports"
    ANALYTICS = "analytics", "Analytics"
    SUPPORT = "support", "Support and staff tools"
    PAYMENT = "payment", "Payments and billing"
    OTHER = "other", "Something else"


class ListState(_Labelled):
    """How far a sub-processor list that was brought in has come."""

    DRAFT = "draft", "Waits for you to confirm it"
    CONFIRMED = "confirmed", "Confirmed"
    SET_ASIDE = "set_aside", "Set aside"


class ListSource(_Labelled):
    """How a sub-processor list came in."""

    PASTED = "pasted", "Pasted as text"
    FILE = "file", "Read from a file"


class PlaceKind(_Labelled):
    """One end of a data flow."""

    PATIENT = "patient", "Patient"
    PERSON = "person", "Person at your practice"
    PRACTICE_SYSTEM = "practice_system", "System of your practice"
    TOOL = "tool", "Tool of this vendor"
    SUB_PROCESSOR = "sub_processor", "Sub-processor of this vendor"
    CONSUMER_TOOL = "consumer_tool", "Consumer tool (personal account, no agreement)"
    PAYER = "payer", "Payer"
    OTHER = "other", "Somebody else"


class FlowData(_Labelled):
    """What a data flow carries, by how it is protected."""

    PHI = "phi", "Patient data (PHI)"
    PART2 = "part2", "Substance-use records (Part 2)"
    COUNSELING_NOTES = "counseling_notes", "Substance-use counseling notes"
    PSYCHOTHERAPY_NOTES = "psychotherapy_notes", "Psychotherapy notes"
    LIMITED = "limited", "Limited data set"
    DE_IDENTIFIED = "de_identified", "De-identified data"
    NONE = "none", "No patient data"
