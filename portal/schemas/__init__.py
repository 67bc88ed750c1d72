"""What a form or an API body may hold: its shape, cleaned into the types the services want."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask_babel import lazy_gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate


class FormSchema(Schema):
    """Fields that are not declared are dropped: nobody sets a role or an id by adding it to a form."""

    class Meta:
        unknown = EXCLUDE


class Line(fields.String):
    """One line of text without blanks around it. Control characters, NUL among them, never reach the database."""

    def __init__(self, *, longest: int = 200, needed: bool = True, **more: Any) -> None:
        super().__init__(
            required=needed,
            validate=[validate.Length(max=longest, error=lazy_gettext("This is too long."))],
            **more,
        )
        self.needed = needed

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = clean(super()._deserialize(value, attr, data, **kwargs)).strip()
        if self.needed and not text:
            raise ValidationError(lazy_gettext("This is needed."))
        return text


class Secret(fields.String):
    """A password: taken as it was typed, blanks and all."""

    def __init__(self, *, longest: int = 200) -> None:
        too_long = lazy_gettext("This is too long.")
        super().__init__(required=True, validate=[validate.Length(min=1, max=longest, error=too_long)])

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return clean(super()._deserialize(value, attr, data, **kwargs))


def clean(text: str) -> str:
    """The text, refused when it holds what PostgreSQL or a log would choke on."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter != "\t" for letter in text):
        raise ValidationError(lazy_gettext("This holds characters that cannot be stored."))
    return text
