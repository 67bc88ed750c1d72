"""Days in an address or a form: YYYY-MM-DD, empty for none."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields

from portal.domain.nights import parse_date


class Day(fields.Field[date | None]):
    """A day as a date picker sends it. An empty field is no day."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date | None:
        if value == "":
            return None
        try:
            return parse_date(value)
        except ValueError:
            raise ValidationError(lazy_gettext("This is not a date.")) from None
