"""What may stand in the address of the grid of nights and of a night's trace."""

from __future__ import annotations

from flask_babel import lazy_gettext
from marshmallow import fields, validate

from portal.schemas import FormSchema
from portal.schemas.days import Day
from portal.schemas.prices import Price, closing_fields, stay_fields

SPANS = (7, 14, 30, 60, 90)
MOST_NIGHTS = max(SPANS)


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


def night_form(currency: str) -> FormSchema:
    """What the panel of one night sends: the values, the ones it was drawn with, and what a person is sure of."""
    return FormSchema.from_dict(
        {
            "rate": Price(currency),
            **stay_fields(),
            **closing_fields(),
            "shown": fields.String(load_default="", validate=validate.Length(max=100)),
            "sure": fields.String(load_default="", validate=validate.Length(max=500)),
        },
        name="NightForm",
    )()
