"""How the agreements of one vendor hang together: new versions, and amendments of another."""

from dataclasses import replace
from datetime import date
from typing import Any

from practice_vetting.core.errors import Refused
from vendors.kinds import AMENDS_KINDS, AgreementKind
from vendors.models import Agreement, Vendor


def settle(vendor: Vendor, changed: Agreement) -> dict[str, Any]:
    """Bring each agreement's `superseded_on` in line with the dates of its newer version, inside the action under way.

    What amends an agreement goes with it. Returns what the ledger is told of it, empty when nothing moved. `changed` is
    the one that the action holds: it sees its own new day too.
    """
    rows = list(Agreement.objects.filter(vendor=vendor).order_by("id"))
    days = _days(rows)
    moved = [each for each in rows if each.superseded_on != days[each.pk]]
    for each in moved:
        each.superseded_on = days[each.pk]
        each.save(update_fields=["superseded_on"])
    changed.superseded_on = days[changed.pk]
    return {"superseded": {each.uid: each.superseded_on for each in moved}} if moved else {}


def _days(rows: list[Agreement]) -> dict[int, date | None]:
    """The day on which each is superseded: a newer version, or an amendment, is always the later row."""
    newer = {each.replaces_id: each for each in rows if each.replaces_id}
    days: dict[int, date | None] = {}
    for each in reversed(rows):
        after = newer.get(each.pk)
        days[each.pk] = _takes_over(after, days[after.pk]) if after else None
    for each in rows:
        if each.amends_id:
            days[each.pk] = min(filter(None, (days[each.pk], days[each.amends_id])), default=None)
    return days


def _takes_over(newer: Agreement, superseded_on: date | None) -> date | None:
    """The first day of the newer version; if it never comes into force itself, that of what supersedes it in turn."""
    return replace(newer.dates, superseded_on=superseded_on).begins_on or superseded_on


def refuse(old: Agreement, *, kind_of: str) -> None:
    """Raises Refused when there is a newer version already, or for one of another kind."""
    if Agreement.objects.filter(replaces=old).exists():
        raise Refused("A newer version of this agreement is on file already. Open that one, and change it.")
    if kind_of != old.kind_of:
        kind = AgreementKind(old.kind_of).label
        raise Refused(f"A new version is of the same kind: {kind}. Record another agreement apart.", field="kind_of")


def refuse_amending(agreement: Agreement) -> None:
    """Raises Refused for an amendment of nothing, of itself, of what it replaces or of another amendment.

    So it does for what cannot amend, and for a kind that does not fit its other versions or its own amendments.
    """
    _refuse_kind(agreement)
    amended = agreement.amends
    if amended is None:
        if agreement.kind_of == AgreementKind.AMENDMENT:
            raise Refused("Choose the agreement that it amends.", field="amends")
        return
    if agreement.kind_of not in AMENDS_KINDS:
        raise Refused("Only an amendment or a rider belongs to another agreement. Leave this empty.", field="amends")
    if amended.vendor_id != agreement.vendor_id:
        raise Refused("This agreement is with another vendor.", field="amends")
    if amended.kind_of in AMENDS_KINDS or amended.pk == agreement.pk:
        raise Refused("Choose the agreement itself, not another amendment or rider.", field="amends")


def _refuse_kind(agreement: Agreement) -> None:
    """An agreement and its amendments never change places: not by a new version, and not by a change of the kind."""
    amends = agreement.kind_of in AMENDS_KINDS
    versions = [agreement.replaces] if agreement.replaces else []
    versions += Agreement.objects.filter(replaces=agreement) if agreement.pk else []
    if other := next((each for each in versions if (each.kind_of in AMENDS_KINDS) != amends), None):
        kind = AgreementKind(other.kind_of).label
        raise Refused(f"Its other version is of this kind: {kind}. Record another agreement apart.", field="kind_of")
    if amends and agreement.pk and agreement.amendments.exists():
        raise Refused("Other agreements amend this one, so it cannot be an amendment or a rider.", field="kind_of")
