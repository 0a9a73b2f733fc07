"""The invented practice and its four people: how they came in, and how they sign in day by day."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from checklists.demo.past import ZONE, Diary, Step, first_of_each_day
from practice_vetting.core import people
from practice_vetting.core.accounts import sign_ins
from practice_vetting.core.accounts.notices import Where
from practice_vetting.core.installation import new_code
from practice_vetting.core.models import Person, Practice
from practice_vetting.core.roles import Role

PRACTICE = "Harbor Light Counseling"
NAMES = {Role.OWNER: "Maria Reyes", Role.OFFICER: "Dana Okafor", Role.STAFF: "Sam Lindqvist", Role.AUDITOR: "Alex Tan"}
ADDRESS = "192.0.2.14"  # of nobody: RFC 5737 keeps it for examples
BEGAN = 431  # days ago
AUDITED = timedelta(days=90)  # from today on


def email_of(role: Role) -> str:
    return f"{role}@harborlight.example"


@dataclass
class Cast:
    """The practice and its people by role, once they have come in."""

    password: str
    practices: list[Practice] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def practice(self) -> Practice:
        return self.practices[0]


def came_in(cast: Cast, today: date) -> Diary:
    """The owner takes the installation, and invites the others; each joins."""
    diary = Diary(today, place=0)
    diary.note(BEGAN, "", lambda: _set_up(cast))
    for days, role in [(BEGAN - 1, Role.OFFICER), (BEGAN - 2, Role.STAFF), (125, Role.AUDITOR)]:
        until = today + AUDITED if role == Role.AUDITOR else None
        diary.note(days, "", partial(_invite_and_join, cast, role, until))
    return diary


def signing_in(cast: Cast, steps: list[Step]) -> Iterator[Step]:
    """A sign-in a minute before each person's first step of a day."""
    for step in first_of_each_day(steps):
        at = step.at - timedelta(minutes=1, seconds=list(NAMES).index(Role(step.who)) + 1)
        yield Step(at, step.who, partial(_sign_in, cast, step.who))


def _set_up(cast: Cast) -> None:
    new_code()  # the set-up takes the row that it makes
    owner = Person(email=email_of(Role.OWNER), name=NAMES[Role.OWNER])
    membership = people.set_up(
        by=owner, name=PRACTICE, time_zone=ZONE, states=["CA", "OR"], part2=True, password=cast.password
    )
    cast.practices.append(membership.practice)
    cast.people[Role.OWNER] = owner


def _invite_and_join(cast: Cast, role: Role, until: date | None) -> None:
    person = Person(email=email_of(role), name=NAMES[role])
    owner = cast.people[Role.OWNER]
    invited = people.invite(
        practice=cast.practice, by=owner, email=person.email, name=person.name, role=role.value, access_until=until
    )
    people.join(invitation=invited.invitation, by=person, password=cast.password)
    cast.people[role] = person


def _sign_in(cast: Cast, who: str) -> None:
    sign_ins.sign_in(by=cast.people[who], where=Where(ADDRESS))
