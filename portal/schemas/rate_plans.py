"""The forms of a rate plan: what it says by itself, its seasons, the limits of the house."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext
from marshmallow import fields, validate

from portal.schemas import FormSchema, Line
from portal.schemas.days import Day
from portal.schemas.prices import Price, closing_fields, stay_fields
from portal.schemas.rate_edits import Many


class Percent(fields.Decimal):
    """A percentage of either sign; an empty field is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal | None:
        text = str(value).strip().rstrip("%").strip()
        return super()._deserialize(text, attr, data, **kwargs) if text else None


def plan_form(currency: str) -> FormSchema:
    return FormSchema.from_dict(
        {
            "base_rate": Price(currency),
            "floor": Price(currency),
            "ceiling": Price(currency),
            **stay_fields(),
            "derived_percent": Percent(
                load_default=None,
                places=3,
                validate=validate.Range(-100, 1000, error=lazy_gettext("Between -100 % and +1000 %.")),
            ),
            "derived_amount": Price(currency, signed=True),
            "shown": fields.String(load_default="", validate=validate.Length(max=300)),
        },
        name="PlanForm",
    )()


def season_form(currency: str) -> FormSchema:
    return FormSchema.from_dict(
        {
            "name": Line(longest=100, needed=False, load_default=""),
            "first_night": Day(required=True),
            "last_night": Day(required=True),
            "weekday": Many(fields.Integer(validate=validate.Range(0, 6)), load_default=list),
            "priority": fields.Integer(load_default=0, validate=validate.Range(-100, 100)),
            "rate": Price(currency),
            **stay_fields(),
            **closing_fields(),
        },
        name="SeasonForm",
    )()


def limits_form(currency: str) -> FormSchema:
    return FormSchema.from_dict({"floor": Price(currency), "ceiling": Price(currency)}, name="LimitsForm")()
