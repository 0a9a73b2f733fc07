"""Who may do what: plain data, no Django. A page prints this table, and the door test walks it."""

from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    OFFICER = "officer"
    STAFF = "staff"
    AUDITOR = "auditor"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Role.OWNER: "Practice owner",
    Role.OFFICER: "Compliance officer",
    Role.STAFF: "Staff",
    Role.AUDITOR: "Auditor (reads only)",
}

_EVERYBODY = frozenset(Role)
_WORKING = frozenset({Role.OWNER, Role.OFFICER, Role.STAFF})
_KEEPING = frozenset({Role.OWNER, Role.OFFICER})

#: permission -> (what it lets a person do, the roles that have it)
PERMISSIONS: dict[str, tuple[str, frozenset[Role]]] = {
    "see": ("Read vendors, tools, agreements, evidence and evaluations", _EVERYBODY),
    "propose": ("Propose a vendor or a tool", _WORKING),
    "answer": ("Record answers and add evidence", _WORKING),
    "quarantine": ("Say that a document holds patient data, so that nobody opens it", _WORKING),
    "report": ("Report that patient data reached a vendor that should not have it", _WORKING),
    "decide": ("Decide about an exposure, close it, or take it up again", _KEEPING),
    "purge": ("Release a quarantined document, or purge it for good", frozenset({Role.OWNER})),
    "record": ("Change vendors, tools and agreements, read clauses, record reviews", _KEEPING),
    "evaluate": ("Start and submit an evaluation, mark a tool as in use", _KEEPING),
    "attest": ("Attest an evaluation", _KEEPING),
    "countersign": ("Countersign an evaluation", frozenset({Role.OWNER})),
    "remind": ("Be reminded of what is due, by mail and in a calendar", _KEEPING),
    "issue": ("Have a dossier made", _KEEPING),
    "download": ("Download evidence and signed documents", _EVERYBODY),
    "history": ("Read what happened, and who did it", frozenset({Role.OWNER, Role.OFFICER, Role.AUDITOR})),
    "export": ("Take the history away as a file", frozenset({Role.OWNER, Role.OFFICER, Role.AUDITOR})),
    "check": ("Have all history compared with the ledger now", _KEEPING),
    "kept": ("Read what is kept, and for how long", frozenset({Role.OWNER, Role.OFFICER, Role.AUDITOR})),
    "reminders": (
        "See every date that comes, and who was told of it",
        frozenset({Role.OWNER, Role.OFFICER, Role.AUDITOR}),
    ),
    "hold": ("Place a legal hold on a vendor, and propose that its records are removed", _KEEPING),
    "remove": ("Lift a legal hold, and approve that records are removed", frozenset({Role.OWNER})),
    "backups": ("Read whether backups are made", _KEEPING),
    "take": ("Download everything of the practice as files", frozenset({Role.OWNER})),
    "people": ("Invite people and end their access", _KEEPING),
    "reset": ("Reset the second factor of a member who lost it", frozenset({Role.OWNER})),
    "practice": ("Change the practice's settings", frozenset({Role.OWNER})),
}


def may(role: Role | str, permission: str) -> bool:
    """Whether the role has the permission. An unknown permission is an error, never a quiet no."""
    return Role(role) in PERMISSIONS[permission][1]


#: role -> the roles that it may give to somebody: never one above its own.
MAY_GIVE: dict[Role, frozenset[Role]] = {
    Role.OWNER: frozenset(Role),
    Role.OFFICER: frozenset({Role.OFFICER, Role.STAFF, Role.AUDITOR}),
    Role.STAFF: frozenset(),
    Role.AUDITOR: frozenset(),
}
