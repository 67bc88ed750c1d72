"""Filters of the sync history and of the deliveries. All come from the URL, and none is needed."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from portal.schemas import FormSchema, Line
from portal.web.run_words import STATUSES, TYPES
from portal.web.vocabulary_deliveries import KINDS, STATES

_NOT_LISTED = lazy_gettext("Choose one of the list.")


class Filters(FormSchema):
    @pre_load
    def drop_empty(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """A filter left empty is not asked for."""
        return {name: value for name, value in data.items() if str(value).strip()}


class HistoryFilters(Filters):
    type = fields.String(validate=validate.OneOf(list(TYPES), error=_NOT_LISTED))
    status = fields.String(validate=validate.OneOf(list(STATUSES), error=_NOT_LISTED))
    connection = fields.UUID()
    since = fields.Date()
    until = fields.Date()
    q = Line(needed=False, longest=100)

    @validates_schema
    def in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            raise ValidationError(lazy_gettext("The last day lies before the first."), field_name="until")


class DeliveryFilters(Filters):
    state = fields.String(validate=validate.OneOf(list(STATES), error=_NOT_LISTED))
    kind = fields.String(validate=validate.OneOf(list(KINDS), error=_NOT_LISTED))
    event = Line(needed=False, longest=64)
