"""Who comes with an export, and what is told of it: nobody gets in here by an e-mail that its history does not say."""

from typing import Any

from django.db.models import Q

from practice_vetting.core import ledger
from practice_vetting.core.accounts.factor_reset import stop_reset
from practice_vetting.core.actions import action
from practice_vetting.core.documents.certificates import fingerprint
from practice_vetting.core.errors import Refused
from practice_vetting.core.memberships import memberships_of, still_open
from practice_vetting.core.models import FactorReset, Invitation, Membership, Person, Practice, SealCertificate
from practice_vetting.core.people import end_invitations
from practice_vetting.core.roles import Role

FORGED = (
    "This export says of %s (%s) what the history in it does not, so it was changed after it was made. "
    "Nothing was brought in."
)
OTHER_SEAL = "This export holds a certificate under a fingerprint that is not its own. Nothing was brought in."


def refuse_forged_people(practice: Practice) -> None:
    """Raises Refused when a row says another e-mail, name or state of a person than the history that came along.

    Another practice's ledger may tell all of a person, and this one nothing: then they came here by an invitation,
    and it has their e-mail.
    """
    for person in Person.objects.order_by("pk"):
        last = _told_last(person)
        fits = _fits(person, last) if last else _was_invited(person, practice)
        if not fits:
            raise Refused(FORGED % (person.name, person.email))


def _told_last(person: Person) -> Any:
    return Person.history.model.objects.filter(id=person.pk).order_by("-history_id").first()


def _fits(person: Person, last: Any) -> bool:
    return all(getattr(last, field.attname) == getattr(person, field.attname) for field in last.tracked_fields)


def _was_invited(person: Person, practice: Practice) -> bool:
    if not still_open(memberships_of(person)):
        return True  # who has no access gets in by no e-mail
    used = Invitation.objects.of(practice).filter(email__iexact=person.email).exclude(used_at=None)
    return bool(used.exists())


@action("practice.imported", says="brought in from another installation:")
def tell_imported(*, practice: Practice, by: None, about: dict[str, Any], rows: int) -> None:
    """Tell it in the practice's ledger, and with it what people are called whose history another practice keeps.

    Links that were sent out over there end here: open invitations, and those that stop a reset.
    """
    for person in Person.objects.order_by("pk"):
        if _told_last(person) is None:
            person.save(update_fields=["name"])
    nobody: Any = None
    for reset in FactorReset.objects.pending().filter(practice=practice).select_related("person", "practice"):
        stop_reset(reset=reset, by=nobody)
    ledger.record(
        practice,
        export_of=about["made_at"],
        software=about["software"],
        rows=rows,
        owners=owners(practice),
        certificates=certificates(),
        invitations_ended=end_invitations(practice, Q()),
    )


def owners(practice: Practice) -> list[list[str]]:
    """Name and e-mail of who owns the practice today."""
    found = Membership.objects.of(practice).active(practice.today()).filter(role=Role.OWNER)
    return [list(each) for each in found.order_by("id").values_list("person__name", "person__email")]


def certificates() -> list[str]:
    """The fingerprints of the certificates that sealed documents, reckoned anew. Raises Refused."""
    found = []
    for row in SealCertificate.objects.order_by("first_used_at", "id"):
        if _fingerprint(row) != row.fingerprint:
            raise Refused(OTHER_SEAL)
        found += [row.fingerprint] if row.source != "time" else []
    return found


def _fingerprint(row: SealCertificate) -> str:
    try:
        return fingerprint(row.certificate.encode())
    except ValueError:
        return ""
