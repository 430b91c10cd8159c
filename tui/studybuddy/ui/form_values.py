"""What was typed into the forms of templates: it is there when they are opened again."""

from __future__ import annotations

from collections.abc import Mapping

from studybuddy.domain.prompts import Template
from studybuddy.study.filling import first_text, form_of


class FormValues:
    """Keeps the values of each template, for this run of the app.

    The first text of a form may be given, as what is in the prompt. What is made of it is kept
    beside what was typed where nothing, or another text, was given: neither replaces the other.
    """

    def __init__(self) -> None:
        self._values: dict[str, dict[str, str]] = {}
        self._texts: dict[tuple[str, str], str] = {}
        """First texts, by the name of the template and what was given."""

    def begin(self, template: Template, given: str) -> dict[str, str]:
        """What a form begins with."""
        values = dict(self._values.get(template.name, {}))
        first = first_text(form_of(template))
        text = self._texts.get((template.name, _key(given)), _key(given))
        if first is not None and text:
            values[first.name] = text
        return values

    def keep(
        self, template: Template, given: str, values: Mapping[str, str], *, used: bool
    ) -> None:
        """Keep what is typed by now; where it was used, the next long text is another one."""
        form = form_of(template)
        first = first_text(form)
        kept = self._values.setdefault(template.name, {})
        for variable in form:
            value = values.get(variable.name, "")
            gone = used and variable.long and not variable.default
            if variable is first:
                self._keep_text(template.name, given, "" if gone else value, used=used)
            elif gone:
                kept.pop(variable.name, None)
            else:
                kept[variable.name] = value

    def _keep_text(self, name: str, given: str, text: str, *, used: bool) -> None:
        self._texts.pop((name, _key(given)), None)
        if used and text:  # a word such as a topic is there the next time, whatever was given
            self._texts[name, ""] = text
        elif text != given:
            self._texts[name, _key(given)] = text


def _key(given: str) -> str:
    return given if given.strip() else ""
