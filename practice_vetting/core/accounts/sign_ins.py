"""Signing in, well or not, told to each practice of the person; what is unusual is told to the person by mail."""

from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import F

from practice_vetting.core import clock, ledger
from practice_vetting.core.accounts import notices
from practice_vetting.core.accounts.belonging import homes
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.actions import action
from practice_vetting.core.models import LedgerEntry, Person

USUAL_FOR = timedelta(days=90)
A_MINUTE, AN_HOUR, A_DAY = 60, 3600, 86_400  # seconds


@action("person.signed_in", says="signed in")
def sign_in(*, by: Person, where: Where, method: str = "password", unusual: bool = False) -> None:
    """Count and tell a completed sign-in, and mail the person when it is `unusual`. They belong somewhere."""
    Person.objects.filter(pk=by.pk).update(sign_ins=F("sign_ins") + 1)
    by.refresh_from_db(fields=["sign_ins"])
    for practice in homes(by):
        facts: dict[str, Any] = {"browser": where.browser, "method": method, "unusual": unusual}
        ledger.record(by, practice=practice, address=where.address, **facts)
    if unusual:
        notices.new_sign_in(by, where)


def is_unusual(person: Person, where: Where, *, known_device: bool) -> bool:
    """Whether it is neither the first sign-in, nor by a known browser, nor from an address of the last 90 days."""
    if known_device or not person.sign_ins:
        return False
    here = LedgerEntry.objects.filter(
        practice_uid__in=[practice.uid for practice in homes(person)],
        person_uid=person.uid,
        verb="person.signed_in",
        at__gte=clock.now() - USUAL_FOR,
        detail__address=where.address,
    )
    return not here.exists()


def fail(email: str, where: Where) -> None:
    """A wrong password. Nobody guesses the ledger full: a person's practices are told once a minute, with the count."""
    person = Person.objects.filter(email__iexact=email).first()
    if person is None or not homes(person):
        return
    counted = f"sign-ins-failed-{person.pk}"
    tries = cache.get(counted, 0) + 1
    if cache.add(f"sign-in-failed-{person.pk}", True, timeout=A_MINUTE):
        _tell_failed(person=person, by=None, where=where, tries=tries)
        tries = 0
    cache.set(counted, tries, timeout=A_DAY)


def slow_down(email: str, where: Where) -> None:
    """Too many wrong passwords: no more is tried for a while. The person and their practices hear it once an hour."""
    person = Person.objects.filter(email__iexact=email).first()
    if person and homes(person) and cache.add(f"sign-in-slowed-{person.pk}", True, timeout=AN_HOUR):
        _tell_slowed(person=person, by=None, where=where)


@action("person.sign_in_failed", says="turned away a wrong password for")
def _tell_failed(*, person: Person, by: None, where: Where, tries: int) -> None:
    for practice in homes(person):
        ledger.record(person, practice=practice, address=where.address, browser=where.browser, tries=tries)


@action("person.sign_in_slowed", says="slowed down signing in, after many wrong passwords, for")
def _tell_slowed(*, person: Person, by: None, where: Where) -> None:
    for practice in homes(person):
        ledger.record(person, practice=practice, address=where.address, browser=where.browser)
    notices.slowed(person, where)
