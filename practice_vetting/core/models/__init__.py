from practice_vetting.core.models.account_link import AccountLink, LinkPurpose
from practice_vetting.core.models.account_mail import AccountMail, AccountMailKind, AccountMailState
from practice_vetting.core.models.asked_check import AskedCheck, CheckState
from practice_vetting.core.models.backup_run import BackupRun, BackupState
from practice_vetting.core.models.calendar_feed import CalendarFeed
from practice_vetting.core.models.clock_turn import ClockTurn
from practice_vetting.core.models.document import Document, Job, JobState
from practice_vetting.core.models.factor_reset import FactorReset
from practice_vetting.core.models.history_check import HistoryCheck
from practice_vetting.core.models.ledger import LedgerEntry, LedgerHead
from practice_vetting.core.models.mail import Mail, MailKind, MailState, QuietWeek
from practice_vetting.core.models.person import Person
from practice_vetting.core.models.practice import Installation, Invitation, Membership, Practice
from practice_vetting.core.models.practice_export import ExportState, PracticeExport
from practice_vetting.core.models.record import BareWrite, Record, Several
from practice_vetting.core.models.reminder import Reminder, ReminderRound
from practice_vetting.core.models.removal import Removal, RemovalState
from practice_vetting.core.models.seal_certificate import SealCertificate
from practice_vetting.core.models.snooze import Snooze
from practice_vetting.core.models.stored_file import StoredFile
from practice_vetting.core.models.webhook import CallState, Webhook, WebhookCall

__all__ = [
    "AccountLink",
    "AccountMail",
    "AccountMailKind",
    "AccountMailState",
    "AskedCheck",
    "BackupRun",
    "BackupState",
    "BareWrite",
    "CalendarFeed",
    "CallState",
    "CheckState",
    "ClockTurn",
    "Document",
    "ExportState",
    "FactorReset",
    "HistoryCheck",
    "Installation",
    "Invitation",
    "Job",
    "JobState",
    "LedgerEntry",
    "LedgerHead",
    "LinkPurpose",
    "Mail",
    "MailKind",
    "MailState",
    "Membership",
    "Person",
    "Practice",
    "PracticeExport",
    "QuietWeek",
    "Record",
    "Reminder",
    "ReminderRound",
    "Removal",
    "RemovalState",
    "SealCertificate",
    "Several",
    "Snooze",
    "StoredFile",
    "Webhook",
    "WebhookCall",
]
