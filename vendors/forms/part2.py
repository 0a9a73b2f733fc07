"""The forms about 42 CFR Part 2: a memo in two steps, and one check of a vendor."""

from typing import Any

from django import forms

from practice_vetting.core.forms import LOAD_AGAIN, ChangingForm, CreatingForm, words
from practice_vetting.core.models import Person
from practice_vetting.core.typed_name import same_name
from vendors.forms.fields import LongField, YesNoField
from vendors.models import Evidence, Part2Check, Part2Memo
from vendors.part2 import CONSENT, About, CheckStatus, Part2List, Pointer, Said, Topic, points_to


class AnswersForm(CreatingForm):
    """The first step: the questions of one memo, one topic after the other. Nothing is marked beforehand."""

    def __init__(
        self, data: Any = None, *, about: About, listed: Part2List, last: Part2Memo | None = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.about, self.listed = about, listed
        for question in listed.questions_about(about):
            before = Said(last.answers[question.key]).label if last and question.key in last.answers else ""
            self.fields[question.key] = forms.ChoiceField(
                label=question.ask,
                help_text=question.hint + (f" Last time: {before.lower()}." if before else ""),
                choices=[(said.value, said.label) for said in Said],
                widget=forms.RadioSelect,
                error_messages=words("Choose an answer. “Not known” is an answer, too."),
            )

    @property
    def topics(self) -> list[tuple[Topic, list[forms.BoundField]]]:
        """Each topic with its fields, in the order of the list."""
        return [
            (topic, [self[question.key] for question in topic.questions])
            for topic in self.listed.topics_about(self.about)
        ]

    @property
    def answers(self) -> dict[str, str]:
        """What was answered, as far as it was."""
        given = self.data if self.is_bound else self.initial
        keys = [question.key for question in self.listed.questions_about(self.about)]
        return {key: given[key] for key in keys if given.get(key) in set(Said)}

    @property
    def pointer(self) -> Pointer | None:
        """What the answers point to, once there are all of them."""
        answers = self.answers
        whole = len(answers) == len(self.listed.questions_about(self.about))
        return points_to(self.about, answers, self.listed) if whole else None


class MemoForm(AnswersForm):
    """The second step: the answers again, the decision with its reason, and the signature.

    `pointed` is the draft that the page showed, so that nobody signs over another one.
    """

    pointed = forms.CharField(max_length=20, widget=forms.HiddenInput, error_messages=words(LOAD_AGAIN))
    applies = YesNoField(
        label="Does Part 2 apply?",
        help_text="You decide. The draft above only adds up the answers.",
        error_messages={"required": "Decide whether Part 2 applies: choose yes or no."},
    )
    reason = LongField(
        label="Why?",
        max_length=4000,
        help_text="Say what you rest it on. If you decide otherwise than the draft, say why.",
        error_messages={"required": "Say why, in a sentence or two."},
    )
    typed_name = forms.CharField(
        label="Your full name",
        max_length=200,
        error_messages=words("Type your full name."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    consent = forms.BooleanField(
        label=CONSENT, error_messages={"required": "Mark this if you mean it. Without it, nothing is signed."}
    )

    def __init__(self, *args: Any, person: Person, **options: Any) -> None:
        super().__init__(*args, **options)
        self._person = person
        self.fields["typed_name"].help_text = f"As your account has it: {person.name}."

    def clean_typed_name(self) -> str:
        typed: str = self.cleaned_data["typed_name"]
        if not same_name(typed, self._person.name):
            raise forms.ValidationError(f"Type your name as your account has it: {self._person.name}.")
        return typed

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.pointer and given.get("pointed") not in {None, self.pointer.word}:
            raise forms.ValidationError("Your answers changed, and so did the draft. Read it again, then sign.")
        return given

    @property
    def signed(self) -> dict[str, Any]:
        """What the action takes."""
        names = ("form_id", "applies", "reason", "typed_name")
        return {"answers": self.answers, **{name: self.cleaned_data[name] for name in names}}


class CheckForm(ChangingForm):
    """What one check found. Its version is 0 while nobody recorded anything."""

    version = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=0,
        error_messages=words(LOAD_AGAIN, invalid=LOAD_AGAIN, min_value=LOAD_AGAIN),
    )
    status = forms.ChoiceField(
        label="How does it stand?",
        choices=[(status.value, status.label) for status in CheckStatus],
        widget=forms.RadioSelect,
        error_messages=words("Choose how it stands."),
    )
    note = LongField(
        label="What you saw, and where",
        max_length=2000,
        required=False,
        help_text="If it does not apply, say why.",
    )
    evidence = forms.ChoiceField(
        label="Document that shows it", required=False, error_messages=words("Choose a document of this vendor.")
    )

    def __init__(self, *args: Any, check: Part2Check, **options: Any) -> None:
        super().__init__(*args, **options)
        self._files = {each.uid: each for each in check.vendor.evidence.usable()}
        if check.evidence:
            self._files.setdefault(check.evidence.uid, check.evidence)
        self.fields["evidence"].choices = [  # type: ignore[attr-defined]
            ("", "None"), *((uid, f"{each.label} {each.title}") for uid, each in self._files.items()),
        ]  # fmt: skip

    def clean_evidence(self) -> Evidence | None:
        return self._files.get(self.cleaned_data["evidence"])

    @classmethod
    def of(cls, check: Part2Check, data: Any = None) -> "CheckForm":
        known = {
            "version": check.version,
            "status": check.status,
            "note": check.note,
            "evidence": check.evidence.uid if check.evidence else "",
        }
        return cls(data, initial=known, check=check)
