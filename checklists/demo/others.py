"""The stories without a clearance: proposed, asked, stopped, ended, and the one that no patient data reaches."""

from checklists.actions.evaluations import withdraw_evaluation
from checklists.demo import papers, went_wrong
from checklists.demo.rounds import add_papers, agree
from checklists.demo.story import Story
from checklists.models import Evaluation
from checklists.states import Response
from practice_vetting.core.roles import Role
from vendors.actions.agreements import end_agreement
from vendors.actions.no_patient_data import record_no_patient_data
from vendors.actions.vendors import change_vendor, end_vendor
from vendors.deadlines import a_year_after
from vendors.kinds import DataClass
from vendors.models import Agreement, Vendor


def chatspark(story: Story) -> None:
    """Stopped: patient data reached it for five weeks before anybody signed, and the front desk still uses it."""
    story.added(23, Role.OFFICER)
    story.tool(
        23, Role.OFFICER, "ChatSpark Assistant", has_ai=True, data_classes=[DataClass.CONTACT, DataClass.MESSAGES],
        purpose="Answers patients' messages on the website", in_use_since=story.on(47), first_phi_on=story.on(47),
        use_reason="The front desk switched on a free trial to answer messages after hours. Nobody had asked.",
    )  # fmt: skip
    story.evaluate(22, "First evaluation")
    agree(story, 12, but={"B30": ("absent", ""), "B37": ("partial", "")})
    story.answer(
        10, Role.OFFICER, 1, Response.IN_WRITING,
        "We are happy to sign our agreement with you today. It covers the trial, too.", cites=[("agreement", "3")],
    )  # fmt: skip
    story.answer(
        9, Role.OFFICER, 2, Response.VAGUE,
        "We take privacy seriously and may use conversations to make our service better for you.",
    )  # fmt: skip
    story.answer(9, Role.STAFF, 6, Response.SAID, "On the phone: everything is deleted when you close the account.")
    went_wrong.trial_unasked(story, 21)


def formthistle(story: Story) -> None:
    """In evaluation: half of the answers are there, and the agreement waits for our signature."""
    story.added(33, Role.STAFF)
    story.tool(
        33, Role.STAFF, "Formthistle Intake", has_ai=True, data_classes=[DataClass.CONTACT, DataClass.FORMS],
        purpose="Intake forms that patients fill in at home, with a short summary for the clinician",
    )  # fmt: skip
    story.evaluate(30, "First evaluation")
    plan = f"{story.facts['name']} Practice plan"
    story.agreement(19, "agreement", vendor_on=story.on(20), practice_on=None, plan=plan)
    story.read(18, "agreement", only="B0", but={"B07": ("partial", ""), "B09": ("present", "")})
    add_papers(story, 17, "Formthistle Intake", but={"access", "test"})
    told = {each["question"]: each for each in papers.words("answers")["answer"]}
    for number in (3, 4, 6):
        said = told[number]["said"].format(tool="Formthistle Intake", vendor=story.facts["name"])
        given = {"route": told[number].get("route", ""), "cites": told[number]["cites"]}
        story.answer(15, Role.OFFICER, number, Response.IN_WRITING, said, **given)
    story.answer(14, Role.STAFF, 8, Response.SAID, "On the phone: only the founders can see the forms.")
    story.answer(14, Role.OFFICER, 1, Response.SAID, "They signed. We sign once the clause on breaches is complete.")


def pinelark(story: Story) -> None:
    """Proposed by staff, who put the first e-mail on file."""
    story.added(6, Role.STAFF)
    story.tool(
        6, Role.STAFF, "Pinelark Rooms", data_classes=[DataClass.CONTACT, DataClass.APPOINTMENTS, DataClass.AUDIO],
        purpose="Video sessions in the browser, without an app",
    )  # fmt: skip
    text = (
        "Hi Dana,\n\nthanks for your interest. Our agreement is ready when you are, and we can start on Monday.\n\nBest"
    )
    on = story.on(6)
    title = "First e-mail from Pinelark Video"
    story.paper(5, Role.STAFF, "mail", papers.mail(story.facts, "Welcome to Pinelark", text, on), on, title=title)


def brindlefax(story: Story) -> None:
    """Ended: its evaluation was given up, its agreement ran until the last day."""
    story.added(300, Role.OFFICER)
    story.tool(
        300, Role.OFFICER, "Brindlefax Line", data_classes=[DataClass.CONTACT, DataClass.DIAGNOSES],
        purpose="Sends and receives faxes as e-mail", in_use_since=story.on(620), first_phi_on=story.on(620),
        use_reason="We used it before we kept this list.",
    )  # fmt: skip
    plan = f"{story.facts['name']} Practice plan"
    story.agreement(
        299, "agreement", vendor_on=story.on(640), practice_on=story.on(639), plan=plan,
        next_review_on=a_year_after(story.on(298)),
    )  # fmt: skip
    story.read(298, "agreement", only="B0")
    story.evaluate(296, "First evaluation")
    story.agreement(251, "agreement", vendor_on=story.on(253), practice_on=story.on(252), plan=plan, renews=True)
    story.read(250, "agreement", only="B0")
    went_wrong.fax_to_a_stranger(story, 171)
    story.note(80, Role.OFFICER, lambda by: withdraw_evaluation(
        evaluation=Evaluation.objects.get(pk=story.evaluation.pk), by=by,
        reason="We move to secure messages and end this contract, so nobody asks on.",
    ))  # fmt: skip
    story.note(61, Role.OWNER, lambda by: end_agreement(
        agreement=(kept := Agreement.objects.get(pk=story.agreements["agreement"].pk)), by=by, version=kept.version,
        on=story.on(61), reason="The contract ended. The certificate of destruction is due in 60 days.",
    ))  # fmt: skip
    story.note(61, Role.OWNER, lambda by: end_vendor(
        vendor=(kept := _now(story)), by=by, version=kept.version, ended_on=story.on(61),
        reason="Replaced by secure messages.",
    ))  # fmt: skip


def rosterwick(story: Story) -> None:
    """No patient data reaches it, and the reason is on record."""
    story.added(160, Role.STAFF)
    story.tool(160, Role.STAFF, "Rosterwick Shifts", purpose="Plans who works when. It holds names of staff only")
    story.note(152, Role.OFFICER, lambda by: record_no_patient_data(
        vendor=(kept := _now(story)), by=by, version=kept.version,
        reason="It holds shifts and names of our own staff. It has no link to the calendar or the record, and we saw "
        "each of its four screens.",
    ))  # fmt: skip
    story.use(151, "Rosterwick Shifts")
    story.note(20, Role.OFFICER, lambda by: change_vendor(
        vendor=(kept := _now(story)), by=by, version=kept.version, contact_name="Ines Albrecht",
    ))  # fmt: skip


def _now(story: Story) -> Vendor:
    return Vendor.objects.get(pk=story.vendor.pk)
