"""The lines of the settings screen: what can be set, in groups, with what is set."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Any

from studybuddy.domain.setting_fields import SettingField, setting_fields, value_at
from studybuddy.domain.settings import Settings

GROUPS: Mapping[str, tuple[str, ...]] = {
    "General": ("name", "start_with", "titles", "notifications", "goodbye"),
    "Appearance": ("theme", "sidebar"),
    "Accessibility": ("screen_reader", "reduced_motion"),
    "Model and endpoints": ("endpoint", "model", "endpoints"),
    "Prompts": ("persona", "system_prompt"),
    "Limits": ("limits",),
    "Budgets": ("budgets",),
    "Savings": ("savings",),
    "Prices": ("prices",),
    "Keys": ("keys",),
    "Finding faults": ("log_messages",),
}
"""What stands together, by the first parts of its names; what is in none comes first of all."""

LATER: Mapping[str, str] = {
    "start_with": "It counts from the next start on.",
    "log_messages": "It counts from the next start on.",
    "system_prompt": "It counts for new conversations.",
    "persona": "It counts for new conversations.",
    "titles": "It counts for new conversations.",
}
"""What does not count at once, and from when on."""


class Kind(Enum):
    """What a line of the screen is."""

    GROUP = auto()  # the name of a group; the cursor passes it
    ENTRY = auto()  # the name that the student gave a table; it can be removed
    FIELD = auto()  # something that can be changed
    ADD = auto()  # where another entry is added


@dataclasses.dataclass(frozen=True, slots=True)
class SettingLine:
    """One line."""

    kind: Kind
    label: str
    place: tuple[str, ...] = ()
    """Of a FIELD and an ENTRY its own; of an ADD that of the table."""
    field: SettingField | None = None
    value: Any = None
    group: str = ""
    said: str = ""

    @property
    def differs(self) -> bool:
        """Whether it is not as it is by default."""
        if self.kind is Kind.ENTRY:
            return True
        if self.kind is not Kind.FIELD or self.field is None:
            return False
        return bool(self.value != self.field.default and (self.value or self.field.default))


def name_of(part: str) -> str:
    """A name of the settings file, for people: `start_with` becomes "Start with"."""
    words = part.replace("_", " ").replace("url", "URL")
    return f"{words[:1].upper()}{words[1:]}"


def shown(field: SettingField | None, value: Any) -> str:
    """A value for people, in one line; empty where nothing is set."""
    if field is not None and field.kind is dict:
        return f"{len(value)} changed" if value else ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.12g}"
    return " ".join(str(value).split()) if value else ""


def lines_of(settings: Settings) -> list[SettingLine]:
    """All that can be set, with its groups and their names."""
    lines: list[SettingLine] = []
    fields = setting_fields()
    for group, members in _groups(fields).items():
        if members:
            lines.append(SettingLine(Kind.GROUP, group, group=group))
        for field in members:
            if field.entry is None or not dataclasses.is_dataclass(field.entry):
                label = name_of(field.place[-1])
                value = value_at(settings, field.place)
                lines.append(
                    SettingLine(Kind.FIELD, label, field.place, field, value, group, field.said)
                )
            else:
                lines += _entries(field, [f for f in fields if f.place[:-1] == (*field.place, "*")],
                                  settings, group)  # fmt: skip
    return lines


def _groups(fields: Iterable[SettingField]) -> dict[str, list[SettingField]]:
    known = {name: group for group, names in GROUPS.items() for name in names}
    groups: dict[str, list[SettingField]] = {group: [] for group in GROUPS}
    for field in fields:
        if "*" not in field.place:
            groups[known.get(field.place[0], "General")].append(field)
    for group, members in groups.items():
        order = GROUPS[group]
        members.sort(key=lambda f: order.index(f.place[0]) if f.place[0] in order else len(order))
    return groups


def _entries(
    table: SettingField, fields: Sequence[SettingField], settings: Settings, group: str
) -> Iterator[SettingLine]:
    entries: Mapping[str, Any] = value_at(settings, table.place)
    for name, entry in entries.items():
        place = (*table.place, name)
        yield SettingLine(Kind.ENTRY, name, place, group=group, said=_about(table))
        for field in fields:
            own = (*place, field.place[-1])
            value = getattr(entry, field.place[-1])
            label = name_of(field.place[-1])
            yield SettingLine(Kind.FIELD, label, own, field, value, group, field.said)
    what = "an endpoint" if table.place == ("endpoints",) else "a model's price"
    yield SettingLine(Kind.ADD, f"Add {what}", table.place, table, None, group, _about(table))


def _about(table: SettingField) -> str:
    """The first sentence about the tables of a table."""
    return " ".join((table.entry.__doc__ or "").split("\n\n")[0].split()).replace("`", "")


def matching(lines: Sequence[SettingLine], query: str, *, changed: bool) -> list[SettingLine]:
    """The lines with every word of a query, under their groups; all for an empty one.

    Args:
        lines: as `lines_of` gives them.
        query: words, or beginnings and parts of words.
        changed: whether to leave out what is as it is by default.
    """
    words = query.casefold().split()
    found: list[SettingLine] = []
    group: SettingLine | None = None
    entry: SettingLine | None = None
    for line in lines:
        if line.kind is Kind.GROUP:
            group = line
            continue
        if line.kind is Kind.ENTRY:
            entry = line
        text = " ".join(
            (line.group, line.label, ".".join(line.place), line.said, str(line.value or ""))
        ).casefold()
        if (changed and not line.differs) or not all(word in text for word in words):
            continue
        if group is not None:
            found.append(group)
            group = None
        if entry is not None and line.place[:-1] == entry.place and entry not in found:
            found.append(entry)
        found.append(line)
    return found


def read(field: SettingField, text: str) -> Any:
    """The value that a text means for a setting; `None` takes it out of the file.

    Raises:
        ValueError: where it is no number, with a sentence.
    """
    plain = text.strip()
    if field.kind not in (int, float):
        return plain or None
    if not plain:
        return None
    number = plain.replace(",", "").replace("_", "")
    try:
        return int(number) if field.kind is int or number.isdigit() else float(number)
    except ValueError:
        what = "a whole number, such as 2,000" if field.kind is int else "a number, such as 2.50"
        raise ValueError(f"“{plain}” is not {what}.") from None
