"""For pages and papers about a past day: what a standing meant on that day, told as the past."""

from typing import Any

from django import template

from vendors.kinds import StandingState

register = template.Library()

#: beside the same in the present, dossier._SAYS, which is what was kept on that day
_SAID = {
    StandingState.STOPPED: "On that day no patient data was allowed to reach this vendor. A requirement had failed.",
    StandingState.LAPSED: "It had been cleared, and on that day no longer was. No patient data was allowed to reach it "
    "until the gaps were closed.",
    StandingState.IN_EVALUATION: "On that day no patient data was allowed to reach this vendor yet. Its evaluation was "
    "not signed.",
    StandingState.PROPOSED: "On that day no patient data was allowed to reach this vendor yet. Nobody had begun to "
    "evaluate it.",
    StandingState.ENDED: "By that day the practice had ended the work with this vendor.",
    StandingState.NO_PATIENT_DATA: "By the record of that day no patient data reached this vendor.",
}


@register.filter
def said_of(standing: dict[str, Any], tools: list[dict[str, Any]]) -> str:
    """The sentence for the standing of a dossier's content; `tools` are those that its evaluation spoke of."""
    state = StandingState(standing["state"])
    if state is not StandingState.CLEARED:
        return _SAID[state]
    names = ", ".join(tool["name"] for tool in tools)
    return f"On that day patient data was allowed to reach these tools: {names}."
