"""One line of a bulk edit as its form sends it."""

from __future__ import annotations

import re
from decimal import Decimal

from flask_babel import gettext, lazy_gettext
from marshmallow import ValidationError, fields, validate

from portal.schemas import FormSchema
from portal.schemas.days import Day
from portal.schemas.prices import closing_fields, read_price, stay_fields

HOWS = ("keep", "set", "raise", "lower", "raise_percent", "lower_percent", "rules")
COPIES = ("", "night", "plan")
_LIST = lazy_gettext("Choose one of the list.")


class Many(fields.List):
    """Every value sent under one name."""

    many_values = True


def line_form() -> FormSchema:
    return FormSchema.from_dict(
        {
            "how": fields.String(load_default="keep", validate=validate.OneOf(HOWS, error=_LIST)),
            "price": fields.String(load_default="", validate=validate.Length(max=30)),
            **stay_fields(),
            **closing_fields(),
            "rest": fields.String(load_default=""),
            "copied": fields.String(load_default="", validate=validate.OneOf(COPIES, error=_LIST)),
            "copy_night": Day(load_default=None),
            "copy_plan": fields.String(load_default=""),
            "weekday": Many(fields.Integer(validate=validate.Range(0, 6)), load_default=list),
            "plan": Many(fields.UUID(), load_default=list),
            "line": fields.Integer(load_default=None, validate=validate.Range(0, 1000)),
        },
        name="LineForm",
    )()


class PageOf(FormSchema):
    """Which page of the preview."""

    page = fields.Integer(load_default=0, validate=validate.Range(0, 100_000))
    line = fields.Integer(load_default=None, validate=validate.Range(0, 1000))


def read_amount(how: str, text: str, currency: str) -> Decimal:
    """What stands beside `how`: a price, or by how much it goes up or down. Raises ValidationError in words."""
    if not text.strip():
        raise ValidationError(gettext("This is needed."))
    if not how.endswith("_percent"):
        amount = read_price(text, currency)
    else:
        plain = text.strip().rstrip("%").strip()
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", plain):
            raise ValidationError(gettext("Write the percentage in digits with a point, like 12.5."))
        amount = Decimal(plain)
    return -amount if how.startswith("lower") else amount
