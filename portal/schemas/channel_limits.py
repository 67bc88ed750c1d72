"""The form of a limit per channel."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields, validate, validates_schema

from portal.domain.channel_limits import LimitKind
from portal.schemas import FormSchema
from portal.schemas.days import Day

MOST_UNITS = 999
_OF_THE_LIST = lazy_gettext("Choose one of the list.")


class Several(fields.List):
    """Boxes that are ticked: the same name, several values."""

    many_values = True


class LimitForm(FormSchema):
    """`key` makes a second click harmless; weekdays are numbers from Monday, 0."""

    key = fields.UUID(required=True)
    channel_id = fields.UUID(required=True)
    kind = fields.Enum(LimitKind, by_value=True, required=True)
    units = fields.Integer(load_default=0, validate=validate.Range(0, MOST_UNITS))
    first = Day(required=True)
    last = Day(load_default=None)
    weekdays = Several(fields.Integer(validate=validate.Range(0, 6)), load_default=list)
    room_types = Several(fields.UUID(), load_default=list)

    @validates_schema
    def _whole(self, data: dict[str, Any], **kwargs: Any) -> None:
        wrong: dict[str, list[str]] = {}
        if data.get("first") is None:
            wrong["first"] = [lazy_gettext("This is needed.")]
        elif data.get("last") and data["last"] < data["first"]:
            wrong["last"] = [lazy_gettext("The last night lies before the first.")]
        if not data.get("room_types"):
            wrong["room_types"] = [lazy_gettext("Choose at least one room type.")]
        if not data.get("weekdays"):
            wrong["weekdays"] = [lazy_gettext("Choose at least one weekday.")]
        if data["kind"] is LimitKind.FEWER and not data.get("units"):
            wrong["units"] = [lazy_gettext("Say how many fewer.")]
        if wrong:
            raise ValidationError(wrong)
