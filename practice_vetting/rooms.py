"""What the ground knows of the apps above it: names by string, so that it never imports upward. Part of settings."""

JUDGE = "checklists.standing.judge"  # a vendor, after anything that may change where it stands
JUDGE_ALL = "checklists.standing.judge_practice"  # every vendor, after a fact of the practice changed
STATES_ADDED = "vendors.actions.triggers.states_added"  # the practice has patients in more states than before
FILE_USES = "vendors.file_uses.uses"  # where a stored file is used: labels and pages
FILE_WITHHELD = "vendors.file_uses.withheld"  # which files may not leave inside a document any more, in words
WEEK_CHANGES = "checklists.week.changes"  # what changed in a practice since a moment, for the summary of the week
OPEN_EXPOSURES = "vendors.exposures.open_exposures"  # of a vendor, on a day: why its records have to stay
# sources of deadlines, and of each what tells in SQL in which practices one may come up
DEADLINES = {
    "vendors.reviews_due.deadlines": "vendors.reviews_due.coming_up",
    "vendors.rollout_due.deadlines": "vendors.rollout_due.coming_up",
    "vendors.exposure_deadlines.deadlines": "vendors.exposure_deadlines.coming_up",
    "checklists.evidence_due.deadlines": "checklists.evidence_due.coming_up",
    "vendors.part2_memos.deadlines": "vendors.part2_memos.coming_up",
}
# rows that are made once, and that the database keeps so
UNCHANGING = ["core.Document", "checklists.Attestation", "vendors.Part2Memo"]
# kind of record -> its page, and the path from the record to the uid that the page takes
RECORD_PAGES = {
    "agreement": ("vendors:agreement", "uid"),
    "answer": ("checklists:evaluation", "evaluation__uid"),
    "attestation": ("checklists:evaluation", "evaluation__uid"),
    "citation": ("checklists:evaluation", "answer__evaluation__uid"),
    "clausereading": ("vendors:agreement", "agreement__uid"),
    "dataflow": ("vendors:data_map", "vendor__uid"),
    "document": ("core:job", "job__uid"),
    "evaluation": ("checklists:evaluation", "uid"),
    "evidence": ("vendors:evidence", "uid"),
    "job": ("core:job", "uid"),
    "exposure": ("vendors:exposure", "uid"),
    "exposureevidence": ("vendors:exposure", "exposure__uid"),
    "hold": ("checklists:vendor", "vendor__uid"),
    "membership": ("core:member", "uid"),
    "removal": ("checklists:removal", "uid"),
    "part2check": ("vendors:part2_checks", "vendor__uid"),
    "part2memo": ("vendors:part2_memo", "uid"),
    "review": ("vendors:agreement", "agreement__uid"),
    "snooze": ("core:snoozed", "uid"),
    "rolloutstep": ("checklists:rollout", "tool__uid"),
    "standing": ("checklists:vendor", "vendor__uid"),
    "subprocessor": ("vendors:sub_processors", "vendor__uid"),
    "subprocessorlist": ("vendors:sub_processor_list", "uid"),
    "tool": ("checklists:vendor", "vendor__uid"),
    "trigger": ("vendors:reviews", "vendor__uid"),
    "vendor": ("checklists:vendor", "uid"),
}
# kind of record -> what it is about in turn: a newer document about another of the same takes the place of an older one
RECORD_OF = {"evaluation": "vendor"}
# kind of record -> the kinds whose history is told with its own, and the path from them up to it
RECORD_CHILDREN = {
    "agreement": {"clausereading": "agreement", "review": "agreement"},
    "evaluation": {"answer": "evaluation", "citation": "answer__evaluation"},
    "exposure": {"exposureevidence": "exposure"},
    "tool": {"rolloutstep": "tool"},
    "vendor": {
        "part2check": "vendor",
        "part2memo": "vendor",
        "dataflow": "vendor",
        "tool": "vendor",
        "hold": "vendor",
        "trigger": "vendor",
    },
}
FROZEN = "checklists.frozen.triggers"  # what the database itself refuses to change of whatever was attested
JOB_KINDS = {
    "part2-memo": "vendors.part2_document.memo",
    "attestation": "checklists.documents.attestation",
    "dossier": "checklists.documents.dossier",
    "bundle": "checklists.bundle.bundle",
    "letter": "vendors.letters.letter",
    "sheet": "checklists.sheet.sheet",
    "exposure": "vendors.exposure_document.exposure",
}
