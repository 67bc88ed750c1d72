"""What may stand in the address of the tape chart, and the form that moves a stay."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from marshmallow import fields, validate

from portal.domain.channels import CHANNELS
from portal.domain.reservations import OCCUPYING, Status
from portal.schemas import FormSchema
from portal.schemas.days import Day

SPANS = (1, 7, 14, 30)
USUAL_NIGHTS = 14
MOST_NIGHTS = 62
SHOWN = tuple(status for status in Status if status in OCCUPYING or status is Status.CHECKED_OUT)
_OF_THE_LIST = lazy_gettext("Choose one of the list.")


class Choice(fields.UUID):
    """One of a list, or nothing."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return None if value == "" else super()._deserialize(value, attr, data, **kwargs)


class TapeView(FormSchema):
    """Where the chart begins (nothing: the property's today), how many nights it shows, what is looked for."""

    first = Day(load_default=None)
    nights = fields.Integer(
        load_default=USUAL_NIGHTS,
        validate=validate.Range(
            1, MOST_NIGHTS, error=lazy_gettext("Show between 1 and %(most)d nights.", most=MOST_NIGHTS)
        ),
    )
    room_type = Choice(load_default=None)
    channel = fields.String(load_default="", validate=validate.OneOf(("", *CHANNELS), error=_OF_THE_LIST))
    status = fields.String(load_default="", validate=validate.OneOf(("", *SHOWN), error=_OF_THE_LIST))
    unplaced = fields.Boolean(load_default=False)


class MoveForm(FormSchema):
    """Which stay goes into which room; `version` is that of the reservation as the person saw it."""

    stay = fields.UUID(required=True)
    room = fields.UUID(required=True)
    version = fields.Integer(load_default=None)
    chart = fields.Boolean(load_default=False)  # asked from the chart itself, which is drawn again
