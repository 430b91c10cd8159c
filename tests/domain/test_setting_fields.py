"""What can be set is read off the classes that hold it."""

from __future__ import annotations

from studybuddy.domain.setting_fields import setting_fields, value_at
from studybuddy.domain.settings import EndpointSettings, LimitSettings, Settings

FIELDS = {field.place: field for field in setting_fields()}


def test_every_setting_has_a_type_that_can_be_edited_and_an_explanation() -> None:
    for place, field in FIELDS.items():
        assert field.kind in (str, bool, int, float, dict), place
        assert field.said, place


def test_choices_defaults_and_tables_are_found() -> None:
    assert FIELDS["limits", "context"].choices == ("refuse", "drop", "summarise")
    assert FIELDS["limits", "context"].default == "refuse"
    assert FIELDS["prices", "*", "input"].kind is float
    assert FIELDS["prices", "*", "input"].default is None
    assert FIELDS["endpoints",].entry is EndpointSettings
    assert FIELDS["keys",].entry is str


def test_a_value_is_found_at_its_place_and_none_where_there_is_no_entry() -> None:
    settings = Settings(
        limits=LimitSettings("drop"), endpoints={"lab": EndpointSettings("http://h/v1", "m")}
    )
    assert value_at(settings, ("limits", "context")) == "drop"
    assert value_at(settings, ("endpoints", "lab", "model")) == "m"
    assert value_at(settings, ("endpoints", "home", "model")) is None
