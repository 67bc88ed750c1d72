"""What may stand in the address of the grid of nights and of a night's trace."""

from __future__ import annotations

from flask_babel import lazy_gettext
from marshmallow import fields, validate

from portal.schemas import FormSchema
from portal.schemas.days import Day

SPANS = (7, 14, 30, 60)
MOST_NIGHTS = 90


class GridView(FormSchema):
    """Where the grid begins (nothing: the property's today) and how many nights it shows."""

    first = Day(load_default=None)
    nights = fields.Integer(
        load_default=30,
        validate=validate.Range(
            1, MOST_NIGHTS, error=lazy_gettext("Show between 1 and %(most)d nights.", most=MOST_NIGHTS)
        ),
    )


class NightOf(FormSchema):
    """One cell: a room type's availability or a rate plan's price, on one night."""

    kind = fields.String(required=True, validate=validate.OneOf(("availability", "rates")))
    subject = fields.UUID(required=True)
    night = Day(required=True)
