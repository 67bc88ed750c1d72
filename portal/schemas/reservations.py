"""What may stand in the address of the list of reservations."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields, validate, validates_schema

from portal.domain.channels import CHANNELS
from portal.domain.reservations import Status
from portal.schemas import FormSchema, Line
from portal.schemas.days import Day

WHEN = ("", "arriving", "departing", "in_house", "unplaced")
_OF_THE_LIST = lazy_gettext("Choose one of the list.")


class ReservationFilter(FormSchema):
    """All optional. `when` speaks of the property's today; `first`..`last` of nights, both included."""

    when = fields.String(load_default="", validate=validate.OneOf(WHEN, error=_OF_THE_LIST))
    first = Day(load_default=None)
    last = Day(load_default=None)
    channel = fields.String(load_default="", validate=validate.OneOf(("", *CHANNELS), error=_OF_THE_LIST))
    status = fields.String(load_default="", validate=validate.OneOf(("", *Status), error=_OF_THE_LIST))
    q = Line(longest=100, needed=False, load_default="")

    @validates_schema
    def _in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("first") and data.get("last") and data["last"] < data["first"]:
            raise ValidationError(lazy_gettext("The last night lies before the first."), "last")


class StepForm(FormSchema):
    """One button. `version` is what its page showed; `when` the list it stood in."""

    version = fields.Integer(load_default=None)
    when = fields.String(load_default="", validate=validate.OneOf(WHEN, error=_OF_THE_LIST))


class CancelForm(FormSchema):
    reason = Line(longest=500)
    version = fields.Integer(load_default=None)


class MoveForm(FormSchema):
    room_id = fields.UUID(required=True)
    version = fields.Integer(load_default=None)
