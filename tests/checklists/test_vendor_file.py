"""The loader of a vendor knows every record that hangs under one, and every key between them."""

from typing import Any

import pytest
from django.apps import apps

from checklists import vendor_file
from checklists.removing import parts
from practice_vetting.core.models import Person, Practice, Record, StoredFile
from vendors.models import Standing, Vendor

pytestmark = [pytest.mark.any_database]

LOADED = {model for model, *_ in vendor_file._TREE}
ELSEWHERE = {Vendor, Standing}  # the vendor itself, and the one row that it has at most


def owned() -> set[Any]:
    """The records of the apps above the ground that belong to a vendor, however far."""
    return {model for model in parts() if issubclass(model, Record) and model._meta.app_label != "core"}


def keys_of(model: Any) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


def test_every_record_of_a_vendor_is_loaded():
    assert owned() - LOADED - ELSEWHERE == set()


def test_every_key_between_loaded_records_is_wired():
    up = {(model, by) for model, _, by, _ in vendor_file._TREE}
    across = {(model, name) for model, name, *_ in vendor_file._MEANT}
    people = {*vendor_file._SPOKEN}
    missing = [
        f"{model.__name__}.{field.name}"
        for model in LOADED & owned()
        for field in keys_of(model)
        if field.related_model not in {Practice, StoredFile, Vendor}
        and (model, field.name) not in (people if field.related_model is Person else up | across)
    ]
    assert missing == []


def test_every_link_to_several_tools_is_wired():
    linked = {model for model in apps.get_models() if model in LOADED and model._meta.many_to_many}
    assert linked == {*vendor_file._SCOPED}


def test_every_loaded_record_has_its_place_in_a_list():
    assert {*vendor_file.ORDER} == LOADED
