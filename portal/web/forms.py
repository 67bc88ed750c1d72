"""A form as a template needs it: the values to show, and what is wrong with which."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from portal.services.errors import Refused
from portal.web import refusals

# The sentences marshmallow says by itself, in ours. Those of our own schemas are translated there.
SENTENCES = {
    "Missing data for required field.": lazy_gettext("This is needed."),
    "Field may not be null.": lazy_gettext("This is needed."),
    "Not a valid string.": lazy_gettext("This is not text."),
    "Not a valid number.": lazy_gettext("This is not a number."),
    "Not a valid integer.": lazy_gettext("This is not a whole number."),
    "Not a valid date.": lazy_gettext("This is not a date."),
    "Not a valid boolean.": lazy_gettext("This is neither yes nor no."),
    "Not a valid UUID.": lazy_gettext("Choose one of the list."),
    "Not a valid email address.": lazy_gettext("This is not an e-mail address."),
}


@dataclass
class Form:
    """`data` is clean when there are no `errors`, else the input as it was typed."""

    data: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, schema: Schema, source: MultiDict[str, str]) -> Form:
        """Load what was sent. Fields the schema does not know are dropped, whatever they are called."""
        raw: dict[str, Any] = {}
        for name, each in schema.fields.items():
            key = each.data_key or name
            if key in source:
                raw[key] = source.getlist(key) if getattr(each, "many_values", False) else source[key]
        try:
            return cls(data=schema.load(raw))
        except ValidationError as error:
            return cls(data=raw, errors=_sentences(dict(error.messages_dict)))

    def refuse(self, name: str | None, why: str | Refused) -> Form:
        """Add what was refused, by a service or in words; without a field it stands at the top of the form."""
        self.errors.setdefault(name or "form", []).append(refusals.said(why) if isinstance(why, Refused) else why)
        return self


def _sentences(messages: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, said in messages.items():
        found["form" if name == "_schema" else name] = [str(SENTENCES.get(str(words), words)) for words in _flat(said)]
    return found


def _flat(said: Any) -> list[Any]:
    if isinstance(said, dict):
        return [words for each in said.values() for words in _flat(each)]
    return list(said) if isinstance(said, list) else [said]
