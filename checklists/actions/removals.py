"""Removing the records of an ended vendor when their period is over: one person proposes, another owner approves."""

from functools import partial

from django.db import transaction
from django.urls import reverse

from checklists import removing
from checklists.retention import kept
from practice_vetting.core import clock, ledger, reminders
from practice_vetting.core.actions import action
from practice_vetting.core.errors import Refused
from practice_vetting.core.files import keeping
from practice_vetting.core.models import Membership, Person, Practice, Removal, RemovalState
from practice_vetting.core.models.practice import MembershipQuerySet
from practice_vetting.core.roles import Role, may
from practice_vetting.core.typed_name import same_name
from vendors.models import Vendor
from vendors.retention_rules import Kept


@action("removal.proposed", says="proposed to remove the records of")
def propose_removal(*, vendor: Vendor, by: Person, typed_name: str, reason: str, form_id: str | None = None) -> Removal:
    """Propose that everything kept about the vendor goes. Owners and officers are told by mail.

    Raises Refused while anything keeps it, and where no other owner could approve it.
    """
    current = _locked(vendor.practice, vendor.uid)
    _refuse_name(current.name, typed_name)
    period = _refuse_kept(current)
    if Removal.objects.of(current.practice).filter(vendor_uid=current.uid, state=RemovalState.PROPOSED).exists():
        raise Refused("The removal of this vendor’s records is proposed already.")
    if not _owners(current.practice).exclude(person=by).exists():
        raise Refused(
            "Another owner has to approve this, and there is none. As the only owner, let an officer propose it."
        )
    removal = Removal(
        practice=current.practice, vendor_uid=current.uid, vendor_label=current.name, reason=reason.strip(),
        years=period.period.years, source=period.period.source, kept_until=period.until,
        counts=removing.belongings(current).counts, proposed_by=by, proposed_at=clock.now(), form_id=form_id,
    )  # fmt: skip
    removal.save()
    ledger.record(removal, label=current.name, reason=removal.reason, vendor=current.uid, counts=removal.counts)
    _tell("removal_proposed", removal, by)
    return removal


@action("removal.withdrawn", says="withdrew the proposal to remove the records of")
def withdraw_removal(*, removal: Removal, by: Person) -> Removal:
    """Take the proposal back: everything stays. Raises Refused when it waits no more."""
    current = _waiting(removal)
    current.state, current.withdrawn_by, current.withdrawn_at = RemovalState.WITHDRAWN, by, clock.now()
    current.version += 1
    current.save(update_fields=["state", "withdrawn_by", "withdrawn_at", "version"])
    ledger.record(current, label=current.vendor_label, vendor=current.vendor_uid)
    _tell("removal_withdrawn", current, by)
    return current


@action("records.removed", says="approved the removal, and removed for good the records of")
def approve_removal(*, removal: Removal, by: Person, typed_name: str) -> Removal:
    """Remove everything kept about the vendor, history included; the ledger stays, and this is told there.

    Raises Refused to the proposer and to whoever is no owner, when the proposer could not propose it any more, and when
    anything changed since it was proposed.
    """
    current = _waiting(removal)
    if current.proposed_by_id == by.pk:
        raise Refused("You proposed this yourself. Another owner has to approve it.")
    if not _owners(current.practice).filter(person=by).exists():
        raise Refused("Only an owner of the practice can approve this.")
    _refuse_gone(current)
    _refuse_name(current.vendor_label, typed_name)
    vendor = _locked(current.practice, current.vendor_uid)
    _refuse_kept(vendor)
    found = removing.belongings(vendor)
    if found.counts != current.counts or vendor.name != current.vendor_label:
        raise Refused("Something about this vendor changed since it was proposed. Withdraw it, and propose it again.")
    told, files = found.told(), [(each.sha256, each.path) for each in found.files]
    _move(current, RemovalState.AT_WORK, by)
    removing.take_away(found)
    _move(current, RemovalState.DONE, by)
    facts = {"proposed_by": current.proposed_by.name, "approved_by": by.name, "counts": current.counts}
    period = {"years": current.years, "source": current.source, "kept_until": current.kept_until}
    ledger.record(
        current, label=current.vendor_label, reason=current.reason, vendor=current.vendor_uid, **facts, **period, **told
    )
    _tell("removal_done", current, by)
    for sha256, path in files:
        transaction.on_commit(partial(keeping.remove_bytes, current.practice.uid, sha256, path), robust=True)
    return current


def _locked(practice: Practice, uid: str) -> Vendor:
    """The vendor, held: nobody places a hold on it, or adds to it, until this is done."""
    found = Vendor.objects.of(practice).select_for_update(of=("self",)).select_related("practice")
    return found.get(uid=uid)


def _waiting(removal: Removal) -> Removal:
    rows = Removal.objects.select_for_update(of=("self",)).select_related("practice", "proposed_by")
    current: Removal = rows.get(pk=removal.pk)
    if not current.is_open:
        raise Refused(f"This proposal waits no more: {current.get_state_display().lower()}.")
    return current


def _refuse_gone(removal: Removal) -> None:
    """Two persons answer for a removal, and both on the day when it happens."""
    active = Membership.objects.of(removal.practice).active(removal.practice.today())
    proposer = active.filter(person=removal.proposed_by).first()
    if not proposer or not may(Role(proposer.role), "hold"):
        raise Refused(
            f"{removal.proposed_by.name}, who proposed this, may not propose a removal any more. "
            "Withdraw it, and let somebody else propose it again."
        )


def _refuse_name(name: str, typed: str) -> None:
    if not same_name(typed, name):
        raise Refused(f"Type the vendor’s name as it stands here: {name}.", field="typed_name")


def _refuse_kept(vendor: Vendor) -> Kept:
    """How long it was kept. Raises Refused with what keeps it today."""
    today = vendor.practice.today()
    found = kept(vendor, today)
    if refusal := found.refusal(today):
        raise Refused(f"Nothing was removed. {refusal}")
    if removing.belongings(vendor).is_being_worked_on:
        raise Refused("A document about this vendor is being made right now. Try again when it is ready.")
    return found


def _owners(practice: Practice) -> MembershipQuerySet:
    return Membership.objects.of(practice).active(practice.today()).filter(role=Role.OWNER)


def _move(removal: Removal, state: RemovalState, by: Person) -> None:
    removal.state, removal.approved_by = state, by
    removal.approved_at = removal.approved_at or clock.now()
    removal.version += 1
    removal.save(update_fields=["state", "approved_by", "approved_at", "version"])


def _tell(kind: str, removal: Removal, by: Person) -> None:
    context = {
        "removal": removal,
        "vendor_name": removal.vendor_label,
        "by_name": by.name,
        "path": reverse("checklists:removal", args=[removal.uid]),
    }
    reminders.tell_now(
        practice=removal.practice,
        kind=kind,
        subject=removal,
        roles=[Role.OFFICER, Role.OWNER],
        template=kind,
        context=context,
    )
