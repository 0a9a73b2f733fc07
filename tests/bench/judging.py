"""Evaluations judged a second: the pure verdict alone, and as they lie in the database, one by one and together."""

from collections.abc import Iterator
from unittest.mock import patch

from checklists import facts
from checklists.actions.evaluations import start_evaluation
from checklists.judged_file import judged_file, judged_files
from checklists.models import Evaluation
from checklists.standing import fresh, look
from practice_vetting.core.models import Person, Practice
from practice_vetting.core.roles import Role
from tests import factories
from tests.bench.clocks import Cost, side_by_side
from tests.bench.figure import Figure
from tests.checklists.conftest import document_everything, read_every_clause
from vendors.models import Vendor

ALONE = "the pure verdict of the same facts"


def measure(quick: bool) -> Iterator[Figure]:
    practice = factories.make_practice(name="Harbor Light Counseling")
    person = factories.make_member(practice=practice, name="Dana Okafor", role=Role.OFFICER)
    for number in range(3 if quick else 100):
        _documented(practice, person, number)
    vendors = list(Vendor.objects.select_related("practice", "standing").order_by("pk"))
    yield from figures(vendors, rounds=3 if quick else 9)


def figures(vendors: list[Vendor], *, rounds: int) -> Iterator[Figure]:
    on, count = vendors[0].practice.today(), len(vendors)
    asked = _asked(vendors[0])
    pure = side_by_side(lambda: facts.judge(**asked), lambda: facts.judge(**asked), rounds=rounds)
    yield Figure("evaluations judged a second, the pure verdict alone", 1 / pure.value, "a second", better="more")
    one = side_by_side(lambda: look(judged_file(vendors[0]), on), lambda: facts.judge(**asked), rounds=rounds)
    yield _a_second("evaluations judged a second, each read alone", one, 1)
    many = side_by_side(lambda: list(fresh(vendors)), lambda: facts.judge(**asked), rounds=rounds, shortest=0)
    yield _a_second(f"evaluations judged a second, {count} read together", many, count)
    read = side_by_side(
        lambda: judged_files(vendors), lambda: [judged_file(each) for each in vendors], rounds=rounds, shortest=0
    )
    name = f"what {count} verdicts look at, read together"
    yield read.figure(name, floor_is="each of them read alone")


def _a_second(name: str, cost: Cost, count: int) -> Figure:
    return Figure(name, count / cost.value, "a second", 1 / cost.least, ALONE, better="more")


def _asked(vendor: Vendor) -> dict[str, object]:
    """What the pure verdict is asked of the vendor's evaluation."""
    heard: list[dict[str, object]] = []
    judge = facts.judge

    def told(**asked: object) -> object:
        heard.append(asked)
        return judge(**asked)

    with patch.object(facts, "judge", told):
        look(judged_file(vendor), vendor.practice.today())
    return heard[0]


def _documented(practice: Practice, person: Person, number: int) -> Evaluation:
    """An evaluation with all questions answered in writing, under an agreement whose every clause was read."""
    vendor = factories.make_vendor(practice=practice, name=f"Vendor {number:05}")
    tool = factories.make_tool(vendor=vendor)
    made = start_evaluation(vendor=vendor, by=person, title="Evaluation", tools=[tool])
    day = practice.today()
    agreement = factories.make_agreement(
        vendor=vendor, practice_signed_on=day, vendor_signed_on=day, effective_on=day, next_review_on=day,
    )  # fmt: skip
    read_every_clause(agreement=agreement, by=person)
    document_everything(evaluation=made, by=person)
    return made
