"""What runs in the background: one-line doors to actions and services."""

from datetime import timedelta

from celery import shared_task

from practice_vetting.core import clock_turns, delivery, health, post, reminders, webhooks
from practice_vetting.core.accounts import account_mails, factor_reset, own_account
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.archive import exports, nightly, workplaces
from practice_vetting.core.documents import jobs
from practice_vetting.core.files import held, orphans, scanning
from practice_vetting.core.models import AccountMailKind
from practice_vetting.core.proof import asked, check


@shared_task(name="core.mail_accounts")
def mail_accounts() -> None:
    account_mails.deliver_waiting()


@shared_task(name="core.mail_reset_link")  # asked by the release before, while an update is under way
def mail_reset_link(email: str, address: str, browser: str) -> None:
    own_account.ask_reset_link(email, Where(address, browser))


@shared_task(name="core.mail_email_link")  # the same
def mail_email_link(person_uid: str, email: str, address: str, browser: str) -> None:
    post.wish(AccountMailKind.EMAIL_LINK, person=person_uid, email=email, address=address, browser=browser)


@shared_task(name="core.run_job")
def run_job(uid: str) -> None:
    jobs.run(uid)


@shared_task(name="core.make_export")
def make_export(uid: str) -> None:
    exports.make(uid)


@shared_task(name="core.compare_history")
def compare_history(uid: str) -> None:
    asked.compare(uid)


@shared_task(name="core.sweep")
def sweep() -> None:
    health.worker_looked()
    jobs.sweep()
    jobs.clear_work()
    exports.sweep()
    asked.sweep()
    held.sweep()
    factor_reset.apply_due_resets()
    scanning.scan_waiting()
    account_mails.deliver_waiting()
    delivery.deliver_waiting()
    webhooks.deliver_waiting()


@shared_task(name="core.sweep_files")
def sweep_files() -> None:
    workplaces.sweep()  # of this machine, so by each that is asked
    clock_turns.once("core.sweep_files", orphans.sweep_files, every=clock_turns.DAY, lease=timedelta(hours=3))


@shared_task(name="core.backup")
def backup() -> None:
    nightly.start()


@shared_task(name="core.check_history")
def check_history() -> None:
    clock_turns.once("core.check_history", check.keep_all, every=clock_turns.DAY, lease=timedelta(hours=3))


@shared_task(name="core.send_reminders")
def send_reminders() -> None:
    clock_turns.once("core.send_reminders", reminders.send_all, every=clock_turns.QUARTER, lease=clock_turns.QUARTER)


@shared_task(name="core.deliver_reminders")
def deliver_reminders() -> None:
    delivery.deliver_waiting()
