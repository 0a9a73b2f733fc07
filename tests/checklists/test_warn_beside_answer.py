"""An answer that saves itself is saved, and a gentle word stands beside what looks like patient data."""

from collections.abc import Callable

import pytest
from django.test import Client

from checklists.models import Evaluation
from tests.checklists.conftest import draft
from tests.conftest import Cast

__all__ = ["draft"]  # a fixture
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("Ann Example, DOB 3/4/1985", "This looks like patient data: 1 birth date. Please take it out."),
        ("We delete recordings after 30 days.", ""),
    ],
)
def test_the_answer_is_saved_with_a_word_beside_it(
    cast: Cast, browse: Callable[..., Client], draft: Evaluation, said: str, word: str
) -> None:
    client, url = browse(cast.officer), f"/evaluations/{draft.uid}/questions/4/"
    response = client.post(url, {"version": 1, "response": "said", "said": said}, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert (response.status_code, draft.answers.get(question=4).said) == (200, said)
    assert (word in page) if word else ("looks like patient data" not in page)
    assert "1985" not in page.partition('role="alert"')[2].partition("</span>")[0]
