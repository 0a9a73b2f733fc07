"""The frame of every page and its shared fragments, as a reader without eyes or scripts meets them."""

import re
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template.loader import render_to_string

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"


class Sample(forms.Form):
    name = forms.CharField(
        label="Name", help_text="As on the agreement.", error_messages={"required": "Enter the name"}
    )
    ai = forms.ChoiceField(
        label="Is AI in it?",
        choices=[("y", "Yes"), ("n", "No")],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether AI is in it"},
    )


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_seals_say_in_words_what_their_shapes_show() -> None:
    states = ["met", "open", "failed", "not_applicable", ""]
    seals = [{"number": number, "state": state} for number, state in enumerate(states, 1)]
    html = render_to_string("_seals.html", {"seals": seals})
    label = re.search(r'aria-label="([^"]*)"', html)
    assert label
    assert label[1] == "Requirements: 1 met, 2 open, 3 failed, 4 does not apply, 5 not started"


def test_a_requirement_that_does_not_apply_shows_a_dash() -> None:
    html = render_to_string("_seals.html", {"seals": [{"number": 4, "state": "not_applicable"}]})
    assert words(html) == "–"


def test_a_field_is_read_with_its_hint_and_its_error() -> None:
    html = render_to_string("_field.html", {"field": Sample({})["name"]})
    described = re.search(r'aria-describedby="([^"]*)"', html)
    assert described
    assert described[1].split() == ["id_name_helptext", "id_name_error"]
    assert [html.count(f'id="{id_}"') for id_ in described[1].split()] == [1, 1]
    assert html.count('aria-invalid="true"') == 1


def test_a_group_of_choices_is_a_fieldset_with_its_error() -> None:
    html = render_to_string("_field.html", {"field": Sample({})["ai"]})
    assert re.findall(r"<legend>([^<]*)</legend>", html) == ["Is AI in it?"]
    assert re.findall(r'<fieldset[^>]* aria-describedby="([^"]*)"', html) == ["id_ai_error"]


def test_the_error_summary_links_each_error_to_its_control() -> None:
    html = render_to_string("_error_summary.html", {"form": Sample({})})
    links = re.findall(r'<a href="([^"]*)">([^<]*)</a>', html)
    assert links == [("#id_name", "Enter the name"), ("#id_ai_0", "Say whether AI is in it")]
    fields = render_to_string("_fields.html", {"form": Sample({})})
    assert [fields.count(f'id="{target[1:]}"') for target, _ in links] == [1, 1]


def test_a_form_without_errors_has_no_summary() -> None:
    form = Sample({"name": "Claridesk", "ai": "y"})
    assert form.is_valid()
    assert words(render_to_string("_error_summary.html", {"form": form})) == ""


def test_the_banner_is_silent_while_nothing_is_wrong() -> None:
    assert words(render_to_string("_loud.html", {"loud": []})) == ""


def test_the_banner_escapes_the_name_of_the_vendor() -> None:
    loud = [{"vendor_name": "<b>Chat</b>", "since": None, "url": "/vendors/x/"}]
    assert "&lt;b&gt;Chat&lt;/b&gt;" in render_to_string("_loud.html", {"loud": loud})


@pytest.mark.parametrize("name", ["400.html", "500.html", "503.html"])
def test_a_page_for_a_broken_server_needs_neither_request_nor_database(name: str) -> None:
    html = render_to_string(name, {"reference": "7f3a"})
    assert html.count("<h1>") == 1
    assert "7f3a" in html


def test_our_own_scripts_stay_under_300_lines() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in STATIC.glob("js/*.js"))
    assert lines < 300


def test_no_style_sheet_or_script_asks_another_server() -> None:
    files = [*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")]
    assert [path.name for path in files if re.search(r"https?:|//[a-z]+\.", path.read_text())] == []


def test_no_template_holds_inline_style_script_or_handler() -> None:
    inline = re.compile(r'<style|<script(?![^>]*(?:\bsrc=|type="application/json"))|\sstyle=|\son[a-z]+=|hx-on')
    pages = [path for path in TEMPLATES.rglob("*.html") if not {"pdf", "emails", "bundle", "export"} & set(path.parts)]
    assert [path.name for path in pages if inline.search(path.read_text())] == []
