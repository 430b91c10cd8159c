"""What is being typed on the settings screen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from studybuddy.domain.setting_fields import SettingField, setting_fields
from studybuddy.ui.setting_lines import name_of


@dataclass(frozen=True, slots=True)
class Typing:
    """A value for a setting, or first of all the name of a new entry."""

    place: tuple[str, ...]
    """Of the setting; empty while an entry has no name yet."""
    field: SettingField
    table: tuple[str, ...] = ()
    """That gets another entry; empty where there is none to come."""

    @property
    def asked(self) -> str:
        """What is asked for."""
        if not self.place:
            return "What is it called?"
        return f"{name_of(self.place[-1])}: {self.field.said}"

    def named(self, name: str) -> Typing:
        """The first value of a new entry, which has a name now."""
        first = next(f for f in setting_fields() if f.place[:-1] == (*self.table, "*"))
        return replace(self, place=(*self.table, name, first.place[-1]), field=first)
