"""One of each record that keeps a clearance true, through the actions that people use."""

from checklists.actions.rollout import record_step
from practice_vetting.core.calendar_feeds import make_feed
from practice_vetting.core.models import Person
from practice_vetting.core.roles import Role
from tests.vendors.exposing import SCREENED, changed, closed, decided, stopped, written
from vendors.actions.data_flows import add_flow
from vendors.actions.exposures import report_exposure, write_factor
from vendors.actions.part2 import record_check, sign_memo
from vendors.actions.sub_processor_lists import bring_in_list
from vendors.actions.sub_processors import add_sub_processor
from vendors.actions.triggers import report_change
from vendors.exposure_states import Decision
from vendors.models import Vendor
from vendors.part2 import About, part2_list
from vendors.sub_processor_import.lists import ReadList


def keep(vendor: Vendor) -> None:
    """Today, by the practice's officer."""
    by, today = Person.objects.get(memberships__role=Role.OFFICER), vendor.practice.today()
    tool, evidence = vendor.tools.earliest("pk"), vendor.evidence.earliest("pk")
    row = {"line": 2, "name": "Big Model", "does": "", "region": "US", "role": "model", "gets": "", "covered": ""}
    bring_in_list(vendor=vendor, by=by, found=ReadList(rows=[row]), received_on=today, source="pasted")
    add_sub_processor(vendor=vendor, by=by, name="Cloud Harbor", since=today, tools=[tool])
    add_flow(vendor=vendor, by=by, from_kind="patient", to_kind="tool", to_tool=tool, data="phi", carries=["billing"],
             purpose="To send a claim")  # fmt: skip
    report_change(vendor=vendor, by=by, kind_of="terms", on=today, what="They changed their terms.")
    answers = {each.key: "no" for each in part2_list().questions_about(About.TOOL)}
    sign_memo(practice=vendor.practice, tool=tool, by=by, answers=answers, applies=False, reason="We asked.",
              typed_name=by.name, method="password")  # fmt: skip
    record_check(vendor=vendor, by=by, on=today, code="P01", version=0, status="shown", evidence=evidence)
    record_step(tool=tool, by=by, step=1, done_on=today, note="Listed.", evidence=evidence)
    made = report_exposure(vendor=vendor, by=by, what_happened="A claim went to the wrong payer.", began_on=today,
                           discovered_on=today)  # fmt: skip
    write_factor(exposure=made, by=by, version=1, number=1, narrative="Names and codes.", evidence=[evidence])
    made = written(stopped(changed(made, by, **SCREENED), by, stopped_on=today), by, (2, 3, 4))
    closed(decided(made, by, Decision.LOW), by)
    make_feed(practice=vendor.practice, by=by)
