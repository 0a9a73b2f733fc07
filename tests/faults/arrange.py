"""Fills an installation with practices and officers by the product's own actions, and says in JSON who they are.

python -m tests.faults.arrange PRACTICES OFFICERS
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from checklists.actions.evaluations import start_evaluation  # noqa: E402
from checklists.models import Evaluation  # noqa: E402
from practice_vetting.core import clock  # noqa: E402
from practice_vetting.core.installation import new_code  # noqa: E402
from practice_vetting.core.models import Person, Practice  # noqa: E402
from practice_vetting.core.people import Invited, invite, join, set_up  # noqa: E402
from practice_vetting.core.practices import add_practice  # noqa: E402
from practice_vetting.core.roles import Role  # noqa: E402
from tests.core.factors import SECRET, give_app  # noqa: E402
from tests.factories import PASSWORD  # noqa: E402
from vendors.actions.tools import add_tool  # noqa: E402
from vendors.actions.vendors import add_vendor  # noqa: E402

NAMES = ["Harbor Light Counseling", "Quiet Pines Therapy", "Cedar Row Clinic", "Low Tide Psychology"]


def main(practices: int, officers: int) -> None:
    told = [facts for number in range(practices) for facts in people_of(number, officers)]
    sys.stdout.write(json.dumps(told))


def people_of(number: int, officers: int) -> Iterator[dict[str, Any]]:
    """A practice and its officers, each with a vendor of their own and one that all of them share."""
    practice, owner = practice_with_owner(number)
    people = [joined(practice, owner, f"officer{number}.{which}", which) for which in range(officers)]
    shared = evaluation_of(practice, people[0], "Shared by all")
    for which, person in enumerate(people):
        own = evaluation_of(practice, person, f"Own of {which}")
        yield {
            "practice": practice.uid,
            "email": person.email,
            "password": PASSWORD,
            "secret": SECRET,
            "vendor": own.vendor.uid,
            "evaluation": own.uid,
            "shared": shared.uid,
        }


def practice_with_owner(number: int) -> tuple[Practice, Person]:
    name, email = f"{NAMES[number % len(NAMES)]} {number + 1}", f"owner{number}@faults.example"
    owner = Person(email=email, name="Maria Reyes")
    if number == 0:
        new_code()
        made = set_up(by=owner, name=name, time_zone=_awake(), states=["CA"], part2=False, password=PASSWORD)
        return made.practice, owner
    invited = add_practice(
        by=None, name=name, time_zone=_awake(), states=["CA"], owner_name=owner.name, owner_email=email
    )
    return _join(invited, owner), owner


def joined(practice: Practice, owner: Person, name: str, which: int) -> Person:
    person = Person(email=f"{name}@faults.example", name=f"Dana Okafor {which}")
    _join(invite(practice=practice, by=owner, email=person.email, name=person.name, role=Role.OFFICER), person)
    give_app(person)
    return person


def _join(invited: Invited, person: Person) -> Practice:
    return join(invitation=invited.invitation, by=person, password=PASSWORD).practice


def _awake() -> str:
    """A zone where it is day: mails of the day leave from seven in the morning."""
    return "Pacific/Guam" if clock.now().hour < 14 else "America/New_York"


def evaluation_of(practice: Practice, person: Person, name: str) -> Evaluation:
    vendor = add_vendor(practice=practice, by=person, name=name)
    facts = {"has_ai": True, "data_classes": ["notes"], "purpose": "Drafts notes"}
    tool = add_tool(vendor=vendor, by=person, name=f"{name} Scribe", **facts)
    return start_evaluation(vendor=vendor, by=person, title="First round", tools=[tool])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
